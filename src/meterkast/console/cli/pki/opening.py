"""Opening the PKI of a site that a command names."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.pki.witnesses import log_of, witness
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.pki.authority import Authority
    from meterkast.pki.site import Site

OPERATOR = "stadsnet"

Operator = Annotated[str, typer.Option(metavar="NAME", help="Whose site it is.")]


def authority_of(site: Path) -> "Authority":
    """The authority of the site.

    Raises:
        LocalError: ``site-without-pki``.
    """
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.authority import Authority

    require_pki(site)
    return Authority(site / "pki", TrustFolder(site / "trust"), witness=witness(site, log_of(site)))


def site_of(site: Path, operator: str) -> "Site":
    """The site with its maker of gateways; raises as ``authority_of`` does."""
    from meterkast.pki.site import Site

    require_pki(site)
    return Site(site, operator=operator)


def require_pki(site: Path) -> None:
    """Returns where the state folder has a PKI; raises as ``authority_of`` does."""
    if not (site / "pki").is_dir():
        raise LocalError(
            "site-without-pki",
            "There is no PKI in this state folder.",
            where=str(site),
            hint="Found one with `meterkast pki create`, or give another --site.",
        )


def now() -> datetime:
    """Real time, in which certificates live."""
    return datetime.now(UTC)
