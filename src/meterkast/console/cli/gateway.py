"""``meterkast gateway``: one gateway as a process of its own, and what people do at it."""

from pathlib import Path
from typing import Annotated

import typer

from meterkast.console.cli import gateway_module, gateway_x1
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import until_stopped
from meterkast.console.exits import Exit

_EXAMPLES = ("meterkast gateway run /var/lib/meterkast/gateways/MKG0000000001/gateway.toml",)


def add(app: typer.Typer) -> None:
    """Adds the command."""
    group = typer.Typer(help="The gateway: owns links, keys, clock and journal; listens in the house alone.")
    command(group, "run", examples=_EXAMPLES)(run)
    gateway_module.add(group)
    gateway_x1.add(group)
    app.add_typer(group, name="gateway", no_args_is_help=True)


def run(
    answer: Answer,
    configuration: Annotated[Path, typer.Argument(metavar="CONFIG", help="The gateway's gateway.toml.")],
) -> Exit:
    """Run one gateway until it is told to stop; it catches up on the days it missed."""
    from meterkast.gateway.configuration import Configuration
    from meterkast.gateway.service import run as run_gateway

    loaded = Configuration.load(configuration)
    told = f"The gateway {loaded.settings.title} runs (Ctrl-C ends it)"
    until_stopped(lambda stop: run_gateway(loaded, stop=stop), begun=lambda: answer.note(told))
    return Exit.DONE
