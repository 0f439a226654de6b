"""Mechanism 5: both sides prove with GMAC that they hold the same keys (Green Book 9.2.7.4.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from meterkast.model.identity import SystemTitle
from meterkast.protocols.dlms.acse.names import Mechanism
from meterkast.protocols.dlms.counter import CounterGate
from meterkast.protocols.dlms.hls import Challenges
from meterkast.protocols.dlms.security import hls5_response, hls5_verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Hls5:
    """Who we are and how we prove it.

    Attributes:
        title: our own system title; the two sides must differ.
        encryption_key: 16 octets (suite 2: 32), shared by the pair.
        authentication_key: as long, shared by the pair.
        next_counter: gives an invocation counter that was never used before with these keys and this
            title, also not before a restart.
        new_challenge: gives 8 to 64 unpredictable octets.
        gate: refuses counters that the peer has used before; a fresh challenge protects a proof anyway.
        suite: security suite of the proofs.
    """

    title: SystemTitle
    encryption_key: bytes = field(repr=False)
    authentication_key: bytes = field(repr=False)
    next_counter: Callable[[], int]
    new_challenge: Callable[[], bytes]
    gate: CounterGate | None = None
    suite: int = 0

    @property
    def mechanism(self) -> Mechanism:
        """GMAC."""
        return Mechanism.HLS_GMAC

    @property
    def titled(self) -> bool:
        """The nonce of a proof is its side's title."""
        return True

    def answer(self, seen: Challenges) -> bytes:
        """Our proof; uses up one counter."""
        keys = self.encryption_key, self.authentication_key
        return hls5_response(*keys, seen.own_title, self.next_counter(), seen.peer, suite=self.suite)

    def check(self, seen: Challenges, answer: bytes) -> None:
        """The peer's proof.

        Raises:
            TrustError: ``hls-refused``, or the gate's own.
        """
        keys = self.encryption_key, self.authentication_key
        counter = hls5_verify(*keys, seen.peer_title, seen.own, answer, suite=self.suite)
        if self.gate is not None:
            self.gate.check(counter)
            self.gate.accept(counter)
