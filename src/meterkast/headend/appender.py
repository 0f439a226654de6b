"""Group commit: envelopes of all connections are gathered for an instant and made durable together."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import Clock

_LIMIT = 300
_GATHER_SECONDS = 0.003
_VARIANTS = 2
"""Different messages under one key: the first, and one that disputes it and is quarantined by the intake."""

_log = logging.getLogger("meterkast.headend")


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: BusMessage
    outcome: asyncio.Future[None]


class Appender:
    """Puts each message on the bus once, however often it is handed in. The only writer of its bus.

    Where a gateway gives one counter to two messages, both are kept: nobody here can say which of them is
    genuine (AT-16). Further ones are refused.

    Args:
        bus: the durable log.
        clock: metering time, noted with each message.
    """

    def __init__(self, bus: SqliteBus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(4 * _LIMIT)

    async def append(self, key: bytes, body: bytes) -> None:
        """Returns once the message is on the bus for good, now or from an earlier time.

        Waits while the queue is full, so that whoever delivers is held back.

        Raises:
            TrustError: ``envelope-counter-clash`` where two others stand under the same key.
            UnreachableError: ``headend-bus-unavailable`` where the bus does not take it.
        """
        message = BusMessage(key=key, body=body, at=int(self._clock.now()))
        waiting = _Waiting(message, asyncio.get_running_loop().create_future())
        await self._queue.put(waiting)
        await waiting.outcome

    async def has(self, key: bytes, body: bytes) -> bool:
        """Whether the message is on the bus already."""
        found = await asyncio.to_thread(self._bus.find, key)
        return any(message.body == body for _, message in found)

    async def run(self) -> None:
        """Commits group after group until it is cancelled."""
        while True:
            group = await self._gather()
            try:
                outcomes = await asyncio.to_thread(self._commit, [waiting.message for waiting in group])
            except Exception:  # whatever went wrong, nobody in this group may be confirmed
                _log.exception("headend-bus-unavailable")
                outcomes = [_unavailable()] * len(group)
            for waiting, outcome in zip(group, outcomes, strict=True):
                _settle(waiting.outcome, outcome)

    async def _gather(self) -> list[_Waiting]:
        group = [await self._queue.get()]
        try:
            async with asyncio.timeout(_GATHER_SECONDS):
                while len(group) < _LIMIT:
                    group.append(await self._queue.get())
        except TimeoutError:
            pass
        return group

    def _commit(self, messages: Sequence[BusMessage]) -> Sequence[Exception | None]:
        fresh: list[BusMessage] = []
        standing: dict[bytes, list[bytes]] = {}
        outcomes: list[Exception | None] = []
        for message in messages:
            if message.key not in standing:
                standing[message.key] = [found.body for _, found in self._bus.find(message.key)]
            variants = standing[message.key]
            known, full = message.body in variants, len(variants) >= _VARIANTS
            if not known and not full:
                variants.append(message.body)
                fresh.append(message)
            outcomes.append(_clash() if full and not known else None)
        self._bus.append(fresh)
        return outcomes


def _settle(outcome: asyncio.Future[None], error: Exception | None) -> None:
    if outcome.done():  # the connection went away while it waited
        return
    if error is None:
        outcome.set_result(None)
    else:
        outcome.set_exception(error)


def _unavailable() -> UnreachableError:
    return UnreachableError("headend-bus-unavailable", "The envelope cannot be kept at present.")


def _clash() -> TrustError:
    return TrustError("envelope-counter-clash", "The envelope is not accepted.")
