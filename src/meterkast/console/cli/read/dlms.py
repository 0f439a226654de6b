"""``meterkast read dlms``: a real meter, over TCP, UDP or a serial line."""

import asyncio
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import AuthKey, Key, day, key
from meterkast.console.cli.read.way import open_way
from meterkast.console.exits import Exit
from meterkast.model.calendar import day_start
from meterkast.model.errors import LocalError
from meterkast.model.obis import Obis

if TYPE_CHECKING:
    from meterkast.headend.meter_reader import MeterReader, Profile
    from meterkast.protocols.axdr import Data
    from meterkast.protocols.cosem.object_list import ListedObject
    from meterkast.protocols.dlms.client import Client

_EXAMPLES = (
    "meterkast read dlms 192.0.2.7:4059",
    "meterkast read dlms /dev/ttyUSB0 1-0:1.8.0 1-0:2.8.0 --client 1 --security hls5",
    "meterkast read dlms /dev/ttyUSB0 --mode-e",
    "meterkast read dlms 192.0.2.7:4059 1-0:99.1.0 --from 2026-03-22 --to 2026-03-23 --json",
)
_PROFILE = 7
_CHALLENGE = 16


class Security(StrEnum):
    """How the association is secured."""

    NONE = "none"
    LLS = "lls"
    HLS5 = "hls5"
    PROTECTED = "protected"


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "dlms", examples=_EXAMPLES)(read_dlms)


def read_dlms(
    answer: Answer,
    where: Annotated[
        str, typer.Argument(metavar="WHERE", help="HOST:PORT (wrapper) or a serial port (HDLC).")
    ],
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[OBIS]...", help="Objects; the object list where absent.")
    ] = None,
    client: Annotated[int, typer.Option(min=1, max=127, help="Client id: 16 public, 1 management.")] = 16,
    device: Annotated[int, typer.Option(min=1, max=127, help="Logical device.")] = 1,
    security: Annotated[
        Security, typer.Option(help="none; lls: password; hls5: keys; protected: hls5 and every message.")
    ] = Security.NONE,
    encryption_key: Key = None,
    auth_key: AuthKey = None,
    title: Annotated[str, typer.Option(metavar="TITLE", help="Our own system title.")] = "MKC0000000001",
    counter: Annotated[Path, typer.Option(metavar="FILE", help="Keeps our invocation counter.")] = Path(
        "meterkast.counter"
    ),
    start: Annotated[
        date | None, typer.Option("--from", parser=day, metavar="DAY", help="First local day of a profile.")
    ] = None,
    end: Annotated[
        date | None, typer.Option("--to", parser=day, metavar="DAY", help="Local day that is no longer read.")
    ] = None,
    speed: Annotated[
        int, typer.Option(metavar="BAUD", help="Speed of the serial line; with --mode-e the highest.")
    ] = 9600,
    mode_e: Annotated[
        bool, typer.Option("--mode-e", help="Begin at 300 baud with the opening of IEC 62056-21.")
    ] = False,
    window: Annotated[int, typer.Option(min=1, max=7, help="Most HDLC frames before an answer.")] = 1,
    udp: Annotated[bool, typer.Option("--udp", help="The wrapper goes over UDP instead of TCP.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long to wait.")] = 10.0,
) -> Exit:
    """Read a meter: its object list, or registers, profiles and logs by their OBIS codes.

    A profile or log is read from --from to --to, by default the last 24 hours. With --security lls the
    password is taken from --key as text.
    """
    names = [Obis.parse(text) for text in what or []]
    talker = _client(security, encryption_key, auth_key, title, counter)
    until = int(datetime.now(UTC).timestamp()) if end is None else day_start(end)
    since = until - 86_400 if start is None else day_start(start)

    async def work() -> dict[str, Any]:
        from meterkast.headend.meter_line import MeterLine
        from meterkast.headend.meter_reader import MeterReader

        way = await open_way(where, speed=speed, timeout=timeout, mode_e=mode_e, udp=udp)
        line = MeterLine(
            way.link, client=client, server=device, framing=way.framing, timeout=timeout, window=window
        )
        reader = MeterReader(line, talker)
        try:
            await reader.open()
            listed = {each.logical_name: each for each in await reader.objects()}
            read = [await _read(reader, listed, name, since, until) for name in names]
            await reader.close()
        finally:
            await way.link.close()
        objects = read if names else [_listed(each) for each in listed.values()]
        return {"meter": where, "identification": way.identification, "objects": objects}

    document = asyncio.run(work())
    answer.document(document)
    for each in document["objects"]:
        answer.text(_line(each))
    return Exit.DONE


def _client(
    security: Security, encryption_key: str | None, auth_key: str | None, title: str, counter: Path
) -> "Client":
    from meterkast.headend.meter_counter import kept_counter
    from meterkast.model.identity import SystemTitle
    from meterkast.outside.entropy import system_entropy
    from meterkast.protocols.dlms.ciphering import Protection
    from meterkast.protocols.dlms.client import Client
    from meterkast.protocols.dlms.hls import Password
    from meterkast.protocols.dlms.hls5 import Hls5

    if security is Security.NONE:
        return Client()
    if security is Security.LLS:
        return Client(authentication=Password(_needed(encryption_key, "--key").encode()))
    own, proof = (
        key(_needed(encryption_key, "--key"), "--key"),
        key(_needed(auth_key, "--auth-key"), "--auth-key"),
    )
    assert own is not None
    assert proof is not None
    kept = kept_counter(counter)
    us = SystemTitle.parse(title)
    hls5 = Hls5(
        title=us,
        encryption_key=own,
        authentication_key=proof,
        next_counter=kept.next,
        new_challenge=lambda: system_entropy(_CHALLENGE),
    )
    if security is Security.HLS5:
        return Client(hls5=hls5)
    protection = Protection(title=us, encryption_key=own, authentication_key=proof, next_counter=kept.next)
    return Client(hls5=hls5, protection=protection)


def _needed(text: str | None, option: str) -> str:
    if text is None:
        raise LocalError("key-needed", "This security needs keys.", where=option, hint=f"Give {option}.")
    return text


async def _read(
    reader: "MeterReader", listed: "dict[Obis, ListedObject]", name: Obis, since: int, until: int
) -> dict[str, Any]:
    found = listed.get(name)
    if found is None:
        raise LocalError(
            "meter-object-absent",
            "The meter does not list this object.",
            where=str(name),
            hint="Read the object list first: give no OBIS code.",
        )
    if found.class_id == _PROFILE:
        profile = await reader.profile(name, since, until)
        return {**_listed(found), "columns": _columns(profile), "rows": _rows(profile)}
    register = await reader.register(found)
    return {
        **_listed(found),
        "value": _plain(register.data) if register.value is None else str(register.value),
        "unit": None if register.unit is None else register.unit.symbol,
        "at": register.at,
    }


def _listed(each: "ListedObject") -> dict[str, Any]:
    from meterkast.protocols.cosem import catalogue, classes

    described = classes.find(each.class_id)
    return {
        "obis": str(each.logical_name),
        "class": each.class_id,
        "version": each.version,
        "kind": None if described is None else described.name,
        "name": catalogue.name(each.logical_name),
    }


def _columns(profile: "Profile") -> list[dict[str, Any]]:
    units = {place: scaling.unit for place, scaling in profile.scalings.items()}
    return [
        {
            "obis": str(column.logical_name),
            "attribute": column.attribute,
            "unit": None if (unit := units.get(place)) is None else unit.symbol,
        }
        for place, column in enumerate(profile.columns)
    ]


def _rows(profile: "Profile") -> list[dict[str, Any]]:
    places = [place for place, column in enumerate(profile.columns) if not column.is_clock]
    return [
        {
            "at": row.at,
            "values": [
                str(profile.scalings[place].value(data)) if place in profile.scalings else _plain(data)
                for place, data in zip(places, row.values, strict=True)
            ],
        }
        for row in profile.rows
    ]


def _plain(data: "Data") -> object:
    from meterkast.protocols.axdr import to_typed_tree

    (value,) = to_typed_tree(data).values()
    return value


def _line(each: dict[str, Any]) -> str:
    """One object for people: name and value, or a table of rows."""
    head = f"{each['obis']:16} {each['kind'] or each['class']!s:18} {each['name'] or ''}".rstrip()
    if "rows" in each:
        rows = [f"  {_time(row['at'])}  " + "  ".join(map(str, row["values"])) for row in each["rows"]]
        return "\n".join([head, *rows])
    if "value" in each:
        at = "" if each["at"] is None else f"  at {_time(each['at'])}"
        return f"{head}: {each['value']} {each['unit'] or ''}".rstrip() + at
    return head


def _time(at: int | None) -> str:
    from meterkast.model.calendar import AMSTERDAM

    return "-" if at is None else datetime.fromtimestamp(at, AMSTERDAM).isoformat(" ", "minutes")
