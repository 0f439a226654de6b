"""``pki follow``: a trust folder on another machine, kept in step with the PKI."""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import until_stopped
from meterkast.console.cli.line import address
from meterkast.console.cli.pki.opening import now
from meterkast.console.exits import Exit
from meterkast.model.errors import MeterkastError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from meterkast.pki.following import Followed

_log = logging.getLogger("meterkast.pki")
_LIMIT = 1 << 24
_TIMEOUT = 10.0

Trust = Annotated[Path, typer.Option("--trust", metavar="DIR", help="The folder; it must have the roots.")]
Every = Annotated[
    float, typer.Option("--every", metavar="SECONDS", min=1, help="How long between two looks.")
]
Once = Annotated[bool, typer.Option("--once", help="Look once, and end.")]


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "meterkast pki follow pki.example:8080 --trust ./site/trust",
        "meterkast pki follow 192.0.2.1:8080 --trust ./trust --once --json",
    )
    command(group, "follow", examples=examples)(follow)


def follow(
    answer: Answer,
    place: Annotated[str, typer.Argument(metavar="HOST:PORT", help="The list server of `pki serve`.")],
    trust: Trust,
    every: Every = 60.0,
    once: Once = False,
) -> Exit:
    """Keep a trust folder in step with a PKI on another machine, for a head-end or an intake beside it.

    Revocation lists and issuing authorities come in, so that what was revoked is refused here at the latest
    after `--every` seconds. Nothing is taken that the roots in the folder do not vouch for; a new root is
    brought by hand.
    """
    from meterkast.outside.plain_http import get
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.following import follow as take

    folder = TrustFolder(trust)
    step = partial(take, folder, partial(get, address(place), limit=_LIMIT, seconds=_TIMEOUT))
    folder.anchors()
    if once:
        _say(answer, step(now()))
        return Exit.DONE

    async def work(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.to_thread(_look, step)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every)

    until_stopped(work, begun=lambda: answer.note(f"{trust} follows {place} (Ctrl-C ends it)"))
    return Exit.DONE


def _look(step: "Callable[[datetime], Followed]") -> None:
    """One that fails is tried again; the log says so."""
    try:
        followed = step(now())
    except MeterkastError as error:
        _log.error("pki-not-followed code=%s", error.code)
        return
    if any(followed):
        _log.info("pki-followed lists=%d authorities=%d", *followed)


def _say(answer: Answer, followed: "Followed") -> None:
    answer.text(f"{followed.lists} lists and {followed.authorities} authorities are new.")
    answer.document(followed._asdict())
