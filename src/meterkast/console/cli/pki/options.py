"""Options that several commands of ``meterkast pki`` share."""

from typing import Annotated

import typer

Tenant = Annotated[
    str | None,
    typer.Option("--operator", metavar="NAME", help="Whose part of the PKI; else the founder's."),
]
