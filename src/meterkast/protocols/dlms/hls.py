"""Mutual authentication: a challenge each, and a proof each, in four passes (Green Book 9.2.7.4).

Which proof it is, is a matter of the mechanism: ``hls5`` (GMAC), ``hls_digest`` (MD5, SHA-1, SHA-256),
``hls_signed`` (ECDSA). What can be told without it is told here: a side that shows us our own challenge or
our own title is a mirror, and is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final, Protocol

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, octets
from meterkast.protocols.dlms.acse.names import Mechanism
from meterkast.protocols.dlms.apdu import MethodDescriptor

REPLY_TO_CHALLENGE: Final = MethodDescriptor(15, Obis(0, 0, 40, 0, 0), 1)
"""The method that carries both proofs: reply_to_HLS_authentication of the current association."""

_TITLE = 8
_CHALLENGE = range(8, 65)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenges:
    """What both sides know after two passes; a title is empty where a side gave none."""

    own_title: bytes
    peer_title: bytes
    own: bytes
    peer: bytes


class Authentication(Protocol):
    """One side of a mechanism."""

    @property
    def mechanism(self) -> Mechanism:
        """Its name in AARQ and AARE."""
        ...

    @property
    def title(self) -> SystemTitle | None:
        """Our own system title, where we have one to show."""
        ...

    @property
    def titled(self) -> bool:
        """Whether the proof rests on the peer's system title, so that it must show one."""
        ...

    @property
    def new_challenge(self) -> Callable[[], bytes]:
        """Gives 8 to 64 unpredictable octets."""
        ...

    def answer(self, seen: Challenges) -> bytes:
        """Our proof."""
        ...

    def check(self, seen: Challenges, answer: bytes) -> None:
        """The peer's proof.

        Raises:
            TrustError: ``hls-refused`` whatever is wrong with it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Password:
    """Mechanism 1, low-level security: a password that goes over the line as it is; only the client shows it.

    Dutch operators forbid it (P3 4.2.2); it is here for old meters.
    """

    secret: bytes = field(repr=False)

    def check(self, shown: bytes | None) -> bool:
        """Whether the client shows the right one."""
        return shown is not None and compare_digest(shown, self.secret)


class Handshake:
    """One run of a mechanism on one side: a fresh challenge, the peer's, and both answers."""

    def __init__(self, own: Authentication) -> None:
        self._own = own
        self._challenge = own.new_challenge()
        self._peer_title = b""
        self._peer_challenge = b""

    @property
    def mechanism(self) -> Mechanism:
        """Which mechanism is run."""
        return self._own.mechanism

    @property
    def title(self) -> bytes | None:
        """Our system title."""
        return None if self._own.title is None else self._own.title.octets

    @property
    def peer_title(self) -> bytes | None:
        """The system title that the peer shows."""
        return self._peer_title or None

    @property
    def challenge(self) -> bytes:
        """What the peer has to answer."""
        return self._challenge

    def meet(self, title: bytes | None, challenge: bytes | None) -> None:
        """Takes the peer's system title and challenge, where they can be told from our own.

        Raises:
            TrustError: ``hls-refused`` where one is missing or malformed, or is ours thrown back at us.
        """
        untitled = title is None and not self._own.titled
        if challenge is None or len(challenge) not in _CHALLENGE:
            raise TrustError("hls-refused", "The other side does not present itself as its mechanism asks.")
        if not untitled and (title is None or len(title) != _TITLE):
            raise TrustError("hls-refused", "The other side does not present itself as its mechanism asks.")
        if (title is not None and title == self.title) or challenge == self._challenge:
            raise TrustError("hls-refused", "The other side presents what is ours.")
        self._peer_title, self._peer_challenge = title or b"", challenge

    def prove(self) -> Data:
        """Our answer to the peer's challenge."""
        return octets(self._own.answer(self._seen()))

    def verify(self, proof: Data | None) -> None:
        """Checks the peer's answer to our challenge.

        Raises:
            TrustError: ``hls-refused``.
        """
        answer = proof.value if proof is not None else None
        if not isinstance(answer, bytes):
            raise TrustError("hls-refused", "The other side gives no proof.")
        self._own.check(self._seen(), answer)

    def _seen(self) -> Challenges:
        return Challenges(
            own_title=self.title or b"",
            peer_title=self._peer_title,
            own=self._challenge,
            peer=self._peer_challenge,
        )
