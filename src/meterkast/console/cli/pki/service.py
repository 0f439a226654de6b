"""``pki serve``: enrolment and revocation lists as a process."""

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import log_to_stderr
from meterkast.console.cli.options import PROFILE, SITE, Host, Port, Profile, Site
from meterkast.console.cli.pki.centre import centre_witness
from meterkast.console.cli.pki.opening import require_pki
from meterkast.console.exits import Exit


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "serve", examples=("meterkast pki serve --site ./site --port 8443",))(serve)


def serve(
    answer: Answer,
    site: Site = SITE,
    host: Host = "127.0.0.1",
    port: Port = 0,
    list_port: Port = 0,
    profile: Profile = PROFILE,
) -> Exit:
    """Serve enrolment (EST over TLS) and the revocation lists (HTTP), until it is told to stop."""
    from meterkast.pki.service import PkiSettings
    from meterkast.pki.service import serve as serve_pki

    require_pki(site)
    log_to_stderr()
    answer.note(f"The PKI of {site} is served (Ctrl-C ends it)")
    serve_pki(
        PkiSettings(
            folder=site / "pki",
            trust=site / "trust",
            host=host,
            port=port,
            list_port=list_port,
            profile=profile,
        ),
        witness=centre_witness(site),
    )
    return Exit.DONE
