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
    unlisted_too: shake hands with a far end whose own certificate no current list covers; whoever answers it
        must ask elsewhere, and refuse it where that does not tell. Authorities need a current list anyway.
    anonymous_too: as a server, shake hands with a far end that shows no certificate; whoever answers it gives
        it what is public, or wants its proof in the request.
    """

    hybrid_required: bool
    expired_too: bool = False
    unlisted_too: bool = False
    anonymous_too: bool = False

    def allows(self, group: str) -> bool:
        """Whether keys may be agreed in this group."""
        return group in HYBRID_GROUPS or not self.hybrid_required


HYBRID_ONLY = TlsPolicy(hybrid_required=True)
"""What our own components insist on among themselves."""

UNLISTED = TlsPolicy(hybrid_required=True, unlisted_too=True)
"""For a server that has a second source of revocation beside its lists."""

RENEWAL = TlsPolicy(hybrid_required=False, expired_too=True, anonymous_too=True)
"""For an enrolment server: it lets those renew who come a little late, and has foreign clients, who take
what key agreement they know. Hybrid is on offer. Who asks for the authorities needs no certificate (RFC 7030,
4.1.2), and a server that renews has none that is for clients: its request is signed."""
