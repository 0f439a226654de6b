"""``meterkast read``: real devices, one file per kind."""

import typer

from meterkast.console.cli.read import dlms, mbus, p1, x1


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    read = typer.Typer(help="Read a real device.", no_args_is_help=True)
    dlms.add(read)
    mbus.add(read)
    p1.add(read)
    x1.add(read)
    app.add_typer(read, name="read")
