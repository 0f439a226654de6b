"""``meterkast read x1``: the consumer port of a gateway, as a client of the household."""

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.line import address
from meterkast.console.exits import Exit

if TYPE_CHECKING:
    from meterkast.protocols.x1.document import Document

_EXAMPLES = (
    "meterkast read x1 192.0.2.7:4064 --pair K7QM-3XPT",
    "meterkast read x1 192.0.2.7:4064",
    "meterkast read x1 192.0.2.7:4064 --count 0 --json",
)
_FOLDER = "x1"


def add(read: typer.Typer) -> None:
    """Adds the command."""
    command(read, "x1", examples=_EXAMPLES)(read_x1)


def read_x1(
    answer: Answer,
    where: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the gateway offers X1.")],
    pair: Annotated[
        str | None, typer.Option(metavar="CODE", help="Pair first, by the code that the gateway shows.")
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="What this client is called at the gateway.")
    ] = "meterkast",
    count: Annotated[int, typer.Option(min=0, help="How many seconds to read; 0 is without end.")] = 1,
    keystore: Annotated[
        Path | None,
        typer.Option(
            envvar="METERKAST_X1_KEYSTORE",
            show_envvar=True,
            metavar="DIR",
            help="Where this client keeps its key and the gateways it knows; the user's own where absent.",
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long to wait.")] = 10.0,
) -> Exit:
    """Read the consumer port of a gateway: what the meters show, second by second.

    The first time, press the gateway's button and give the code that it shows. With --json there is one
    document a line, as it came.
    """
    from meterkast.console.household import HouseholdClient

    host, port = address(where)
    client = HouseholdClient(keystore or Path(typer.get_app_dir("meterkast")) / _FOLDER, timeout=timeout)
    if pair is not None:
        fingerprint = client.pair(host, port, pair, name)
        answer.note(f"paired with the gateway {fingerprint[:16]}")
    for document in islice(client.read(host, port), count or None):
        answer.document(json.loads(document.encode()))
        answer.text(_text(document))
    return Exit.DONE


def _text(document: "Document") -> str:
    """One instant for people: time and meter, then a line for each value."""
    from meterkast.model.obis import Obis
    from meterkast.protocols.cosem import catalogue
    from meterkast.protocols.x1.document import CLOCK, EQUIPMENT

    objects: dict[str, dict[str, Any]] = json.loads(document.encode())["objects"]
    lines = [f"{objects.pop(CLOCK)['value']}  {objects.pop(EQUIPMENT)['value']}"]
    for code, each in objects.items():
        at = f"  at {each['at']}" if "at" in each else ""
        value = f"{each['value']} {each.get('unit', '')}".rstrip()
        lines.append(f"  {code:12} {value:>16}  {catalogue.name(Obis.parse(code)) or ''}".rstrip() + at)
    return "\n".join(lines)
