"""``meterkast explain``: any frame or telegram, layer by layer, down to its readings."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli import input as files
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import AuthKey, Key, key
from meterkast.console.exits import Exit, exit_for
from meterkast.console.language import Language
from meterkast.model.errors import MeterkastError

if TYPE_CHECKING:
    pass


class Family(StrEnum):
    """What the message is to be taken for."""

    AUTO = "auto"
    DLMS = "dlms"
    HDLC = "hdlc"
    MBUS = "mbus"
    WMBUS = "wmbus"
    P1 = "p1"


_EXAMPLES = (
    "meterkast explain telegram.txt",
    "meterkast explain --json push.hex gas.hex",
    "meterkast explain --key 000102030405060708090A0B0C0D0E0F push.hex",
    "meterkast explain uplink.pcap",
    "meterkast explain /dev/ttyUSB0 --speed 115200 --count 1",
    "meterkast explain 192.0.2.7:2001 --json",
)


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "explain", examples=_EXAMPLES)(explain)


def explain(
    answer: Answer,
    messages: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, - for standard input, or one live line: a serial port or HOST:PORT.",
        ),
    ],
    family: Annotated[Family, typer.Option("--as", help="What to take the message for.")] = Family.AUTO,
    key_text: Key = None,
    auth_key_text: AuthKey = None,
    language: Annotated[Language, typer.Option("--lang", help="Language of names.")] = Language.EN,
    speed: Annotated[int, typer.Option(metavar="BAUD", help="Speed of a serial port.")] = 115200,
    count: Annotated[
        int | None, typer.Option("--count", min=1, help="Ends after so many messages of a live line.")
    ] = None,
) -> Exit:
    """Explain any frame or telegram of a meter, layer by layer, down to its readings.

    A file holds the octets themselves, a hexadecimal dump of them, base64, the text of P1 telegrams, or
    recorded network traffic (pcap, pcapng); it may hold several messages. A live line is explained message by
    message until Ctrl-C.
    """
    telling = _Telling(answer, family, key(key_text, "--key"), key(auth_key_text, "--auth-key"), language)
    if len(messages) == 1 and files.is_live(messages[0]):
        return asyncio.run(_explain_live(telling, messages[0], speed, count))
    several = len(messages) > 1
    ended = Exit.DONE
    for name in messages:
        ended = max(ended, telling.file(name, {"file": name} if several else {}))
    return ended


class _Telling:
    """Explains one message after another in the way that was asked for."""

    def __init__(
        self, answer: Answer, family: Family, key: bytes | None, auth_key: bytes | None, language: Language
    ) -> None:
        from meterkast.protocols.wmbus.fragments import Fragments

        self.answer = answer
        self._family = family
        self._keys = key, auth_key
        self._language = language
        self._fragments: Fragments = Fragments()

    def file(self, name: str, head: dict[str, Any]) -> Exit:
        """All messages of a file."""
        from meterkast.protocols.explain.recording import messages

        try:
            found = messages(files.read(name), self._family.value)
        except MeterkastError as error:
            return self._refusal(error, name, head)
        ended = Exit.DONE
        for number, each in enumerate(found, 1):
            place: dict[str, Any] = {"message": number} if len(found) > 1 else {}
            if each.ends is not None:
                place["between"] = list(each.ends)
            ended = max(ended, self.message(each.octets, name, head | place))
        return ended

    def message(self, octets: bytes, name: str, head: dict[str, Any]) -> Exit:
        """One message; what is refused is said, and does not end the others."""
        from meterkast.console.explanation import document, text
        from meterkast.protocols.explain.detect import explain as explained

        key, auth_key = self._keys
        try:
            explanation = explained(
                octets, as_=self._family.value, key=key, auth_key=auth_key, fragments=self._fragments
            )
        except MeterkastError as error:
            return self._refusal(error, name, head)
        if self.answer.as_json:
            self.answer.document({**head, **document(explanation, self._language)})
        else:
            self.answer.text(text(explanation, self._language, title=_title(head)))
        return Exit.DONE

    def _refusal(self, error: MeterkastError, name: str, head: dict[str, Any]) -> Exit:
        """What went wrong, and what could be read all the same: the layers, where only the key is missing."""
        from meterkast.protocols.explain.refusal import KeyNeededError

        known: dict[str, Any] = {}
        if isinstance(error, KeyNeededError):
            from meterkast.console.explanation import document, text

            known = document(error.explanation, self._language)
            self.answer.text(text(error.explanation, self._language, title=_title(head)))
        self.answer.error(error, where=name if error.where != name else None)
        self.answer.document({**head, **known, "error": error.to_dict()})
        return exit_for(error)


def _title(head: dict[str, Any]) -> str | None:
    parts = [
        str(head.get("file", "")),
        f"message {head['message']}" if "message" in head else "",
        " and ".join(head.get("between", [])),
    ]
    return ", ".join(part for part in parts if part) or None


async def _explain_live(telling: _Telling, where: str, speed: int, count: int | None) -> Exit:
    """Explains what comes over a line; ends with the line, after ``count`` messages, or by Ctrl-C."""
    ended, number = Exit.DONE, 0
    async with aclosing(_live(where, speed)) as heard:
        async for octets in heard:
            number += 1
            ended = max(ended, telling.message(octets, where, {"message": number}))
            if number == count:
                break
    return ended


async def _live(where: str, speed: int) -> AsyncGenerator[bytes, None]:
    from meterkast.console.cli.line import open_line
    from meterkast.protocols.explain.messages import Messages

    link = await open_line(where, speed=speed)
    stream = Messages()
    try:
        while octets := await link.receive():
            for message in stream.receive(octets):
                yield message
    finally:
        await link.close()
