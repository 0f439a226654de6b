"""The P1 wire: a serial line, or a connection that is dialled. Nothing is ever read from it."""

import asyncio
from contextlib import suppress

from meterkast.gateway.line import Line
from meterkast.model.errors import UnreachableError

_PATIENCE = 1.0


class Wire:
    """Sends telegrams to whoever listens; a household that does not read holds nobody up."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sending: asyncio.Task[None] | None = None

    def tell(self, telegram: bytes) -> None:
        """Begins to send the telegram; where the one before is not out yet, this one is dropped."""
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(telegram))

    async def sent(self) -> None:
        """Returns once nothing is under way."""
        if self._sending:
            await asyncio.gather(self._sending, return_exceptions=True)

    async def close(self) -> None:
        """Hangs up."""
        if self._sending:
            self._sending.cancel()
            await self.sent()
        with suppress(UnreachableError):
            await self._line.close()

    async def _send(self, telegram: bytes) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await (await self._line.link()).send(telegram)
        except (UnreachableError, TimeoutError):
            if self._line.dialled:
                await self._line.close()
