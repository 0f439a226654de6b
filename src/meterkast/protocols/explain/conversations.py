"""What two ends of a recorded connection said to each other, message by message, in the order it was said."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from meterkast.protocols.explain.messages import Messages
from meterkast.protocols.explain.packets import Packet

_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
_HELD_AT_MOST: Final = 1 << 18


@dataclass
class Conversation:
    """Two ends, and their messages.

    Attributes:
        ends: the two ends, who spoke first before the other.
        messages: of both, in order.
    """

    ends: tuple[str, str]
    messages: list[bytes] = field(default_factory=list)


@dataclass
class _Direction:
    """One way of a TCP connection: puts segments in order, passes over what was sent twice."""

    messages: Messages = field(default_factory=Messages)
    expected: int | None = None
    ahead: dict[int, bytes] = field(default_factory=dict)

    def take(self, sequence: int, payload: bytes) -> list[bytes]:
        """The messages that the segment completes."""
        if self.expected is None:
            self.expected = sequence
        self.ahead[sequence] = max(payload, self.ahead.get(sequence, b""), key=len)
        if sum(map(len, self.ahead.values())) > _HELD_AT_MOST:
            self.expected = min(self.ahead, key=self._distance)  # a segment was lost: go on behind the gap
        found: list[bytes] = []
        for begin in sorted(self.ahead, key=self._distance):
            octets = self.ahead[begin]
            known = -self._distance(begin)
            if known < 0:
                break
            del self.ahead[begin]
            self.expected = (self.expected + max(len(octets) - known, 0)) % _WRAP
            found += self.messages.receive(octets[known:])
        return found

    def _distance(self, sequence: int) -> int:
        """How far ahead of what is expected; negative behind it."""
        assert self.expected is not None
        return (sequence - self.expected + _HALF) % _WRAP - _HALF


def conversations(packets: Iterable[Packet]) -> list[Conversation]:
    """The conversations in which there are messages of meters, in the order in which they began."""
    held: dict[frozenset[str], Conversation] = {}
    directions: dict[tuple[str, str], _Direction] = {}
    for packet in packets:
        ends = packet.source, packet.destination
        conversation = held.setdefault(frozenset(ends), Conversation(ends))
        if packet.sequence is None:
            conversation.messages += Messages().receive(packet.payload)
        else:
            direction = directions.setdefault(ends, _Direction())
            conversation.messages += direction.take(packet.sequence, packet.payload)
    return [conversation for conversation in held.values() if conversation.messages]
