"""``meterkast gateway module``: which module a gateway is paired with. Whether it runs does not matter."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.gateway_folder import Folder, existing
from meterkast.console.cli.input import read
from meterkast.console.cli.options import PROFILE, Profile
from meterkast.console.exits import Exit
from meterkast.model.calendar import iso_local
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.gateway.module_pairing import ModulePairing


def add(gateway: typer.Typer) -> None:
    """Adds the commands to those of the gateway."""
    group = typer.Typer(help="The measurement module that the gateway is paired with.")
    command(group, "show", examples=("meterkast gateway module show ./gateways/MKG0000000001",))(show)
    example = "meterkast gateway module pair ./gateways/MKG0000000001 --key ./module/pairing.key"
    command(group, "pair", examples=(example,))(pair)
    gateway.add_typer(group, name="module", no_args_is_help=True)


def show(answer: Answer, gateway: Folder) -> Exit:
    """Show which module is noted, and whether another one has been on the line since."""
    known = _pairing(gateway).known()
    module, stranger = _text(known.module), _text(known.stranger)
    since = None if known.since is None else iso_local(known.since)
    answer.document({"module": module, "stranger": stranger, "quarantined_since": since})
    answer.text(f"module: {module or 'none has proved the pairing key yet'}")
    if since is not None:
        answer.text(f"in quarantine since {since}: {stranger} has been on the line")
    return Exit.DONE


def pair(
    answer: Answer,
    gateway: Folder,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="The new module's pairing key, 32 octets, or - for standard input."
        ),
    ] = None,
    profile: Profile = PROFILE,
) -> Exit:
    """Pair with a module, and end a quarantine: the module that proves the pairing key next is the one.

    A new module has a pairing key of its own. It is kept where keystore.toml of the gateway's keystore says;
    a gateway that runs takes it at its next start.
    """
    from meterkast.gateway.device_keys import DeviceKey, keep_key

    pairing = _pairing(gateway)
    if key is not None:
        keep_key(gateway, DeviceKey.PAIRING, read(key), profile)
    pairing.pair()
    answer.document({"module": None, "stranger": None, "quarantined_since": None})
    answer.text("the module that proves the pairing key next is the one")
    return Exit.DONE


def _pairing(gateway: Path) -> "ModulePairing":
    from meterkast.gateway.module_pairing import ModulePairing, pairing_folder

    return ModulePairing(pairing_folder(existing(gateway)))


def _text(octets: bytes | None) -> str | None:
    """A system title as people write it, or its octets where it is none."""
    from meterkast.model.identity import SystemTitle

    if octets is None:
        return None
    try:
        return str(SystemTitle(octets))
    except DataError:
        return octets.hex()
