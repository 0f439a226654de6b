"""The reader's side of an opening."""

from typing import Final

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mode_e.characters import END, LineReader, with_parity
from meterkast.protocols.mode_e.event import Event, Identified, Opened, Say, Speed
from meterkast.protocols.mode_e.identification import HDLC, SIGNS, START_SPEED, Identification

_ACKNOWLEDGE: Final = b"\x06"
_ECHO: Final = b"/?"
_DEVICE_LIMIT: Final = 32


class Opening:
    """Asks a meter for HDLC: say ``request()``, feed what arrives, do what the events say.

    After silence say ``request()`` again. Once ``Speed`` has come the meter should confirm, but not every
    meter does: after a short wait HDLC may begin without ``Opened``.

    Args:
        device: address of the meter, up to 32 characters, where several share a line.
        fastest: highest speed the line can do; with a faster meter both stay at 300 baud.

    Raises:
        LocalError: ``mode-e-device-range``.
    """

    def __init__(self, *, device: str = "", fastest: int = 19200) -> None:
        plain = device.isascii() and device.isalnum()
        if len(device) > _DEVICE_LIMIT or (device and not plain):
            raise LocalError("mode-e-device-range", "A device address has up to 32 letters and digits.")
        self._device = device
        self._fastest = fastest
        self._lines = LineReader(b"/\x06")
        self._acknowledgement: bytes | None = None

    def request(self) -> bytes:
        """The request message, at 300 baud; the opening begins anew."""
        self._acknowledgement = None
        return with_parity(f"/?{self._device}!".encode() + END)

    def receive(self, octets: bytes) -> list[Event]:
        """What the octets bring about. The echo of an optical head and noise pass by.

        Raises:
            PeerError: ``mode-e-identification-malformed``, ``mode-e-line-too-long``, or
                ``mode-e-unsupported`` where the meter speaks, but not HDLC.
        """
        self._lines.receive(octets)
        events = self._identified() if self._acknowledgement is None else []
        return events if self._acknowledgement is None else events + self._confirmed()

    def _identified(self) -> list[Event]:
        while (line := self._lines.line()) is not None:
            if line.startswith((_ECHO, _ACKNOWLEDGE)):
                continue
            meter = Identification.parse(line)
            if not meter.speaks_hdlc:
                raise PeerError("mode-e-unsupported", "The meter does not offer HDLC.", where=str(meter))
            speed = START_SPEED if meter.speed > self._fastest else meter.speed
            self._acknowledgement = _ACKNOWLEDGE + f"{HDLC}{SIGNS[speed]}{HDLC}".encode()
            return [Identified(meter), Say(with_parity(self._acknowledgement + END)), Speed(speed)]
        return []

    def _confirmed(self) -> list[Event]:
        while (line := self._lines.line()) is not None:
            if line == self._acknowledgement:
                return [Opened(self._lines.rest())]
        return []
