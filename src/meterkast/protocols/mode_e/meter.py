"""The meter's side of an opening."""

import re
from typing import Final

from meterkast.protocols.mode_e.characters import END, LineReader, with_parity
from meterkast.protocols.mode_e.event import Event, Opened, Say, Speed
from meterkast.protocols.mode_e.identification import HDLC, SPEEDS, START_SPEED, Identification

_REQUEST: Final = re.compile(rb"/\?0*([0-9A-Za-z]{0,32})!")
_ACKNOWLEDGEMENT: Final = re.compile(rf"\x06{HDLC}([0-6]){HDLC}".encode())


class MeterOpening:
    """Answers a reader that asks for HDLC. Requests for other devices and other modes meet silence.

    Args:
        identification: what the meter says of itself.
        device: its address; a request without address is for every meter.
    """

    def __init__(self, identification: Identification, *, device: str = "") -> None:
        self._identification = identification
        self._device = device.lstrip("0")
        self._lines = LineReader(b"/\x06")
        self._identified = False

    def receive(self, octets: bytes) -> list[Event]:
        """What the octets bring about.

        Raises:
            PeerError: ``mode-e-line-too-long``.
        """
        self._lines.receive(octets)
        events: list[Event] = []
        while (line := self._lines.line()) is not None:
            if request := _REQUEST.fullmatch(line):
                if request[1].decode() in ("", self._device):
                    self._identified = True
                    events.append(Say(with_parity(str(self._identification).encode() + END)))
            elif self._identified and (chosen := _ACKNOWLEDGEMENT.fullmatch(line)):
                speed = SPEEDS[chosen[1].decode()]
                if speed in (self._identification.speed, START_SPEED):
                    return [*events, Speed(speed), Say(with_parity(line + END)), Opened(self._lines.rest())]
        return events
