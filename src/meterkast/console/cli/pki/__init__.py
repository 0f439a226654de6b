"""``meterkast pki``: found a site's trust, serve enrolment, equip gateways, list and revoke certificates."""

import typer

from meterkast.console.cli import fleet
from meterkast.console.cli.pki import (
    authorities,
    ceremony,
    certificates,
    follow,
    founding,
    gateways,
    issue,
    lists,
    log,
    makers,
    monitor,
    recovery,
    renewal,
    requests,
    service,
    status,
)


def add(app: typer.Typer) -> None:
    """Adds the commands, one file a noun."""
    group = typer.Typer(help="Trust: offline root, issuing authorities, enrolment, revocation.")
    for noun in (
        founding,
        requests,
        authorities,
        service,
        makers,
        gateways,
        issue,
        certificates,
        lists,
        recovery,
        follow,
        renewal,
        status,
        log,
        monitor,
        ceremony,
        fleet,
    ):
        noun.add(group)
    app.add_typer(group, name="pki", no_args_is_help=True)
