"""``meterkast read mbus``: devices on a wired M-Bus, over a serial line or a TCP converter."""

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.line import open_line
from meterkast.console.cli.options import Key, key
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.headend.mbus_line import MbusLine
    from meterkast.protocols.mbus.conversation import Found
    from meterkast.protocols.mbus.secondary import SecondaryAddress

_EXAMPLES = (
    "meterkast read mbus /dev/ttyUSB0",
    "meterkast read mbus /dev/ttyUSB0 1 17 --json",
    "meterkast read mbus 192.0.2.7:10001 KAM12345678 --key 000102030405060708090A0B0C0D0E0F",
)
_NAME = re.compile(r"(?P<maker>[A-Z]{3})?(?P<digits>[0-9A-F]{8})")
_HIGHEST_PRIMARY = 250
_WHOEVER = 254


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "mbus", examples=_EXAMPLES)(read_mbus)


def read_mbus(
    answer: Answer,
    where: Annotated[
        str, typer.Argument(metavar="WHERE", help="A serial port, or HOST:PORT of a converter.")
    ],
    devices: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DEVICE]...",
            help="Primary addresses (1 to 250, 254 for whoever is alone) or numbers such as KAM12345678.",
        ),
    ] = None,
    key_text: Key = None,
    speed: Annotated[int, typer.Option(metavar="BAUD", help="Speed of the line.")] = 2400,
    patience: Annotated[
        float,
        typer.Option("--patience", min=0.05, metavar="SECONDS", help="How long silence is no answer yet."),
    ] = 0.5,
    language: Annotated[Language, typer.Option("--lang", help="Language of names.")] = Language.EN,
) -> Exit:
    """Read devices on a wired M-Bus; without a DEVICE, find out who is there.

    The search asks by secondary address, digit by digit where several answer at once. A digit may be left
    open as F in a DEVICE too, where one device alone fits.
    """
    from meterkast.headend.mbus_line import MbusLine

    user_key = key(key_text, "--key")
    wanted = [(name, _address(name)) for name in devices or []]

    async def work() -> dict[str, Any]:
        link = await open_line(where, speed=speed, even_parity=True)
        line = MbusLine(link, patience=patience)
        try:
            if not wanted:
                return _found(answer, where, await _search(line))
            return {
                "line": where,
                "devices": [
                    await _read(answer, line, name, address, user_key, language) for name, address in wanted
                ],
            }
        finally:
            await link.close()

    document = asyncio.run(work())
    answer.document(document)
    return Exit.DONE


def _address(name: str) -> "int | SecondaryAddress":
    from meterkast.protocols.mbus.secondary import SecondaryAddress

    if name.isdigit() and (1 <= int(name) <= _HIGHEST_PRIMARY or int(name) == _WHOEVER) and len(name) < 4:
        return int(name)
    match = _NAME.fullmatch(name.upper())
    if match is None:
        raise DataError(
            "mbus-address-malformed",
            "A device is a primary address, or eight digits, with or without the maker's three letters.",
            where=name,
            hint="Write 17, 12345678, 1234FFFF or KAM12345678.",
        )
    return SecondaryAddress(identification=match["digits"], manufacturer=match["maker"])


async def _search(line: "MbusLine") -> "Found":
    from meterkast.protocols.mbus.conversation import search
    from meterkast.protocols.mbus.secondary import SecondaryAddress

    return await line.hold(search(SecondaryAddress()))


def _found(answer: Answer, where: str, found: "Found") -> dict[str, Any]:
    from meterkast.protocols.explain.mbus_content import identity_fields

    devices = [{"name": each.name, **identity_fields(each)} for each in found.devices]
    for device in devices:
        answer.text(f"{device['name']}  {device['device_type']}, version {device['version']}")
    for clash in found.clashes:
        answer.note(
            f"more than one device has the number {clash.identification}: give the maker's letters too"
        )
    if not devices and not found.clashes:
        answer.note("nobody answers: check wiring, power of the bus and baud rate")
    return {"line": where, "devices": devices, "clashes": [each.identification for each in found.clashes]}


async def _read(
    answer: Answer,
    line: "MbusLine",
    name: str,
    address: "int | SecondaryAddress",
    user_key: bytes | None,
    language: Language,
) -> dict[str, Any]:
    """One device: all its telegrams, explained."""
    from meterkast.console.explanation import document, text
    from meterkast.protocols.explain.mbus import explain_mbus
    from meterkast.protocols.mbus.conversation import SELECTED, read_out, select

    if not isinstance(address, int):
        await line.hold(select(address))
    frames = await line.hold(read_out(address if isinstance(address, int) else SELECTED))
    telegrams = [explain_mbus(each.encode(), user_key) for each in frames]
    for each in telegrams:
        answer.text(text(each, language, title=name))
    return {"device": name, "telegrams": [document(each, language) for each in telegrams]}
