"""Mechanism 7: each side signs both titles and both challenges (Green Book 9.2.7.4.6)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.dlms.acse.names import Mechanism
from meterkast.protocols.dlms.hls import Challenges
from meterkast.protocols.dlms.signature import PublicKey, Signer, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsSigned:
    """One side.

    Attributes:
        title: our own system title.
        signer: signs with our private key, which stays where it is.
        peer_key: the other side's public signing key.
        new_challenge: gives 32 to 64 unpredictable octets.
        high_s: takes proofs with a high s, as devices send that do not know our rule.
    """

    title: SystemTitle
    signer: Signer = field(repr=False)
    peer_key: PublicKey
    new_challenge: Callable[[], bytes]
    high_s: bool = False

    @property
    def mechanism(self) -> Mechanism:
        """ECDSA."""
        return Mechanism.HLS_ECDSA

    @property
    def titled(self) -> bool:
        """The proof covers both titles."""
        return True

    def answer(self, seen: Challenges) -> bytes:
        """Our proof."""
        return self.signer(seen.own_title + seen.peer_title + seen.peer + seen.own)

    def check(self, seen: Challenges, answer: bytes) -> None:
        """The peer's proof.

        Raises:
            TrustError: ``hls-refused``.
        """
        covered = seen.peer_title + seen.own_title + seen.own + seen.peer
        try:
            verify(self.peer_key, answer, covered, high_s=self.high_s)
        except TrustError:
            raise TrustError("hls-refused", "The answer to the challenge does not hold.") from None
