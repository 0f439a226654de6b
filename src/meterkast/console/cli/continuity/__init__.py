"""``meterkast continuity``: what happens when a vendor drops out, computed, compared and optimised."""

import typer

from meterkast.console.cli.continuity import compare, optimise, run


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="If a vendor drops out: simulated, optimised, answered.", no_args_is_help=True)
    run.add(group)
    compare.add(group)
    optimise.add(group)
    app.add_typer(group, name="continuity")
