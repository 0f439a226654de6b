"""Intakes in processes of their own that are killed, by somebody else or at a given statement."""

import asyncio
import os
import signal
from pathlib import Path

from sqlalchemy import Engine, event

from meterkast.mdm.intake import Intake
from meterkast.mdm.service import MdmSettings, run
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import ScaledClock
from meterkast.outside.database.engine import engine
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder


def serve_forever(folder: str) -> None:
    asyncio.run(run(MdmSettings(site=Path(folder), poll=0.001), stop=asyncio.Event()))


def step_and_die(folder: str, statement: int) -> None:
    """One step of the intake, killed before the so-manieth statement or commit on the database."""
    site = Path(folder)
    database = engine(site / "centre" / "centre.sqlite")
    die_at(database, statement)
    Intake(
        bus=SqliteBus(site / "bus" / "bus.sqlite"),
        database=database,
        keystore=SoftwareKeystore(site / "mdm" / "keystore"),
        trust=TrustFolder(site / "trust"),
        clock=ScaledClock(1_772_600_000, 0),
    ).step()


def die_at(database: Engine, statement: int) -> None:
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database, "before_cursor_execute", count)
    event.listen(database, "commit", count)
