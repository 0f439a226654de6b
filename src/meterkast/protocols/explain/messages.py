"""Cuts octets into messages that say themselves how long they are: in a file, in a flow, on a live line."""

import re
from collections.abc import Callable
from typing import Final

from meterkast.model.errors import PeerError
from meterkast.protocols.hdlc.frame import FLAG, body_length

_LONGEST: Final = 1 << 16
_P1: Final = re.compile(rb"\r?\n!(?:[0-9A-Fa-f]{4})?[ \t]*\r?\n")
_SEGMENTED: Final = 0x08
_WRAPPER_HEADER: Final = 8
_MBUS_LENGTH_WRAP: Final = 256
_MBUS_OVERHEAD: Final = 6
_LAST_SEGMENT: Final = 0x10
_SHORT_FRAME: Final = 5
_MORE: Final = -1
"""The message goes on behind what has arrived."""


class _NotHereError(Exception):
    """No message begins at this octet."""


class Messages:
    """A stream of octets in, whole messages out, each with all its frames.

    HDLC frames, M-Bus frames, wrapped and general-glo-ciphered APDUs and P1 telegrams are told apart by their
    first octets. What begins none of them is dropped octet by octet, so that a line that was joined in the
    middle is understood from its next message on. At most 64 KiB are held.

    Attributes:
        dropped: octets that belonged to no message.
    """

    def __init__(self) -> None:
        self._pending = b""
        self.dropped = 0

    @property
    def pending(self) -> bytes:
        """What has arrived of a message that is not whole."""
        return self._pending

    def receive(self, octets: bytes) -> list[bytes]:
        """The messages that are whole now."""
        held, at = self._pending + octets, 0
        found: list[bytes] = []
        while at < len(held):
            if held[at] in b"\r\n":
                at += 1
                continue
            end = _end(held, at)
            if end == _MORE and len(held) - at <= _LONGEST:
                break
            if end in (None, _MORE):
                self.dropped += 1
                at += 1
                continue
            assert end is not None
            found.append(held[at:end])
            at = end
        self._pending = held[at:]
        return found


def _end(octets: bytes, at: int) -> int | None:
    """Where the message that begins here ends; None where none begins."""
    ender = _ENDERS.get(octets[at])
    try:
        return None if ender is None else ender(octets, at)
    except (_NotHereError, PeerError):
        return None


def _end_p1(octets: bytes, at: int) -> int:
    match = _P1.search(octets, at)
    return _MORE if match is None else match.end()


def _end_hdlc(octets: bytes, at: int) -> int:
    """Behind the last of the frames that carry one APDU; two frames may share the flag between them."""
    begin = at
    while octets[at + 1 : at + 2] == bytes((FLAG,)):
        at += 1
    while True:
        start = octets[at + 1 : at + 3]
        if len(start) < 2:
            return _MORE
        closing = at + 1 + body_length(start)
        if closing >= len(octets):
            return _MORE
        if octets[closing] != FLAG:
            raise _NotHereError
        if not start[0] & _SEGMENTED:
            return closing + 1
        at = closing + (octets[closing + 1 : closing + 2] == bytes((FLAG,)))
        if at - begin > _LONGEST:
            raise _NotHereError


def _end_wrapper(octets: bytes, at: int) -> int:
    header = octets[at : at + _WRAPPER_HEADER]
    if len(header) > 1 and header[1] != 1:
        raise _NotHereError
    end = at + _WRAPPER_HEADER + int.from_bytes(header[6:8], "big")
    return _MORE if len(header) < _WRAPPER_HEADER or end > len(octets) else end


def _end_mbus_long(octets: bytes, at: int) -> int:
    """Behind the frame, or behind the last of the frames that carry the segments of one APDU."""
    while True:
        head = octets[at : at + 7]
        if len(head) < 4:
            return _MORE
        if head[1] != head[2] or head[3] != head[0]:
            raise _NotHereError
        end = at + _MBUS_OVERHEAD + head[1] + (_MBUS_LENGTH_WRAP if head[1] < 3 else 0)
        if end > len(octets):
            return _MORE
        if octets[end - 1] != 0x16:
            raise _NotHereError
        if head[6] >= 0x20 or head[6] & _LAST_SEGMENT:
            return end
        at = end


def _end_mbus_short(octets: bytes, at: int) -> int:
    frame = octets[at : at + _SHORT_FRAME]
    if len(frame) < _SHORT_FRAME:
        return _MORE
    if frame[4] != 0x16 or (frame[1] + frame[2]) & 0xFF != frame[3]:
        raise _NotHereError
    return at + _SHORT_FRAME


def _end_general_glo(octets: bytes, at: int) -> int:
    title = octets[at + 1 : at + 2]
    if not title:
        return _MORE
    if title[0] != 8:
        raise _NotHereError
    length_at = at + 2 + title[0]
    first = octets[length_at : length_at + 1]
    if not first:
        return _MORE
    more = first[0] & 0x7F if first[0] & 0x80 else 0
    if more > 2:
        raise _NotHereError
    length = octets[length_at + 1 : length_at + 1 + more] if more else first
    end = length_at + 1 + more + int.from_bytes(length, "big")
    return _MORE if len(length) < more or end > len(octets) else end


_ENDERS: Final[dict[int, Callable[[bytes, int], int]]] = {
    ord("/"): _end_p1,
    FLAG: _end_hdlc,
    0x00: _end_wrapper,
    0x68: _end_mbus_long,
    0x10: _end_mbus_short,
    0xE5: lambda _octets, at: at + 1,
    0xDB: _end_general_glo,
}
