"""The consumer port: one way out into the house. Nothing is ever read from it."""

import asyncio
from contextlib import suppress

from meterkast.gateway.line import Line
from meterkast.model.errors import PeerError, UnreachableError
from meterkast.protocols.p1.telegram import CrcVerdict, parse

SECONDS_BETWEEN = 10
_MAX_OCTETS = 4096
_PATIENCE = 1.0


class ConsumerPort:
    """Sends telegrams to whoever listens; a household that does not read holds nobody up."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def send(self, telegram: bytes) -> None:
        """Sends one telegram, or drops it where nobody takes it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await (await self._line.link()).send(telegram)
        except (UnreachableError, TimeoutError):
            if self._line.dialled:
                await self._line.close()

    async def close(self) -> None:
        """Hangs up."""
        with suppress(UnreachableError):
            await self._line.close()


def require_telegram(octets: bytes) -> None:
    """Returns where the octets are one whole P1 telegram and nothing else.

    Raises:
        PeerError: ``telegram-malformed``.
    """
    wrong = PeerError("telegram-malformed", "The application shows what is no P1 telegram.")
    if len(octets) > _MAX_OCTETS:
        raise wrong
    try:
        telegram = parse(octets)
    except PeerError as error:
        raise wrong from error
    if telegram.crc is not CrcVerdict.OK or telegram.findings or telegram.length != len(octets):
        raise wrong
