"""Whether the other side's certificates hold, with the reason where they do not."""

from cryptography import x509
from OpenSSL.crypto import X509

from meterkast.outside.tls.policy import TlsPolicy

_EXPIRED, _NO_LIST, _LIST_EXPIRED, _OTHER_LIST = 10, 3, 12, 44
_REASONS = {
    _NO_LIST: "no-revocation-list",
    7: "signature",
    9: "not-yet-valid",
    _EXPIRED: "expired",
    _LIST_EXPIRED: "revocation-list-expired",
    18: "untrusted",
    19: "untrusted",
    20: "untrusted",
    21: "untrusted",
    23: "revoked",
    24: "authority",
    25: "path-too-long",
    26: "purpose",
    _OTHER_LIST: "no-revocation-list",
}
"""Numbers of OpenSSL (``x509_vfy.h``) in the words of our log."""


class Judgement:
    """Of one handshake.

    Attributes:
        reason: for the log, never for the peer; None as long as all is well.
    """

    def __init__(self, server_name: str | None, policy: TlsPolicy) -> None:
        self._server_name = server_name
        self._borne = {_EXPIRED} if policy.expired_too else set()
        if policy.unlisted_too:
            self._borne |= {_NO_LIST, _LIST_EXPIRED, _OTHER_LIST}
        self.reason: str | None = None

    def pass_on(self, certificate: X509, *, error: int, depth: int, accepted: bool) -> bool:
        """Whether the handshake goes on after this certificate of the chain; depth 0 is the peer's own."""
        if not accepted and not (depth == 0 and error in self._borne):
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
    except (
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
        ValueError,
    ):
        return []
