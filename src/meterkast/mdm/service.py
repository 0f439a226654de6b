"""Meter data management as a process of its own: the intake, step after step."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from meterkast.mdm.intake import Intake
from meterkast.model.deployment import Profile
from meterkast.model.errors import DataError, LocalError, UnreachableError
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import Clock, SharedClock, SystemClock
from meterkast.outside.database.engine import engine
from meterkast.outside.database.migrations import upgrade
from meterkast.outside.keystore import open_keystore
from meterkast.outside.trust import TrustFolder

_log = logging.getLogger("meterkast.mdm")


@dataclass(frozen=True, slots=True, kw_only=True)
class MdmSettings:
    """Where meter data management stands.

    Attributes:
        site: the state folder of the running system.
        poll: seconds between looks at an empty bus.
        patience: seconds before another try where the intake lacks something of its own, such as its token.
        profile: what it may start with; in production no keys in plain files.
    """

    site: Path
    poll: float = 0.02
    patience: float = 1.0
    profile: Profile = Profile.DEVELOPMENT


async def run(settings: MdmSettings, *, stop: asyncio.Event) -> None:
    """Takes in whatever stands on the bus until ``stop`` is set.

    The metering time is that of the site's ``clock`` file where there is one, else the machine's.

    Raises:
        LocalError: ``keystore-…`` where the keystore cannot be used at all.
    """
    site = settings.site
    for room in ("bus", "centre"):
        (site / room).mkdir(parents=True, exist_ok=True)
    clock: Clock = SharedClock(site / "clock") if (site / "clock").exists() else SystemClock()
    trust = TrustFolder(site / "trust")
    keystore = open_keystore(site / "mdm" / "keystore", settings.profile, trust)
    bus = SqliteBus(site / "bus" / "bus.sqlite")
    database = engine(site / "centre" / "centre.sqlite")
    intake = Intake(
        bus=bus,
        database=database,
        keystore=keystore,
        trust=trust,
        clock=clock,
    )
    try:
        await asyncio.to_thread(upgrade, database)
        while not stop.is_set():
            await _pause(stop, await _step(intake, settings))
    finally:
        bus.close()
        database.dispose()


async def _step(intake: Intake, settings: MdmSettings) -> float:
    """One step, and how long to wait before the next."""
    try:
        return 0.0 if await asyncio.to_thread(intake.step) else settings.poll
    except (LocalError, DataError, UnreachableError) as error:
        _log.error("%s: %s", error.code, error.hint or error.message)
        return settings.patience


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
