"""``meterkast explain``: any frame or telegram, layer by layer, down to its readings."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from meterkast.console.cli import input as files
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import AuthKey, Key, key
from meterkast.console.exits import Exit, exit_for
from meterkast.console.language import Language
from meterkast.model.errors import MeterkastError


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
    "cat /dev/ttyUSB0 | head -n 30 | meterkast explain -",
)


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "explain", examples=_EXAMPLES)(explain)


def explain(
    answer: Answer,
    messages: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, or - for standard input.")],
    family: Annotated[Family, typer.Option("--as", help="What to take the message for.")] = Family.AUTO,
    key_text: Key = None,
    auth_key_text: AuthKey = None,
    language: Annotated[Language, typer.Option("--lang", help="Language of names.")] = Language.EN,
) -> Exit:
    """Explain any frame or telegram of a meter, layer by layer, down to its readings.

    A file holds the octets themselves, a hexadecimal dump of them, or the text of a P1 telegram.
    """
    keys = key(key_text, "--key"), key(auth_key_text, "--auth-key")
    ended = Exit.DONE
    for name in messages:
        head = {"file": name} if len(messages) > 1 else {}
        try:
            _explain(answer, files.read(name), head, family, keys, language)
        except MeterkastError as error:
            _tell_refusal(answer, error, name, head, language)
            ended = max(ended, exit_for(error))
    return ended


def _explain(
    answer: Answer,
    octets: bytes,
    head: dict[str, Any],
    family: Family,
    keys: tuple[bytes | None, bytes | None],
    language: Language,
) -> None:
    from meterkast.console.explanation import document, text
    from meterkast.protocols.explain.detect import explain as explained

    explanation = explained(octets, as_=family.value, key=keys[0], auth_key=keys[1])
    if answer.as_json:
        answer.document({**head, **document(explanation, language)})
    else:
        answer.text(text(explanation, language, title=head.get("file")))


def _tell_refusal(
    answer: Answer, error: MeterkastError, name: str, head: dict[str, Any], language: Language
) -> None:
    """What went wrong, and what could be read all the same: the layers, where only the key is missing."""
    from meterkast.protocols.explain.refusal import KeyNeededError

    known: dict[str, Any] = {}
    if isinstance(error, KeyNeededError):
        from meterkast.console.explanation import document, text

        known = document(error.explanation, language)
        answer.text(text(error.explanation, language, title=head.get("file")))
    answer.error(error, where=name if error.where != name else None)
    answer.document({**head, **known, "error": error.to_dict()})
