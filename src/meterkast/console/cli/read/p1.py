"""``meterkast read p1``: the telegrams of a consumer port, live, on the screen and on to other tools."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli import input as files
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import until_told
from meterkast.console.cli.options import AuthKey, Export, Key, key
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from meterkast.console.exports.sink import Sink
    from meterkast.protocols.p1.telegram import Telegram

_EXAMPLES = (
    "meterkast read p1 /dev/ttyUSB0",
    "meterkast read p1 192.0.2.7:2001 --json --count 1",
    "meterkast read p1 /dev/ttyUSB0 --export mqtt://192.0.2.9/meterkast --export prometheus:9101",
)


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "p1", examples=_EXAMPLES)(read_p1)


def read_p1(
    answer: Answer,
    where: Annotated[
        str,
        typer.Argument(metavar="WHERE", help="A serial port, HOST:PORT, a file, or - for standard input."),
    ],
    key_text: Key = None,
    auth_key_text: AuthKey = None,
    exports: Export = None,
    count: Annotated[int | None, typer.Option(min=1, help="Ends after so many telegrams.")] = None,
    speed: Annotated[
        int, typer.Option(metavar="BAUD", help="Speed of the serial port; 9600 before DSMR 4.")
    ] = 115200,
    timeout: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="Ends where no telegram comes; 0 waits for ever."),
    ] = 60.0,
    language: Annotated[Language, typer.Option("--lang", help="Language of names.")] = Language.EN,
) -> Exit:
    """Read the telegrams of a consumer port until Ctrl-C, and hand the values on to other tools.

    A line that breaks is opened again, after a wait that grows. A telegram that came through damaged is shown
    and handed on to nobody.
    """
    from meterkast.console.cli.read.telegrams import Line, telegrams
    from meterkast.console.exports.target import open_sinks, writes_stdout
    from meterkast.protocols.p1.encrypted import PUBLIC_AUTHENTICATION_KEY
    from meterkast.protocols.p1.stream import TelegramStream

    targets = exports or []
    on_stdout = any(map(writes_stdout, targets))
    customer, proof = key(key_text, "--key"), key(auth_key_text, "--auth-key")
    stream = TelegramStream(customer, PUBLIC_AUTHENTICATION_KEY if proof is None else proof)
    line = Line(where, speed=speed, live=files.is_live(where), patient=not timeout, tell=answer.note)

    async def work(sinks: "list[Sink]") -> None:
        taken = 0
        async with aclosing(telegrams(stream, line, answer.note)) as arriving:
            while taken != count and (telegram := await _next(arriving, where, timeout)) is not None:
                _show(answer, telegram, language, opened=customer is not None, quiet=on_stdout)
                await asyncio.to_thread(_hand_on, telegram, sinks)
                taken += 1

    with open_sinks(targets, language=language.value, tell=answer.note, as_json=answer.as_json) as sinks:
        asyncio.run(until_told(work(sinks)))
    return Exit.DONE


async def _next(arriving: "AsyncGenerator[Telegram, None]", where: str, timeout: float) -> "Telegram | None":
    """The next telegram; None where there will be none."""
    try:
        async with asyncio.timeout(timeout or None):
            return await anext(arriving, None)
    except TimeoutError:
        raise UnreachableError(
            "p1-silent",
            f"No telegram came in {timeout:g} seconds.",
            where=where,
            hint="Check cable and speed, and whether the port has been switched on.",
        ) from None


def _show(answer: Answer, telegram: "Telegram", language: Language, *, opened: bool, quiet: bool) -> None:
    from meterkast.console.explanation import document
    from meterkast.protocols.explain.p1 import explain_telegram
    from meterkast.protocols.p1.history import past_readings
    from meterkast.protocols.p1.variants import recognise

    explanation = explain_telegram(telegram, opened=opened)
    told = document(explanation, language)
    past = document(replace(explanation, readings=list(past_readings(telegram))), language)["readings"]
    answer.document({**told, "history": past})
    if quiet:
        return
    variant = recognise(telegram)
    head = (
        told["timestamp"],
        told["meter_id"] or "",
        variant and variant.title,
        f"crc {telegram.crc.value}",
    )
    answer.text("  ".join(part for part in head if part))
    for row in (*told["readings"], *past):
        at = "" if row["at"] == told["timestamp"] else row["at"] or ""
        number = f"{row['value']} {row['unit']}"
        answer.text(f"  {row['obis']:14} {row['name'] or '':44.44} {number:20} {at}".rstrip())
    for finding in told["findings"]:
        line = f", line {finding['line']}" if "line" in finding else ""
        answer.text(f"  {finding['severity']}: {finding['message']} [{finding['code']}{line}]")
    answer.text("")


def _hand_on(telegram: "Telegram", sinks: "list[Sink]") -> None:
    """Everything that came through whole, to everybody."""
    from meterkast.console.exports.measurement import of_message
    from meterkast.protocols.explain.p1 import explain_telegram
    from meterkast.protocols.p1.telegram import CrcVerdict
    from meterkast.protocols.p1.variants import recognise

    if not sinks or telegram.crc is CrcVerdict.BAD:
        return
    variant = recognise(telegram)
    swapped = variant is not None and variant.rates_swapped
    measurements = of_message(explain_telegram(telegram), now=int(time.time()), swapped=swapped)
    for sink in sinks:
        sink.write(measurements)
