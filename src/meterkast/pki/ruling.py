"""Which rules a PKI follows: those of the package, and over them those in its own folder."""

from pathlib import Path

from meterkast.model.errors import DataError
from meterkast.protocols.x509 import RULES, Rules
from meterkast.protocols.x509.profile import RULES_TEXT

RULES_FILE = "rules.toml"


def rules_of(folder: Path) -> Rules:
    """The rules of the PKI in this folder.

    Its ``rules.toml`` overrides single values of the package's: another algorithm, another life, more lists.
    That is how a fleet changes its algorithms (RQ-30); no code changes.

    Raises:
        DataError: ``rules-malformed``.
    """
    path = folder / RULES_FILE
    if not path.exists():
        return RULES
    try:
        return Rules.parse(RULES_TEXT, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as cause:
        hint = "Save it as text in UTF-8."
        raise DataError("rules-malformed", "The rules are no text.", where=str(path), hint=hint) from cause
