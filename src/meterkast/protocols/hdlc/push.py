"""Pushed APDUs: information that a meter sends by itself, in UI frames or in I frames without a connection.

A consumer port or an alarm line sends so. An APDU that is longer than a frame comes in segments, marked by
the segmentation bit as on a connection (IEC 62056-46, 6.4.4.4); nobody acknowledges them.
"""

from typing import Final

from meterkast.protocols.hdlc.address import Address
from meterkast.protocols.hdlc.control import MODULO, Kind
from meterkast.protocols.hdlc.deframer import Garbage
from meterkast.protocols.hdlc.event import Push
from meterkast.protocols.hdlc.frame import Frame

PUSH_LIMIT: Final = 1 << 16

_LLC_HEADERS: Final = (bytes.fromhex("E6E700"), bytes.fromhex("E6E600"))
_INFORMATION: Final = (Kind.UNNUMBERED_INFORMATION, Kind.INFORMATION)


class PushAssembly:
    """Frames in, pushed APDUs out. Keeps the segments of one APDU: a line has one sender at a time.

    An LLC header begins an APDU afresh, so a lost last segment costs no more than its own APDU. I frames show
    a segment lost in between by their number; UI frames do not, and there the APDU comes out short for the
    layer above to refuse. A frame without LLC header is taken too: some meters send it before the first of
    several APDUs only.

    Args:
        limit: an APDU with more octets is dropped.
    """

    def __init__(self, limit: int = PUSH_LIMIT) -> None:
        self._limit = limit
        self._segments = bytearray()
        self._expected: tuple[Kind, Address, int] | None = None

    def receive(self, frame: Frame) -> Push | Garbage | None:
        """What the frame completes; None where more is to come."""
        control, information = frame.control, frame.information
        if control.kind not in _INFORMATION:
            return Garbage(code="hdlc-frame-unexpected", octets=len(frame.encode()))
        if information.startswith(_LLC_HEADERS):
            self._forget()
        if self._expected not in (None, (control.kind, frame.source, control.send)):
            return self._drop("hdlc-sequence-wrong", information)
        self._segments += information
        if len(self._segments) > self._limit:
            return self._drop("hdlc-apdu-too-long", b"")
        if frame.segmented:
            numbered = control.kind is Kind.INFORMATION
            self._expected = (control.kind, frame.source, (control.send + numbered) % MODULO)
            return None
        whole = bytes(self._segments)
        self._forget()
        return Push(whole[3:] if whole.startswith(_LLC_HEADERS) else whole)

    def _drop(self, code: str, last: bytes) -> Garbage:
        garbage = Garbage(code=code, octets=len(self._segments) + len(last))
        self._forget()
        return garbage

    def _forget(self) -> None:
        self._segments.clear()
        self._expected = None
