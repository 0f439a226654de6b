"""Link frames of the wired M-Bus (EN 13757-2): acknowledgement, short frame, control frame and long frame."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError

ACKNOWLEDGE = b"\xe5"
SND_NKE = 0x40
REQ_UD2 = 0x5B
RSP_UD = 0x08
SND_UD = 0x53

_COUNT_BITS = 0x30
_SHORT = 0x10
_LONG = 0x68
_STOP = 0x16
_LONG_OVERHEAD = 6
_MINIMUM_LENGTH = 3
_MAXIMUM_LENGTH = 255
_MAXIMUM_BESIDE = 64


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The single octet E5: heard, and nothing to say."""

    def encode(self) -> bytes:
        """The octet."""
        return ACKNOWLEDGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortFrame:
    """Control and address alone: SND_NKE, REQ_UD1, REQ_UD2."""

    control: int
    address: int

    def encode(self) -> bytes:
        """Start, control, address, checksum, stop."""
        body = bytes((self.control, self.address))
        return bytes((_SHORT, *body, checksum(body), _STOP))


@dataclass(frozen=True, slots=True, kw_only=True)
class LongFrame:
    """Control, address, control information (CI) and user data. A control frame is one without user data."""

    control: int
    address: int
    ci: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """The whole frame, from start to stop octet.

        Raises:
            LocalError: ``mbus-frame-long`` where the payload has more than 252 octets.
        """
        body = bytes((self.control, self.address, self.ci)) + self.payload
        length = len(body)
        if length > _MAXIMUM_LENGTH:
            raise LocalError(
                "mbus-frame-long", f"An M-Bus frame holds {_MAXIMUM_LENGTH} octets, not {length}."
            )
        return bytes((_LONG, length, length, _LONG)) + body + bytes((checksum(body), _STOP))


Frame = Acknowledgement | ShortFrame | LongFrame


def checksum(octets: bytes) -> int:
    """The arithmetic sum of control, address and user data, without carry (EN 13757-2, 5.6)."""
    return sum(octets) & 0xFF


def function(control: int) -> str:
    """The name of what the control field asks or answers; frame count and demand bits do not matter."""
    return _FUNCTIONS.get(control & ~_COUNT_BITS, "unknown")


def is_long_frame(octets: bytes) -> bool:
    """Whether this begins like an M-Bus long frame."""
    return len(octets) > 3 and octets[0] == octets[3] == _LONG


def is_segment(octets: bytes) -> bool:
    """Whether this is an M-Bus long frame whose CI field (00 to 1F) announces a transport segment."""
    return is_long_frame(octets) and len(octets) > 6 and octets[6] < 0x20


def parse(octets: bytes) -> Frame:
    """Exactly one frame.

    Raises:
        PeerError: ``mbus-start-wrong``, ``mbus-length-wrong``, ``mbus-checksum-wrong``, ``mbus-stop-wrong``,
            ``mbus-frame-cut`` or ``mbus-trailing-octets``.
    """
    size = _size(octets)
    if size is None or len(octets) < size:
        raise PeerError(
            "mbus-frame-cut", "The M-Bus frame ends before its stop octet.", where=f"offset {len(octets)}"
        )
    if len(octets) > size:
        raise PeerError("mbus-trailing-octets", "Octets follow the stop octet.", where=f"offset {size}")
    return _parse_whole(octets)


class Decoder:
    """Cuts a stream of octets into frames; drops what is no frame up to the next octet that can begin one.

    Holds at most one unfinished frame, and 64 frames that stood beside a fault.
    """

    def __init__(self) -> None:
        self._pending = b""
        self._beside: list[Frame] = []

    def receive(self, octets: bytes) -> list[Frame]:
        """All frames that are complete now.

        Raises:
            PeerError: as ``parse``, for the first of the faults. Whole frames beside it are not lost: the
                next call gives them, also one without octets.
        """
        self._pending += octets
        fault: PeerError | None = None
        frames, self._beside = self._beside, []
        offset = 0
        while True:
            try:
                size = _size(self._pending, offset)
                if size is None or offset + size > len(self._pending):
                    break
                frames.append(_parse_whole(self._pending[offset : offset + size]))
                offset += size
            except PeerError as error:
                fault = fault or error
                offset += 1
        self._pending = self._pending[offset:]
        if fault is not None:
            self._beside = frames[-_MAXIMUM_BESIDE:]
            raise fault
        return frames


def _size(octets: bytes, offset: int = 0) -> int | None:
    """The size of the frame that begins here; None while its length field has not arrived."""
    head = octets[offset : offset + 4]
    if not head:
        return None
    start = head[0]
    if start == ACKNOWLEDGE[0]:
        return 1
    if start == _SHORT:
        return 5
    if start != _LONG:
        raise PeerError(
            "mbus-start-wrong", f"No M-Bus frame starts with {start:02X}.", where=f"offset {offset}"
        )
    if len(head) < 4:
        return None
    if head[1] != head[2] or head[3] != _LONG or head[1] < _MINIMUM_LENGTH:
        raise PeerError(
            "mbus-length-wrong",
            "The repeated length of the frame does not hold.",
            where=f"offset {offset + 1}",
        )
    return head[1] + _LONG_OVERHEAD


def _parse_whole(octets: bytes) -> Frame:
    if octets == ACKNOWLEDGE:
        return Acknowledgement()
    long = octets[0] == _LONG
    body = octets[4:-2] if long else octets[1:-2]
    if octets[-1] != _STOP:
        raise PeerError("mbus-stop-wrong", "The stop octet is not 16.", where=f"offset {len(octets) - 1}")
    if octets[-2] != checksum(body):
        raise PeerError(
            "mbus-checksum-wrong", "The checksum does not hold.", where=f"offset {len(octets) - 2}"
        )
    if long:
        return LongFrame(control=body[0], address=body[1], ci=body[2], payload=body[3:])
    return ShortFrame(control=body[0], address=body[1])


_FUNCTIONS = {
    0x40: "SND_NKE",
    0x43: "SND_UD",
    0x4A: "REQ_UD1",
    0x4B: "REQ_UD2",
    0x08: "RSP_UD",
}
