"""Options that several commands share."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from meterkast.model import deployment
from meterkast.model.errors import LocalError

SITE = Path(".meterkast")
PROFILE = deployment.Profile.DEVELOPMENT


def day(text: str | date) -> date:
    """A local day as ``2026-03-02``."""
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it as 2026-03-02.") from None


def key(text: str | None, option: str) -> bytes | None:
    """A key from its hexadecimal form. The text itself never enters a message.

    Raises:
        LocalError: ``key-malformed``.
    """
    if text is None:
        return None
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if len(octets) not in {16, 32}:
        raise LocalError(
            "key-malformed",
            "A key is 32 or 64 hexadecimal digits.",
            where=option,
            hint="Write the digits alone, without 0x, and check that none is missing.",
        )
    return octets


Site = Annotated[Path, typer.Option("--site", help="State folder of the running system.", metavar="DIR")]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="METERKAST_KEY",
        show_envvar=True,
        metavar="HEX",
        help="Key of the meter: encryption key or user key.",
    ),
]
AuthKey = Annotated[
    str | None,
    typer.Option(
        "--auth-key",
        envvar="METERKAST_AUTH_KEY",
        show_envvar=True,
        metavar="HEX",
        help="Authentication key of the meter, where it has one.",
    ),
]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]
Profile = Annotated[
    deployment.Profile,
    typer.Option("--profile", help="What it may start with: in production no keys in plain files."),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 takes a free one.")]
Export = Annotated[
    list[str] | None,
    typer.Option(
        "--export",
        metavar="TARGET",
        help="Hands the values on; may be given several times: mqtt://HOST/PREFIX, mqtts://…, "
        "influx:FILE|-|URL, prometheus:PORT|FILE.prom, csv:FILE, parquet:FILE.",
    ),
]
