"""A cursor over octets: everything it is asked for is there, or it raises PeerError."""

from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import PeerError

_BOOLEANS: Final = {0x00: False, 0x01: True, 0xFF: True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a message may ask of us: nesting, data values in all, octets in all."""

    depth: int = 16
    items: int = 65536
    octets: int = 1 << 20


LIMITS: Final = Limits()


class Cursor:
    """Octets and a place in them, for fields without tags.

    Raises:
        PeerError: ``axdr-too-long`` where there are more octets than the limits allow.
    """

    def __init__(self, octets: bytes, offset: int = 0, *, limits: Limits = LIMITS) -> None:
        if len(octets) > limits.octets:
            raise PeerError(
                "axdr-too-long", f"The message has {len(octets)} octets, {limits.octets} are allowed."
            )
        self.octets: Final = octets
        self.offset = offset
        self._end = len(octets)

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self.offset >= self._end

    @property
    def left(self) -> int:
        """How many octets follow."""
        return self._end - self.offset

    def fault(self, code: str, message: str, at: int | None = None) -> PeerError:
        """The error to raise for a fault at this offset, by default the present one."""
        return PeerError(code, message, where=f"offset {self.offset if at is None else at}")

    def octet(self) -> int:
        """The next octet."""
        at = self.offset
        if at >= self._end:
            raise self.fault("axdr-truncated", "The message ends where another octet is needed.")
        self.offset = at + 1
        return self.octets[at]

    def take(self, count: int) -> bytes:
        """The next ``count`` octets."""
        start = self.offset
        end = start + count
        if end > self._end:
            raise self.fault(
                "axdr-truncated", f"The message needs {count} octets more, {self.left} are left."
            )
        self.offset = end
        return self.octets[start:end]

    def number(self, width: int) -> int:
        """An unsigned big-endian number of ``width`` octets."""
        return int.from_bytes(self.take(width), "big")

    def flag(self) -> bool:
        """A boolean without a tag: 00 is false, 01 and FF are true, anything else is a fault."""
        value = _BOOLEANS.get(self.octet())
        if value is None:
            raise self.fault("axdr-boolean", "A boolean is 00, 01 or FF.", self.offset - 1)
        return value

    def length(self) -> int:
        """A length in the form of A-XDR: below 128 in one octet, else 81 to 84 and as many octets."""
        first = self.octet()
        if first < 0x80:
            return first
        width = first & 0x7F
        if not 1 <= width <= 4:
            raise self.fault("axdr-length", "A length has one to four octets.", self.offset - 1)
        return self.number(width)

    def string(self) -> bytes:
        """A length and as many octets."""
        at = self.offset
        if at < self._end and (count := self.octets[at]) < 0x80:  # the usual case, without a call
            self.offset = at + 1
            end = at + 1 + count
            if end <= self._end:
                self.offset = end
                return self.octets[at + 1 : end]
            return self.take(count)
        return self.take(self.length())

    def finish(self) -> None:
        """Nothing may follow.

        Raises:
            PeerError: ``axdr-trailing`` where something does.
        """
        if not self.at_end:
            raise self.fault("axdr-trailing", f"{self.left} octets follow the end of the message.")
