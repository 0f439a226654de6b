"""The gas meter itself: its telegram each hour, and what it answers on the wire (DSMR P2 4.2.2, wired)."""

import logging
from collections.abc import Callable

from meterkast.gasmeter.index import Flow, Index
from meterkast.gasmeter.settings import GasMeterSettings
from meterkast.model.calendar import HOUR
from meterkast.model.errors import LocalError, PeerError
from meterkast.outside.clock import Clock
from meterkast.outside.links import Link
from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.frame import Acknowledgement, Decoder, Frame
from meterkast.protocols.mbus.gas import (
    FIVE_MINUTES,
    INDEXES_PER_HOUR,
    GasTelegram,
    Status,
    seal_gas_telegram,
)

_log = logging.getLogger("meterkast.gasmeter")

_TEST_ADDRESS = 254


class GasMeter:
    """A gas meter with a wired M-Bus uplink and no valve: it counts, and tells what it counted.

    Args:
        settings: who it is.
        flow: what its household burns.
        next_counter: gives the next frame counter and has stored it before it returns, so that none is ever
            used twice, not even after a restart (``FrameCounter``).
    """

    def __init__(self, settings: GasMeterSettings, flow: Flow, next_counter: Callable[[], int]) -> None:
        self._settings = settings
        self._index = Index(flow, settings.start, settings.start_index)
        self._next_counter = next_counter
        self._access = 0
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
        return seal_gas_telegram(gas, settings.user_key, address=settings.address, access=self._access)

    def answer(self, received: Frame, now: int) -> bytes | None:
        """What the meter says to a frame; None where it keeps silent.

        SND_NKE is acknowledged and REQ_UD2 answered with the telegram of the last whole hour. All else is
        refused by silence: there is no valve to move, and key and address are set at installation.
        """
        own = (self._settings.address, _TEST_ADDRESS)
        if isinstance(received, Acknowledgement) or received.address not in own:
            return None
        asked = frame.function(received.control)
        if asked == "SND_NKE":
            return frame.ACKNOWLEDGE
        if asked == "REQ_UD2" and now >= self._settings.start:
            return self.telegram(now // HOUR * HOUR)
        _log.warning("gasmeter-command-refused: %s", asked)
        return None

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
