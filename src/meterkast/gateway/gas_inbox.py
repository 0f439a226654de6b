"""Gas telegrams as they arrive: opened, checked, and kept in the journal as the meter encrypted them.

A meter that says its clock is off is told the time, and that is all it is ever told.
"""

import asyncio
import logging
from collections.abc import Callable

from meterkast.gateway.backoff import Backoff
from meterkast.gateway.line import Line
from meterkast.model.calendar import HOUR
from meterkast.model.errors import MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.outside.journal import Journal
from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.frame import Acknowledgement
from meterkast.protocols.mbus.gas import FIVE_MINUTES, GasTelegram, Status, open_gas_telegram
from meterkast.protocols.mbus.gas_command import seal_time

_LOG = logging.getLogger("meterkast.gateway")
_NEVER = -1
_WHOEVER = 254
"""The address of whoever is alone on the line."""
_FOREVER = (1 << 63) - 1


class GasInbox:
    """Listens to one gas meter, and tells it the time where it asks for it. There is no way to a valve.

    Mode 15 does not protect the frame counter, so an old telegram could come back under a newer one; what
    that garbles is the equipment identifier. The one that was heard first is the only one accepted.

    Args:
        device: the meter's name, for example ``MKM12345678``.
        user_key: of this meter, 16 octets.
        journal: where telegrams and the last frame counter are kept.
        note: told the code of everything that was refused.
        now: metering time, Unix seconds.
    """

    def __init__(
        self,
        device: str,
        user_key: bytes,
        journal: Journal,
        note: Callable[[MeterkastError], None],
        now: Callable[[], float],
    ) -> None:
        self.device = device
        self._user_key = user_key
        self._journal = journal
        self._note = note
        self._now = now
        self._frames = frame.Decoder()
        self._last: GasTelegram | None = None
        self._clock_off: GasTelegram | None = None

    async def listen(self, line: Line, backoff: Backoff) -> None:
        """Takes in what arrives until the line is closed for good; dials again what broke off."""
        while True:
            try:
                link = await line.link()
                while octets := await link.receive():
                    self.take(octets)
                    if command := self.command():
                        await link.send(command)
                    backoff.reset()
            except UnreachableError as error:
                _LOG.info("%s %s", error.code, self.device)
            if not line.dialled:
                return
            await line.close()
            await asyncio.sleep(backoff.next())

    def take(self, octets: bytes) -> None:
        """Takes in octets; what is refused changes nothing but the events."""
        for received in self._cut(octets):
            if isinstance(received, Acknowledgement):
                continue
            try:
                self._keep(received.encode())
            except (PeerError, TrustError) as error:
                self._refuse(error)

    def command(self) -> bytes:
        """What the meter is to be told now, once for each telegram that says its clock is off; else nothing.

        Where the meter is silent it is not repeated: the next telegram asks again, under its own counter.
        """
        asking, self._clock_off = self._clock_off, None
        if asking is None:
            return b""
        _LOG.info("gas-clock-set %s", self.device)
        return seal_time(
            int(self._now()), self._user_key, asking.device, asking.counter + 1, address=_WHOEVER
        ).encode()

    def hours(self, start: int, end: int) -> list[tuple[int, int]]:
        """Instant (Unix seconds) and index (litres) of the hours from ``start`` to ``end``, both included."""
        kept = self._journal.telegrams(self.device, start, end)
        opened = (open_gas_telegram(octets, self._user_key, _NEVER) for _, octets in kept)
        return [(telegram.at, telegram.index) for telegram in opened]

    def five_minutes(self) -> list[tuple[int, int]]:
        """Instant (Unix seconds) and index (litres) of each five minutes of the last hour heard of."""
        last = self._last_heard()
        if last is None:
            return []
        indexes = last.five_minute or (last.index,)
        first = last.at - FIVE_MINUTES * (len(indexes) - 1)
        return [(first + FIVE_MINUTES * place, litres) for place, litres in enumerate(indexes)]

    def _cut(self, octets: bytes) -> list[frame.Frame]:
        """The whole frames, also those that stand beside a fault."""
        try:
            return self._frames.receive(octets)
        except PeerError as error:
            self._refuse(error)
            return self._frames.receive(b"")

    def _refuse(self, error: MeterkastError) -> None:
        _LOG.warning("%s %s: %s", error.code, self.device, error)
        self._note(error)

    def _keep(self, octets: bytes) -> None:
        last = self._journal.telegram_counter(self.device)
        telegram = open_gas_telegram(
            octets, self._user_key, _NEVER if last is None else last, equipment=self._known_equipment()
        )
        _require(telegram, self.device)
        self._journal.put_telegram(self.device, telegram.at, octets, telegram.counter)
        self._last = telegram
        self._clock_off = telegram if telegram.status & Status.CLOCK_OFF else None

    def _known_equipment(self) -> str | None:
        """The identifier heard first; None before the first telegram."""
        last = self._last_heard()
        return last.equipment if last else None

    def _last_heard(self) -> GasTelegram | None:
        """The last telegram, after a restart from the journal; None before the first."""
        if self._last is None:
            for _, kept in self._journal.telegrams(self.device, 0, _FOREVER)[-1:]:
                self._last = open_gas_telegram(kept, self._user_key, _NEVER)
        return self._last


def _require(telegram: GasTelegram, device: str) -> None:
    if telegram.device.name != device:
        raise TrustError("gas-meter-foreign", "The telegram is of another meter than this house's.")
    if telegram.at % HOUR:
        raise PeerError("gas-hour-wrong", "The telegram is not of a whole hour.")
