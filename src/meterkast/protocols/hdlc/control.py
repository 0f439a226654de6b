"""The control field: which frame it is, its poll or final bit, its counts (IEC 62056-46, 6.4.3)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from meterkast.model.errors import PeerError

MODULO: Final = 8
"""Frames and acknowledgements are numbered 0 to 7."""

_POLL = 0x10


class Kind(IntEnum):
    """Frame kinds by their control octet, with poll bit and counts zero."""

    INFORMATION = 0x00
    RECEIVE_READY = 0x01
    UNNUMBERED_INFORMATION = 0x03
    RECEIVE_NOT_READY = 0x05
    DISCONNECTED_MODE = 0x0F
    DISCONNECT = 0x43
    UNNUMBERED_ACKNOWLEDGE = 0x63
    SET_NORMAL_RESPONSE_MODE = 0x83
    FRAME_REJECT = 0x87


_NUMBERED = (Kind.RECEIVE_READY, Kind.RECEIVE_NOT_READY)
_UNNUMBERED = frozenset(Kind) - {Kind.INFORMATION, *_NUMBERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The control octet, taken apart.

    Attributes:
        kind: which frame it is.
        poll: poll bit of a command, final bit of a response: it is the peer's turn.
        send: N(S), the number of this I-frame; 0 for others.
        receive: N(R), the number expected next; 0 for frames without numbers.
    """

    kind: Kind
    poll: bool = True
    send: int = 0
    receive: int = 0

    @property
    def octet(self) -> int:
        """The control octet on the wire."""
        return self.kind | _POLL * self.poll | self.send << 1 | self.receive << 5

    @classmethod
    def parse(cls, octet: int) -> "Control":
        """Takes a control octet apart.

        Raises:
            PeerError: ``hdlc-control-unknown`` for a kind that DLMS does not use.
        """
        poll, receive = bool(octet & _POLL), octet >> 5
        if not octet & 1:
            return cls(kind=Kind.INFORMATION, poll=poll, send=octet >> 1 & 7, receive=receive)
        if octet & 0x0F in _NUMBERED:
            return cls(kind=Kind(octet & 0x0F), poll=poll, receive=receive)
        if octet & ~_POLL in _UNNUMBERED:
            return cls(kind=Kind(octet & ~_POLL), poll=poll)
        raise PeerError("hdlc-control-unknown", f"{octet:02X} is no control octet of DLMS.", where="control")
