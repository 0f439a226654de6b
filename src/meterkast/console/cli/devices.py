"""The meters, each as a process of its own: ``meterkast module run`` and ``meterkast gasmeter run``."""

import asyncio
import os
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import until_stopped
from meterkast.console.cli.options import Host, day
from meterkast.console.exits import Exit
from meterkast.model.calendar import day_start

if TYPE_CHECKING:
    from meterkast.module.service import Endpoints

_MODULE_EXAMPLES = (
    "meterkast module run ./module-1 --vendor KFM --port 4059",
    "meterkast module run ./module-1 --terminal --json",
)
_GAS_EXAMPLES = ("meterkast gasmeter run ./gas-1 --home 3",)


class Vendor(StrEnum):
    """Whose module it is."""

    KFM = "KFM"
    SAG = "SAG"


Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="The device's own memory: its key and counter; made where absent."),
]
HomeNumber = Annotated[int, typer.Option("--home", min=0, help="Which home of the street it hangs in.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same street.")]
Since = Annotated[
    date | None,
    typer.Option("--since", parser=day, metavar="DAY", help="Day of installation; today where absent."),
]


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    module = typer.Typer(help="The measurement module: measures electricity, nothing else.")
    command(module, "run", examples=_MODULE_EXAMPLES)(run_module)
    app.add_typer(module, name="module", no_args_is_help=True)
    gasmeter = typer.Typer(help="The gas meter: a telegram each hour over M-Bus.")
    command(gasmeter, "run", examples=_GAS_EXAMPLES)(run_gasmeter)
    app.add_typer(gasmeter, name="gasmeter", no_args_is_help=True)


def run_module(
    answer: Answer,
    folder: Folder,
    vendor: Annotated[Vendor, typer.Option(help="Whose module it is.")] = Vendor.KFM,
    home: HomeNumber = 0,
    seed: Seed = 1,
    since: Since = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="HDLC on a pseudo-terminal.")] = False,
    host: Host = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The DLMS wrapper on this TCP port; 0 takes a free one."),
    ] = None,
) -> Exit:
    """Run a measurement module until it is told to stop; without --port it is on a pseudo-terminal.

    Its pairing key, which opens no data, is the file pairing.key in its folder. Where it can be reached is
    printed once it listens.
    """
    from meterkast.module.counter import InvocationCounter
    from meterkast.module.module import Module
    from meterkast.module.service import run
    from meterkast.module.settings import PAIRING_KEY_LENGTH, ModuleSettings
    from meterkast.module.vendor import VendorProfile
    from meterkast.outside.clock import SystemClock
    from meterkast.street.homes.household import Household

    household = Household(seed, home)
    settings = ModuleSettings(
        profile=VendorProfile.load(vendor.value),
        serial=home + 1,
        phases=household.phases,
        pairing_key=_own_key(folder / "pairing.key", PAIRING_KEY_LENGTH),
        installed_at=day_start(since or date.today()),  # noqa: DTZ011 — the day on this machine's wall
    )
    module = Module(
        settings, household, SystemClock(), next_counter=InvocationCounter(folder / "counter").next
    )

    def ready(endpoints: "Endpoints") -> None:
        where = {"name": module.name, "terminal": _text(endpoints.terminal), "port": endpoints.port}
        answer.document(where)
        answer.text("\n".join(f"{name}: {value}" for name, value in where.items() if value is not None))

    address = None if port is None else (host, port)
    until_stopped(
        lambda stop: run(module, address=address, terminal=terminal or port is None, ready=ready, stop=stop)
    )
    return Exit.DONE


def run_gasmeter(
    answer: Answer, folder: Folder, home: HomeNumber = 0, seed: Seed = 1, since: Since = None
) -> Exit:
    """Run a gas meter on a pseudo-terminal until it is told to stop.

    Its user key is the file user.key in its folder, which a command under default.key replaces. The terminal
    is printed once it is there.
    """
    from meterkast.gasmeter.commands import Commands
    from meterkast.gasmeter.counter import FrameCounter
    from meterkast.gasmeter.meter import GasMeter
    from meterkast.gasmeter.service import run
    from meterkast.gasmeter.settings import GasMeterSettings
    from meterkast.gasmeter.user_key import UserKey
    from meterkast.outside.clock import SettableClock, SystemClock
    from meterkast.outside.links.serial import PtyLink
    from meterkast.street.homes.household import Household

    settings = GasMeterSettings(
        identification=f"{home + 1:08d}",
        user_key=_own_key(folder / "user.key", 16),
        equipment=f"MKM04{home + 1:010d}26",
        start=day_start(since or date.today()),  # noqa: DTZ011 — the day on this machine's wall
    )
    clock, counter = SettableClock(SystemClock()), FrameCounter(folder / "counter")
    default_key = _own_key(folder / "default.key", 16)
    commands = Commands(default_key, UserKey(folder / "user.key"), counter, clock.set)
    meter = GasMeter(settings, Household(seed, home).gas_flow, counter, commands=commands)

    async def work(stop: asyncio.Event) -> None:
        line = PtyLink()
        answer.document({"name": meter.name, "terminal": str(line.path)})
        answer.text(f"name: {meter.name}\nterminal: {line.path}")
        running = asyncio.create_task(run(meter, line, clock))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
        await line.close()
        stopped.cancel()
        await running

    until_stopped(work)
    return Exit.DONE


def _own_key(path: Path, length: int) -> bytes:
    """The device's key; made at its first start and readable by its owner only.

    Raises:
        DataError: ``device-key-damaged`` where the file holds something else.
    """
    from meterkast.model.errors import DataError
    from meterkast.outside.entropy import system_entropy

    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(system_entropy(length))
    octets = path.read_bytes()
    if len(octets) != length:
        raise DataError("device-key-damaged", "The file does not hold a key of this device.", where=str(path))
    return octets


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
