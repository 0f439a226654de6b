"""Mutual authentication with mechanism 5, GMAC (Green Book 9.2.2.7.4), as each side runs it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, octets
from meterkast.protocols.dlms.apdu import MethodDescriptor
from meterkast.protocols.dlms.security import hls5_response, hls5_verify

REPLY_TO_CHALLENGE: Final = MethodDescriptor(15, Obis(0, 0, 40, 0, 0), 1)
"""The method that carries both proofs: reply_to_HLS_authentication of the current association."""

_TITLE = 8
_CHALLENGE = range(8, 65)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hls5:
    """Who we are and how we prove it.

    Attributes:
        title: our own system title; the two sides must differ.
        encryption_key: 16 octets, shared by the pair.
        authentication_key: 16 octets, shared by the pair.
        next_counter: gives an invocation counter that was never used before with these keys and this
            title, also not before a restart.
        new_challenge: gives 8 to 64 unpredictable octets.
    """

    title: SystemTitle
    encryption_key: bytes = field(repr=False)
    authentication_key: bytes = field(repr=False)
    next_counter: Callable[[], int]
    new_challenge: Callable[[], bytes]


class Handshake:
    """One run of mechanism 5 on one side: a fresh challenge, the peer's, and both answers."""

    def __init__(self, own: Hls5) -> None:
        self._own = own
        self._challenge = own.new_challenge()
        self._peer_title = b""
        self._peer_challenge = b""

    @property
    def title(self) -> bytes:
        """Our system title."""
        return self._own.title.octets

    @property
    def challenge(self) -> bytes:
        """What the peer has to answer."""
        return self._challenge

    def meet(self, title: bytes | None, challenge: bytes | None) -> None:
        """Takes the peer's system title and challenge, where they can be told from our own.

        Raises:
            TrustError: ``hls-refused`` where one is missing or malformed, or is ours thrown back at us.
        """
        if title is None or challenge is None or len(title) != _TITLE or len(challenge) not in _CHALLENGE:
            raise TrustError("hls-refused", "The other side does not present itself as mechanism 5 asks.")
        if title == self.title or challenge == self._challenge:
            raise TrustError("hls-refused", "The other side presents what is ours.")
        self._peer_title, self._peer_challenge = title, challenge

    def prove(self) -> Data:
        """Our answer to the peer's challenge; uses up one counter."""
        own = self._own
        counter = own.next_counter()
        return octets(
            hls5_response(
                own.encryption_key, own.authentication_key, self.title, counter, self._peer_challenge
            )
        )

    def verify(self, proof: Data | None) -> None:
        """Checks the peer's answer to our challenge.

        Raises:
            TrustError: ``hls-refused``.
        """
        answer = proof.value if proof is not None else None
        if not isinstance(answer, bytes):
            raise TrustError("hls-refused", "The other side gives no proof.")
        own = self._own
        hls5_verify(own.encryption_key, own.authentication_key, self._peer_title, self._challenge, answer)
