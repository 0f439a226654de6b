"""``meterkast gateway gas``: the gas meter that a gateway listens to. Whether it runs does not matter."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.gateway_folder import Folder, existing
from meterkast.console.cli.input import read
from meterkast.console.cli.options import PROFILE, Profile
from meterkast.console.exits import Exit


def add(gateway: typer.Typer) -> None:
    """Adds the command to those of the gateway."""
    group = typer.Typer(help="The gas meter that the gateway listens to.")
    example = "meterkast gateway gas pair ./gateways/MKG0000000001 --key ./gasmeter/user.key"
    command(group, "pair", examples=(example,))(pair)
    gateway.add_typer(group, name="gas", no_args_is_help=True)


def pair(
    answer: Answer,
    gateway: Folder,
    key: Annotated[
        str,
        typer.Option(metavar="FILE", help="The gas meter's user key, 16 octets, or - for standard input."),
    ],
    profile: Profile = PROFILE,
) -> Exit:
    """Pair with a gas meter: keep its user key where keystore.toml of the gateway's keystore says.

    A gateway that runs takes it at its next start. Which meter it is stands in gateway.toml.
    """
    from meterkast.gateway.device_keys import DeviceKey, keep_key

    keep_key(existing(gateway), DeviceKey.GAS, read(key), profile)
    answer.document({"gas": "paired"})
    answer.text("the gateway has the gas meter's key")
    return Exit.DONE
