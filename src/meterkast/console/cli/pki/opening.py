"""Opening the PKI of a site that a command names."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.options import PROFILE
from meterkast.console.cli.pki.witnesses import witness_when_issuing
from meterkast.model import deployment
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.pki.authority import Authority
    from meterkast.pki.site import Site
    from meterkast.pki.tenants import Tenants

OPERATOR = "stadsnet"

Operator = Annotated[str, typer.Option(metavar="NAME", help="Whose site it is.")]


def authority_of(
    site: Path, operator: str | None = None, profile: deployment.Profile = PROFILE
) -> "Authority":
    """The authority of an operator of the site.

    Args:
        site: the state folder.
        operator: whose; None for the founder's.
        profile: what it may start with; in production no keys in plain files.

    Raises:
        LocalError: ``site-without-pki``, ``pki-tenant-unknown``.
        MeterkastError: as ``Authority``.
    """
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.authority import Authority
    from meterkast.pki.tenants import trust_of

    require_pki(site)
    pki, trust = site / "pki", TrustFolder(site / "trust")
    own = trust_of(pki, trust, operator)
    shown = witness_when_issuing(site, profile)
    return Authority(pki, own, operator=operator, profile=profile, witness=shown)


def tenants_of(site: Path, profile: deployment.Profile = PROFILE) -> "Tenants":
    """All operators of the site; raises as ``authority_of`` does."""
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.tenants import Tenants

    require_pki(site)
    shown = witness_when_issuing(site, profile)
    return Tenants(site / "pki", TrustFolder(site / "trust"), profile=profile, witness=shown)


def site_of(site: Path, operator: str | None = None, profile: deployment.Profile = PROFILE) -> "Site":
    """The site with its maker of gateways, as an operator's; arguments and errors as of ``authority_of``."""
    from meterkast.pki.site import Site

    require_pki(site)
    return Site(site, operator=operator, profile=profile)


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
