"""One sentence for every certificate that is refused; only the code tells why, and only to our own log."""

from meterkast.model.errors import TrustError


def refusal(code: str) -> TrustError:
    """The error to raise: a peer that sees its text learns nothing about the cause."""
    return TrustError(code, "The certificate is not accepted.")
