"""The operator's centre: ``meterkast headend`` and ``meterkast mdm``, and what each is told."""

from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli import quarantine
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import until_stopped
from meterkast.console.cli.line import address
from meterkast.console.cli.options import PROFILE, SITE, Host, Port, Profile, Site
from meterkast.console.exits import Exit

if TYPE_CHECKING:
    from meterkast.headend.renewal import EnrolmentAddress

_HEADEND_EXAMPLES = (
    "meterkast headend run --site /var/lib/meterkast --port 4059",
    "meterkast headend run --pki pki.meterkast.internal:8443",
)
_MDM_EXAMPLES = ("meterkast mdm run --site /var/lib/meterkast",)


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    headend = typer.Typer(help="The operator's ear: admits gateways, keeps, then confirms.")
    command(headend, "run", examples=_HEADEND_EXAMPLES)(run_headend)
    quarantine.add(headend)
    app.add_typer(headend, name="headend", no_args_is_help=True)
    mdm = typer.Typer(help="Meter data management: verifies, opens, validates, stores.")
    command(mdm, "run", examples=_MDM_EXAMPLES)(run_mdm)
    app.add_typer(mdm, name="mdm", no_args_is_help=True)


def run_headend(
    answer: Answer,
    site: Site = SITE,
    host: Host = "127.0.0.1",
    port: Port = 0,
    connections: Annotated[int, typer.Option(min=1, help="Most connections at one time.")] = 10_000,
    profile: Profile = PROFILE,
    responder: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Whom to ask (OCSP) about a gateway that no current list covers."),
    ] = None,
    pki: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where its own certificate is renewed (EST), by itself."),
    ] = None,
    pki_name: Annotated[
        str, typer.Option(metavar="NAME", help="DNS name that the PKI's certificate must carry.")
    ] = "pki.meterkast.internal",
) -> Exit:
    """Run the head-end as a process of its own, until it is told to stop.

    Where it listens stands in headend/endpoint.json of the state folder.
    """
    from meterkast.headend.server import HeadEndSettings
    from meterkast.headend.service import run

    settings = HeadEndSettings(
        site=site,
        host=host,
        port=port,
        connections=connections,
        profile=profile,
        responder=responder,
        pki=None if pki is None else _enrolment(pki, pki_name),
    )
    told = f"The head-end of {site} runs; {settings.endpoint} says where (Ctrl-C ends it)"
    until_stopped(lambda stop: run(settings, stop=stop), begun=lambda: answer.note(told))
    return Exit.DONE


def _enrolment(where: str, server_name: str) -> "EnrolmentAddress":
    from meterkast.headend.renewal import EnrolmentAddress

    host, port = address(where)
    return EnrolmentAddress(host=host, port=port, server_name=server_name)


def run_mdm(answer: Answer, site: Site = SITE, profile: Profile = PROFILE) -> Exit:
    """Run the intake of meter data management as a process of its own, until it is told to stop."""
    from meterkast.mdm.service import MdmSettings, run

    settings = MdmSettings(site=site, profile=profile)
    told = f"The intake of {site} runs (Ctrl-C ends it)"
    until_stopped(lambda stop: run(settings, stop=stop), begun=lambda: answer.note(told))
    return Exit.DONE
