"""The folder of a gateway, as the commands for people at one take it."""

from pathlib import Path
from typing import Annotated

import typer

from meterkast.model.errors import DataError

Folder = Annotated[Path, typer.Argument(metavar="GATEWAY", help="The gateway's folder.")]


def existing(gateway: Path) -> Path:
    """The folder; DataError ``gateway-folder-missing`` where there is none."""
    if not gateway.is_dir():
        raise DataError(
            "gateway-folder-missing",
            "There is no such folder.",
            where=str(gateway),
            hint="Give the folder that holds the gateway's gateway.toml or keystore.",
        )
    return gateway
