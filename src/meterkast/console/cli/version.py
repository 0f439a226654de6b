"""``meterkast version``."""

import typer

from meterkast import __version__
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.exits import Exit


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "version")(version)


def version(answer: Answer) -> Exit:
    """Which version of Meterkast this is."""
    answer.text(f"meterkast {__version__}")
    answer.document({"version": __version__})
    return Exit.DONE
