"""``meterkast gateway module``: which module a gateway is paired with. Whether it runs does not matter."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.exits import Exit
from meterkast.model.calendar import iso_local
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.gateway.module_pairing import ModulePairing

Folder = Annotated[Path, typer.Argument(metavar="GATEWAY", help="The gateway's folder.")]


def add(gateway: typer.Typer) -> None:
    """Adds the commands to those of the gateway."""
    group = typer.Typer(help="The measurement module that the gateway is paired with.")
    command(group, "show", examples=("meterkast gateway module show ./gateways/MKG0000000001",))(show)
    command(group, "pair", examples=("meterkast gateway module pair ./gateways/MKG0000000001",))(pair)
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


def pair(answer: Answer, gateway: Folder) -> Exit:
    """End the quarantine: the module that proves the pairing key next is the one.

    A new module has a pairing key of its own, which must be in the gateway's keystore first.
    """
    _pairing(gateway).pair()
    answer.document({"module": None, "stranger": None, "quarantined_since": None})
    answer.text("the module that proves the pairing key next is the one")
    return Exit.DONE


def _pairing(gateway: Path) -> "ModulePairing":
    from meterkast.gateway.module_pairing import ModulePairing, pairing_folder

    if not gateway.is_dir():
        raise DataError(
            "gateway-folder-missing",
            "There is no such folder.",
            where=str(gateway),
            hint="Give the folder that holds the gateway's gateway.toml or keystore.",
        )
    return ModulePairing(pairing_folder(gateway))


def _text(octets: bytes | None) -> str | None:
    """A system title as people write it, or its octets where it is none."""
    from meterkast.model.identity import SystemTitle

    if octets is None:
        return None
    try:
        return str(SystemTitle(octets))
    except DataError:
        return octets.hex()
