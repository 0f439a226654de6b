"""Head-ends in processes of their own that are killed, by somebody else or by themselves."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from meterkast.headend.server import HeadEndSettings
from meterkast.headend.service import run
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus


def serve_forever(folder: str) -> None:
    asyncio.run(run(HeadEndSettings(site=Path(folder)), stop=asyncio.Event()))


def die_after_commit(folder: str) -> None:
    """Dies between the durable commit and the confirmation."""
    append = SqliteBus.append

    def last_append(bus: SqliteBus, messages: Sequence[BusMessage]) -> list[int]:
        append(bus, messages)
        os.kill(os.getpid(), signal.SIGKILL)
        return []

    SqliteBus.append = last_append  # type: ignore[method-assign,assignment]
    serve_forever(folder)


def die_before_commit(folder: str) -> None:
    """Dies with the messages written and the transaction open."""
    prepare = SqliteBus.__init__

    def traced(bus: SqliteBus, path: Path) -> None:
        prepare(bus, path)
        bus._database.set_trace_callback(_die_at_commit)

    SqliteBus.__init__ = traced  # type: ignore[method-assign,assignment]
    serve_forever(folder)


def _die_at_commit(statement: str) -> None:
    if statement == "COMMIT":
        os.kill(os.getpid(), signal.SIGKILL)
