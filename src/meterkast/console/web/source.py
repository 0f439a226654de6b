"""What the page shows: a source of snapshots and of stored days."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Protocol

from meterkast.model.block import MeterDayBlock
from meterkast.street.state import StreetState


class StateSource(Protocol):
    """Where the page gets everything from: a living street, or a stand-in with the same face."""

    @property
    def first_day(self) -> date:
        """The first local day that can hold readings."""
        ...

    @property
    def site(self) -> Path:
        """The state folder, where the evidence is."""
        ...

    def state(self) -> StreetState:
        """The newest snapshot."""
        ...

    def watching(self, ean: str) -> AbstractContextManager[None]:
        """Has the consumer port of this home shown for as long as the block lasts."""
        ...

    async def blocks(self, ean: str, day: date) -> Sequence[MeterDayBlock]:
        """The newest stored blocks of this connection's meters on this day; empty where there are none."""
        ...

    async def changed(self, seen: int) -> int | None:
        """Waits until there is a snapshot newer than number ``seen`` and returns its number.

        Only the newest snapshot is ever kept, so a slow reader skips and never piles up. None once the
        source has ended.
        """
        ...


class Announcer:
    """Numbers snapshots and wakes whoever waits for a newer one.

    Waiting belongs to one event loop; ``announce`` and ``end`` may come from any thread.
    """

    def __init__(self) -> None:
        self._number = 1
        self._ended = False
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def announce(self) -> None:
        """There is a newer snapshot."""
        if not self._ended:
            self._number += 1
            self._tell()

    def end(self) -> None:
        """There will be no more."""
        if not self._ended:
            self._ended = True
            self._tell()

    async def changed(self, seen: int) -> int | None:
        """As ``StateSource.changed``."""
        self._loop = asyncio.get_running_loop()
        while self._number <= seen and not self._ended:
            await self._news.wait()
        return None if self._ended else self._number

    def _tell(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
