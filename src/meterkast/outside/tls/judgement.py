"""Whether the other side's certificates hold, with the reason where they do not."""

from cryptography import x509
from OpenSSL.crypto import X509

_EXPIRED = 10
_REASONS = {
    3: "no-revocation-list",
    7: "signature",
    9: "not-yet-valid",
    _EXPIRED: "expired",
    12: "revocation-list-expired",
    18: "untrusted",
    19: "untrusted",
    20: "untrusted",
    21: "untrusted",
    23: "revoked",
    24: "authority",
    25: "path-too-long",
    26: "purpose",
}
"""Numbers of OpenSSL (``x509_vfy.h``) in the words of our log."""


class Judgement:
    """Of one handshake.

    Attributes:
        reason: for the log, never for the peer; None as long as all is well.
    """

    def __init__(self, server_name: str | None, *, expired_too: bool = False) -> None:
        self._server_name = server_name
        self._expired_too = expired_too
        self.reason: str | None = None

    def pass_on(self, certificate: X509, *, error: int, depth: int, accepted: bool) -> bool:
        """Whether the handshake goes on after this certificate of the chain; depth 0 is the peer's own."""
        if not accepted and not (self._expired_too and error == _EXPIRED and depth == 0):
            self.reason = _REASONS.get(error, f"certificate-{error}")
        elif depth == 0 and not self._is_expected(certificate):
            self.reason = "name"
        return self.reason is None

    def _is_expected(self, certificate: X509) -> bool:
        name = self._server_name
        return name is None or name in _names(certificate.to_cryptography())


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return names.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        return []
