"""The gas meter itself: its telegram each hour, and what it answers on the wire (DSMR P2 4.2.2, wired)."""

import logging
from collections.abc import Callable

from meterkast.gasmeter.addressing import Addressing
from meterkast.gasmeter.commands import Commands
from meterkast.gasmeter.index import Flow, Index
from meterkast.gasmeter.settings import GasMeterSettings
from meterkast.model.calendar import HOUR
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.outside.clock import Clock
from meterkast.outside.links import Link
from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.frame import Acknowledgement, Decoder, Frame, LongFrame
from meterkast.protocols.mbus.gas import (
    FIVE_MINUTES,
    INDEXES_PER_HOUR,
    GasTelegram,
    Status,
    seal_gas_telegram,
)

_log = logging.getLogger("meterkast.gasmeter")


class GasMeter:
    """A gas meter with a wired M-Bus uplink and no valve: it counts, and tells what it counted.

    Args:
        settings: who it is.
        flow: what its household burns.
        next_counter: gives the next frame counter and has stored it before it returns, so that none is ever
            used twice, not even after a restart (``FrameCounter``).
        commands: how it takes commands; None for a meter that takes none, and keeps the key of its settings.
    """

    def __init__(
        self,
        settings: GasMeterSettings,
        flow: Flow,
        next_counter: Callable[[], int],
        *,
        commands: Commands | None = None,
    ) -> None:
        self._settings = settings
        self._commands = commands
        self._addressing = Addressing(settings.identity, settings.address)
        self._index = Index(flow, settings.start, settings.start_index)
        self._next_counter = next_counter
        self._access = 0
        self._answered: tuple[int, int, bytes] | None = None
        self.status = Status.NONE

    @property
    def name(self) -> str:
        """Manufacturer and number, for example ``MKM12345678``."""
        return self._settings.identity.name

    def index(self, at: int) -> int:
        """Litres on the register at the last whole five minutes: the truth that readings are compared with.

        Raises:
            LocalError: ``gasmeter-before-start``.
        """
        return self._index.at(at)

    def telegram(self, at: int) -> bytes:
        """The encrypted frame of the hour that ends at ``at``. Each call uses a frame counter.

        Raises:
            LocalError: ``gasmeter-not-an-hour`` or ``gasmeter-before-start``.
        """
        if at % HOUR:
            raise LocalError("gasmeter-not-an-hour", "A gas telegram is of a whole hour.")
        self._access = (self._access + 1) % 256
        settings = self._settings
        begin = at - HOUR
        instants = [begin + FIVE_MINUTES * number for number in range(1, INDEXES_PER_HOUR + 1)]
        gas = GasTelegram(
            device=settings.identity,
            equipment=settings.equipment,
            at=at,
            index=self.index(at),
            five_minute=tuple(self.index(max(instant, settings.start)) for instant in instants),
            status=self.status,
            counter=self._next_counter(),
        )
        user_key = settings.user_key if self._commands is None else self._commands.user_key
        return seal_gas_telegram(gas, user_key, address=settings.address, access=self._access)

    def answer(self, received: Frame, now: int) -> bytes | None:
        """What the meter says to a frame; None where it keeps silent.

        It is spoken to by its primary address, by 254, or by 253 once it was selected by who it is. SND_NKE
        is acknowledged, REQ_UD2 answered with the telegram of the last whole hour, and a command obeyed
        where the meter takes commands. All else is refused by silence: there is no valve to move.
        """
        if isinstance(received, Acknowledgement):
            return None
        if self._addressing.is_selection(received):
            return frame.ACKNOWLEDGE if self._addressing.select(received) else None
        if not self._addressing.concerns(received):
            return None
        asked = frame.function(received.control)
        if asked == "SND_NKE":
            self._answered = None
            return frame.ACKNOWLEDGE if self._addressing.reset(received) else None
        if asked == "REQ_UD2" and now >= self._settings.start:
            return self._last_hour(received.control, now // HOUR * HOUR)
        if asked == "SND_UD" and isinstance(received, LongFrame) and self._obeys(received):
            return frame.ACKNOWLEDGE
        _log.warning("gasmeter-command-refused: %s", asked)
        return None

    def _last_hour(self, control: int, hour: int) -> bytes:
        """The telegram; the same once more where the frame count bit says that it was not heard."""
        if self._answered is None or self._answered[:2] != (control, hour):
            self._answered = (control, hour, self.telegram(hour))
        return self._answered[2]

    def _obeys(self, received: LongFrame) -> bool:
        if self._commands is None:
            return False
        try:
            self._commands.obey(received, self._settings.identity)
        except (PeerError, TrustError) as error:
            _log.warning("%s", error.code)
            return False
        return True

    async def push(self, link: Link, at: int) -> None:
        """Sends the telegram of the hour that ends at ``at``.

        Raises:
            UnreachableError: ``link-closed``.
        """
        await link.send(self.telegram(at))

    async def serve(self, link: Link, clock: Clock) -> None:
        """Answers until the far end closes the link. What is no frame is dropped."""
        decoder = Decoder()
        while octets := await link.receive():
            for received in _frames(decoder, octets):
                answer = self.answer(received, int(clock.now()))
                if answer is not None:
                    await link.send(answer)


def _frames(decoder: Decoder, octets: bytes) -> list[Frame]:
    try:
        return decoder.receive(octets)
    except PeerError as error:
        _log.warning("%s", error.code)
        return decoder.receive(b"")
