"""What an operator may be called: its name stands in every certificate that its authorities sign."""

from meterkast.model.errors import DataError

LONGEST = 64
"""Characters of an organisation's name (ITU-T X.520, ub-organization-name; RFC 5280, appendix A.1)."""


def require_operator_name(name: str) -> str:
    """The name, where it is one.

    Raises:
        DataError: ``operator-name-malformed``.
    """
    if not 1 <= len(name) <= LONGEST or name != name.strip() or not name.isprintable():
        raise DataError(
            "operator-name-malformed",
            "This is no name of an operator.",
            where=repr(name[:LONGEST]),
            hint=f"Give 1 to {LONGEST} printable characters, with no blank at either end.",
        )
    return name
