"""All commands of ``meterkast``, in the order in which a newcomer meets them."""

import typer

from meterkast.console.cli import (
    access,
    assurance,
    centre,
    continuity,
    demo,
    devices,
    explain,
    gateway,
    importing,
    pki,
    read,
    readings,
    tender,
    version,
)

app = typer.Typer(
    name="meterkast",
    help="The Dutch smart-meter chain, open: from the register in the meter to the operator's books.",
    epilog="Start with: meterkast demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

demo.add(app)
explain.add(app)
importing.add(app)
read.add(app)
readings.add(app)
access.add(app)
assurance.add(app)
continuity.add(app)
tender.add(app)
centre.add(app)
pki.add(app)
devices.add(app)
gateway.add(app)
version.add(app)
