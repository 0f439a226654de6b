"""``meterkast import``: what messages of real meters hold, into the same store by the same intake."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from meterkast.console.cli import input as files
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, AuthKey, Key, Site, key
from meterkast.console.exits import Exit, exit_for
from meterkast.model.errors import MeterkastError

_EXAMPLES = (
    "meterkast import telegram.txt",
    "meterkast import *.hex --site /var/lib/meterkast",
)


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "import", examples=_EXAMPLES)(import_)


def import_(
    answer: Answer,
    messages: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files, or - for standard input.")],
    key_text: Key = None,
    auth_key_text: AuthKey = None,
    site: Site = SITE,
) -> Exit:
    """Put the readings of real meters' messages into the store, by the same intake as everything else.

    A file that cannot be read is named and left out; the others are imported all the same.
    """
    from meterkast.console.store import writable
    from meterkast.mdm.importer import import_explanation
    from meterkast.protocols.explain.detect import explain

    keys = key(key_text, "--key"), key(auth_key_text, "--auth-key")
    imported: list[dict[str, Any]] = []
    ended = Exit.DONE
    with writable(site) as database:
        for name in messages:
            try:
                octets = files.read(name)
                explanation = explain(octets, key=keys[0], auth_key=keys[1])
                report = import_explanation(database, explanation, octets=octets, now=int(time.time()))
            except MeterkastError as error:
                answer.error(error, where=name if error.where != name else None)
                imported.append({"file": name, "error": error.to_dict()})
                ended = max(ended, exit_for(error))
                continue
            imported.append({"file": name, **asdict(report)})
            answer.text(
                f"{name}: {report.readings} readings of {', '.join(report.devices)}; "
                f"meter-days added {report.added}, unchanged {report.unchanged}; "
                f"readings skipped {report.skipped}"
            )
    answer.document({"files": imported})
    return ended
