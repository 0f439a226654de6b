"""``meterkast gateway x1``: what a household can do at its gateway. Whether it runs does not matter."""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.gateway_folder import Folder, existing
from meterkast.console.exits import Exit

if TYPE_CHECKING:
    from meterkast.gateway.consumer_port.consent import Consent

_AT = "/var/lib/meterkast/gateways/MKG0000000001"


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


def add(gateway: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="The consumer port: who in the house reads along.", no_args_is_help=True)
    command(group, "press-button", examples=(f"meterkast gateway x1 press-button {_AT}",))(press_button)
    command(group, "paired", examples=(f"meterkast gateway x1 paired {_AT}",))(paired)
    command(group, "unpair", examples=(f"meterkast gateway x1 unpair {_AT} 3f9a",))(unpair)
    command(group, "p1", examples=(f"meterkast gateway x1 p1 {_AT} on",))(p1)
    command(group, "schema", examples=("meterkast gateway x1 schema > meterkast-x1-0.schema.json",))(schema)
    gateway.add_typer(group, name="x1")


def press_button(answer: Answer, gateway: Folder) -> Exit:
    """Press the button: for two minutes the gateway takes one new client, which knows the code."""
    from meterkast.gateway.consumer_port.consent import WINDOW_SECONDS

    code = _consent(gateway).press_button()
    answer.document({"code": code, "seconds": WINDOW_SECONDS})
    answer.text(code)
    answer.note(f"Give this code to the client within {WINDOW_SECONDS} seconds.")
    return Exit.DONE


def paired(answer: Answer, gateway: Folder) -> Exit:
    """Show which clients read along, and whether the plain P1 stream is on."""
    consent = _consent(gateway)
    clients = consent.paired()
    listed = [{"name": each.name, "fingerprint": each.fingerprint, "at": each.at} for each in clients]
    answer.document({"clients": listed, "p1": consent.plain})
    for each in clients:
        since = datetime.fromtimestamp(each.at).astimezone().isoformat(" ", "minutes")
        answer.text(f"{each.fingerprint[:16]}  {since}  {ascii(each.name)[1:-1]}")
    answer.text(f"plain P1: {'on' if consent.plain else 'off'}")
    return Exit.DONE


def unpair(
    answer: Answer,
    gateway: Folder,
    client: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Of the client; its beginning does.")],
) -> Exit:
    """End it for a client, at once, also where it is connected."""
    gone = _consent(gateway).unpair(client)
    answer.document({"name": gone.name, "fingerprint": gone.fingerprint})
    answer.text(f"{ascii(gone.name)[1:-1]} reads along no more")
    return Exit.DONE


def p1(answer: Answer, gateway: Folder, switch: Annotated[Switch, typer.Argument(help="on or off")]) -> Exit:
    """Switch the plain P1 stream on or off. While it is on, everybody in the house's network can read it."""
    _consent(gateway).switch_plain(on=switch is Switch.ON)
    answer.document({"p1": switch is Switch.ON})
    answer.text(f"plain P1: {switch}")
    return Exit.DONE


def schema(answer: Answer) -> Exit:
    """Print the JSON Schema of the profile."""
    from meterkast.protocols.x1.schema import schema as profile

    answer.document(profile())
    answer.text(json.dumps(profile(), indent=2))
    return Exit.DONE


def _consent(gateway: Path) -> "Consent":
    from meterkast.gateway.consumer_port.consent import Consent
    from meterkast.gateway.consumer_port.port import consent_folder

    return Consent(consent_folder(existing(gateway)))
