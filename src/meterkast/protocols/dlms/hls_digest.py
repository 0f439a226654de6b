"""Mechanisms 3, 4 and 6: a shared secret, proved by a digest over it and the challenges (Green Book 9.2.7.4).

MD5 and SHA-1 are broken as digests and here for old meters only; new ones take mechanism 5, 6 or 7.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.dlms.acse.names import Mechanism
from meterkast.protocols.dlms.hls import Challenges

_DIGESTS: Final = {
    Mechanism.HLS_MD5: "md5",
    Mechanism.HLS_SHA1: "sha1",
    Mechanism.HLS_SHA256: "sha256",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsDigest:
    """One side.

    Attributes:
        mechanism: HLS_MD5, HLS_SHA1 or HLS_SHA256.
        secret: shared by the pair.
        new_challenge: gives 8 to 64 unpredictable octets.
        title: our own system title; mechanism 6 takes both titles into the proof.
    """

    mechanism: Mechanism
    secret: bytes = field(repr=False)
    new_challenge: Callable[[], bytes]
    title: SystemTitle | None = None

    @property
    def titled(self) -> bool:
        """Only the proof of mechanism 6 rests on the titles."""
        return self.mechanism is Mechanism.HLS_SHA256

    def answer(self, seen: Challenges) -> bytes:
        """Our proof."""
        return self._proof(seen.own_title, seen.peer_title, seen.peer, seen.own)

    def check(self, seen: Challenges, answer: bytes) -> None:
        """The peer's proof.

        Raises:
            TrustError: ``hls-refused``.
        """
        if not compare_digest(answer, self._proof(seen.peer_title, seen.own_title, seen.own, seen.peer)):
            raise TrustError("hls-refused", "The answer to the challenge does not hold.")

    def _proof(self, prover: bytes, checker: bytes, challenge: bytes, other: bytes) -> bytes:
        """What the one side proves to the other, over the challenge it was set."""
        if self.titled:
            covered = self.secret + prover + checker + challenge + other
        else:
            covered = challenge + self.secret
        return hashlib.new(_DIGESTS[self.mechanism], covered, usedforsecurity=False).digest()
