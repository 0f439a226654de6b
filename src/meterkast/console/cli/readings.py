"""``meterkast readings``: query and export, also as known at an earlier time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Export, Site, day
from meterkast.console.exits import Exit
from meterkast.model.block import Medium
from meterkast.model.calendar import AMSTERDAM
from meterkast.model.ean import Ean
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from meterkast.mdm.access import Query, Readings, Row

_ROWS_AT_ONCE = 1000


class Form(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


_COLUMNS = {
    "device": 18,
    "obis": 12,
    "start": 25,
    "end": 25,
    "value": 14,
    "consumption": 11,
    "unit": 4,
    "flags": 0,
}

_EXAMPLES = (
    "meterkast readings --from 2026-03-02 --to 2026-03-02",
    "meterkast readings --ean 871687000000000016 --medium gas --json",
    "meterkast readings --known-at 2026-03-03T12:00 --format csv --output readings.csv",
    "meterkast readings --medium gas --export influx:gas.lines",
)


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "readings", examples=_EXAMPLES)(readings)


def readings(
    answer: Answer,
    ean: Annotated[str | None, typer.Option(help="Connection, 18 digits.", metavar="EAN")] = None,
    device: Annotated[str | None, typer.Option(help="A meter by its own name.", metavar="NAME")] = None,
    first: Annotated[
        date | None, typer.Option("--from", parser=day, metavar="DAY", help="First local day.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=day, metavar="DAY", help="Last local day, included.")
    ] = None,
    medium: Annotated[Medium | None, typer.Option(help="What is measured.")] = None,
    known_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As known at this time (ISO 8601; local without offset)."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to write the answer.")] = Form.TABLE,
    output: Annotated[Path | None, typer.Option(help="Write to this file.", metavar="FILE")] = None,
    exports: Export = None,
    site: Site = SITE,
) -> Exit:
    """Query and export stored readings, interval by interval, also as they were known earlier."""
    from meterkast.console.store import readable
    from meterkast.mdm.access import Query, Readings

    query = Query(
        ean=None if ean is None else Ean(ean).digits,
        device=device,
        first_day=first,
        last_day=last,
        medium=medium,
        known_at=None if known_at is None else _instant(known_at),
    )
    targets = exports or []
    if targets and (form is not Form.TABLE or output is not None):
        raise LocalError(
            "export-twice", "--export goes without --format and --output.", hint="Leave one of them out."
        )
    chosen = Form.JSON if answer.as_json and form is Form.TABLE else form
    with readable(site) as database:
        if targets:
            _hand_on(answer, Readings(database).rows(query), targets)
        elif chosen is Form.TABLE:
            _print_table(answer, Readings(database), query)
        else:
            _export(answer, Readings(database), query, chosen, output)
    return Exit.DONE


def _print_table(answer: Answer, source: "Readings", query: "Query") -> None:
    count = 0
    answer.text("  ".join(title.ljust(width) for title, width in _COLUMNS.items()).rstrip())
    for row in source.rows(query):
        cells = dict[str, object](row)
        written = (
            ("" if cells[title] is None else f"{cells[title]}").ljust(width)
            for title, width in _COLUMNS.items()
        )
        answer.text("  ".join(written).rstrip())
        count += 1
    answer.note(f"{count} readings")


def _hand_on(answer: Answer, rows: "Iterator[Row]", targets: list[str]) -> None:
    from meterkast.console.exports.measurement import of_row
    from meterkast.console.exports.target import open_sinks

    count = 0
    with open_sinks(targets, language="en", tell=answer.note, as_json=answer.as_json, live=False) as sinks:
        while group := list(islice(rows, _ROWS_AT_ONCE)):
            measurements = [each for row in group for each in of_row(row)]
            for sink in sinks:
                sink.write(measurements)
            count += len(measurements)
    answer.document({"exported": count, "targets": len(targets)})
    answer.note(f"{count} readings handed on")


def _export(answer: Answer, source: "Readings", query: "Query", form: Form, output: Path | None) -> None:
    from meterkast.mdm.export import Format, export

    with _target(output) as target:
        count = export(source, query, Format(form.value), target)
    answer.note(f"{count} readings" + (f" in {output}" if output else ""))


@contextmanager
def _target(output: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears under its name only once it is whole."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    draft = output.with_name(output.name + ".part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(output)
    except OSError as error:
        raise DataError(
            "file-unwritable", f"The file cannot be written: {error.strerror}.", where=str(output)
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _instant(text: str) -> int:
    """Unix seconds of an ISO 8601 time; Dutch local time where it has no offset.

    Raises:
        DataError: ``time-malformed``.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(
            "time-malformed",
            f"{text!r} is not a time.",
            where="--known-at",
            hint="Write it as 2026-03-02T14:00.",
        ) from None
    return int((at if at.tzinfo else at.replace(tzinfo=AMSTERDAM)).timestamp())
