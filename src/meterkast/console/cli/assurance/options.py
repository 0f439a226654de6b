"""Options that the commands of the case share."""

from pathlib import Path
from typing import Annotated

import typer

from meterkast.console.language import Language

Lang = Annotated[Language, typer.Option("--lang", help="Language of the sentences.")]
Dossier = Annotated[
    Path | None, typer.Option("--dossier", metavar="DIR", help="Another dossier than the packaged one.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file, not to the terminal."),
]
