"""A living street behind the page: its snapshots as they come, its stored days from the store."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from meterkast.console.store import DATABASE, readable
from meterkast.console.web.source import Announcer
from meterkast.mdm.access import Query, Readings
from meterkast.model.block import MeterDayBlock
from meterkast.street.state import StreetSettings, StreetState


class LivingStreet:
    """The street as a ``StateSource``. It lives in one thread and is looked at from another."""

    def __init__(self, settings: StreetSettings, state: StreetState) -> None:
        self.announcer = Announcer()
        self._settings = settings
        self._newest = state
        self._watched: Counter[str] = Counter()

    @property
    def first_day(self) -> date:
        """The day on which the street was stood up."""
        return self._settings.start

    @property
    def site(self) -> Path:
        """The street's state folder."""
        return self._settings.site

    def show(self, state: StreetState) -> None:
        """The street's watcher: this is the newest snapshot now."""
        self._newest = state
        self.announcer.announce()

    def state(self) -> StreetState:
        """The newest snapshot."""
        return self._newest

    @contextmanager
    def watching(self, ean: str) -> Iterator[None]:
        """As ``StateSource.watching``."""
        self._watched[ean] += 1
        try:
            yield
        finally:
            self._watched[ean] -= 1

    def watched(self) -> set[str]:
        """The homes whose consumer port somebody looks at now; asked from the street's thread."""
        return {ean for ean, viewers in list(self._watched.items()) if viewers > 0}

    async def changed(self, seen: int) -> int | None:
        """As ``StateSource.changed``."""
        return await self.announcer.changed(seen)

    async def blocks(self, ean: str, day: date) -> Sequence[MeterDayBlock]:
        """The newest blocks in the store, read beside the event loop."""
        return await asyncio.to_thread(self._stored, ean, day)

    def _stored(self, ean: str, day: date) -> Sequence[MeterDayBlock]:
        if not (self._settings.site / DATABASE).is_file():
            return ()
        query = Query(ean=ean, first_day=day, last_day=day)
        with readable(self._settings.site) as database:
            return tuple(stored.block for stored in Readings(database).blocks(query))
