"""What a side of a TLS connection insists on, beyond version, certificates and revocation."""

from dataclasses import dataclass

HYBRID_GROUPS = frozenset({"X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"})
"""Key agreements of an elliptic curve and ML-KEM: recorded traffic stays closed if either holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPolicy:
    """Attributes:
    hybrid_required: refuse a connection whose key agreement is not a post-quantum hybrid (RQ-08).
    expired_too: shake hands with a far end whose own certificate has ended; whoever answers it must judge the
        certificate by itself. For renewal alone (AT-09).
    """

    hybrid_required: bool
    expired_too: bool = False

    def allows(self, group: str) -> bool:
        """Whether keys may be agreed in this group."""
        return group in HYBRID_GROUPS or not self.hybrid_required


HYBRID_ONLY = TlsPolicy(hybrid_required=True)
"""What our own components insist on among themselves."""

RENEWAL = TlsPolicy(hybrid_required=False, expired_too=True)
"""For an enrolment server: it lets those renew who come a little late, and has foreign clients, who take
what key agreement they know. Hybrid is on offer."""
