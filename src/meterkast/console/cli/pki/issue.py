"""``pki issue``: certificates for many gateways in one go."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import now, require_pki
from meterkast.console.cli.pki.options import Tenant
from meterkast.console.exits import Exit
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.pki.bulk import Gateways, Tally

_BATCH = 1000


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "meterkast pki issue --requests requests.zip --out certificates --site ./site",
        "meterkast pki issue --load-test 2000 --site ./try",
    )
    command(group, "issue", examples=examples)(issue)


def issue(
    answer: Answer,
    requests: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Folder or zip archive of TITLE.PURPOSE.csr.", exists=True),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where TITLE.PURPOSE.crt.pem are written.")
    ] = None,
    load_test: Annotated[
        int | None,
        typer.Option(min=1, help="So many invented gateways; their keys are thrown away at once."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Gateways in one transaction.")] = _BATCH,
    site: Site = SITE,
    operator: Tenant = None,
    profile: Profile = PROFILE,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> Exit:
    """Put many gateways on the inventory and issue to the requests that their maker hands in.

    The operator vouches that the requests come from its gateways; each proves its own key. A run that was
    ended goes on where it stopped when it is started again. It ends with 1 where requests were refused.
    """
    from meterkast.console.cli.pki.witnesses import log_of, witness
    from meterkast.console.cli.progress import counted
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.authority import Authority
    from meterkast.pki.bulk import issue_to
    from meterkast.pki.tenants import trust_of

    require_pki(site)
    gateways = _gateways(requests, out, load_test)
    pki, trust, log = site / "pki", TrustFolder(site / "trust"), log_of(site, profile)
    own, shown = trust_of(pki, trust, operator), witness(site, log)
    authority = Authority(pki, own, operator=operator, profile=profile, witness=shown)
    with counted("gateways", len(gateways), quiet=quiet) as watch:
        tally = issue_to(
            gateways,
            authority,
            publish=lambda: log.publish(now()) if log else None,
            clock=now,
            batch=batch,
            on_progress=watch,
        )
    _tell(answer, tally)
    return Exit.FAILED if tally.refused else Exit.DONE


def _gateways(requests: Path | None, out: Path | None, load_test: int | None) -> "Gateways":
    from meterkast.pki.bulk import InventedGateways, RequestFolder

    if load_test is not None and requests is None and out is None:
        return InventedGateways(load_test)
    if requests is None or out is None or load_test is not None:
        hint = "Give --requests PATH and --out DIR, or --load-test N."
        raise LocalError("bulk-gateways-unsaid", "To which gateways?", hint=hint)
    return RequestFolder(requests, out)


def _tell(answer: Answer, tally: "Tally") -> None:
    seconds = {what: round(spent, 3) for what, spent in tally.seconds.items()}
    spent = tally.seconds["issuing"] + tally.seconds["publishing"]
    rate = tally.certificates / spent if spent else 0.0
    refusals: list[dict[str, Any]] = [
        {"gateway": title, "purpose": purpose, "code": code} for title, purpose, code in tally.examples
    ]
    answer.document(
        {
            "gateways": tally.gateways,
            "skipped": tally.skipped,
            "certificates": tally.certificates,
            "refused": dict(tally.refused),
            "refusals": refusals,
            "seconds": seconds,
            "certificates_per_second": round(rate, 1),
        }
    )
    answer.text(f"{tally.gateways} gateways, {tally.skipped} of which had everything before")
    answer.text(f"{tally.certificates} certificates, {rate:.0f} a second")
    for code, count in tally.refused.most_common():
        answer.text(f"{count} requests refused: {code}")
    for each in refusals:
        answer.text(f"  {each['gateway']}  {each['purpose']}  {each['code']}")
