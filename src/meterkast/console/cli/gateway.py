"""``meterkast gateway``: one gateway as a process of its own, and what people do at it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from meterkast.console.cli import gateway_gas, gateway_module, gateway_x1
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import until_stopped
from meterkast.console.cli.options import PROFILE, Profile
from meterkast.console.exits import Exit

_AT = "/var/lib/meterkast/gateways/MKG0000000001/gateway.toml"

Configured = Annotated[Path, typer.Argument(metavar="CONFIG", help="The gateway's gateway.toml.")]


def add(app: typer.Typer) -> None:
    """Adds the command."""
    group = typer.Typer(help="The gateway: owns links, keys, clock and journal; listens in the house alone.")
    command(group, "enrol", examples=(f"meterkast gateway enrol {_AT}",))(enrol)
    command(group, "run", examples=(f"meterkast gateway run {_AT} --profile production",))(run)
    gateway_module.add(group)
    gateway_gas.add(group)
    gateway_x1.add(group)
    app.add_typer(group, name="gateway", no_args_is_help=True)


def enrol(answer: Answer, configuration: Configured, profile: Profile = PROFILE) -> Exit:
    """Get a newborn gateway its certificates, from the PKI in its gateway.toml; what is there already stays.

    The keys are made where keystore.toml in its keystore folder says, and without that file in plain files.
    """
    from meterkast.gateway.configuration import Configuration
    from meterkast.gateway.service import enrol as enrol_gateway

    settings = Configuration.load(configuration, profile).settings
    certificates = enrol_gateway(settings, datetime.now(UTC))
    listed = {
        label: {"serial": f"{each.serial_number:x}", "ends": each.not_valid_after_utc.isoformat()}
        for label, each in certificates.items()
    }
    answer.document({"gateway": str(settings.title), "certificates": listed})
    for label, each in certificates.items():
        answer.text(f"{label}: {each.serial_number:x}, until {each.not_valid_after_utc:%Y-%m-%d}")
    return Exit.DONE


def run(answer: Answer, configuration: Configured, profile: Profile = PROFILE) -> Exit:
    """Run one gateway until it is told to stop; it catches up on the days it missed."""
    from meterkast.gateway.configuration import Configuration
    from meterkast.gateway.service import run as run_gateway

    loaded = Configuration.load(configuration, profile)
    told = f"The gateway {loaded.settings.title} runs (Ctrl-C ends it)"
    until_stopped(lambda stop: run_gateway(loaded, stop=stop), begun=lambda: answer.note(told))
    return Exit.DONE
