"""Proving: runs the probes on a running street, signs what they saw, and keeps it."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from meterkast.assurance.case.claim import Claim, load_claims
from meterkast.assurance.case.evaluation import evaluated
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.reference import Kind, Reference
from meterkast.assurance.case.sources import Sources
from meterkast.assurance.case.standing import Standing, status
from meterkast.assurance.case.statement import TOOL, VALID_SECONDS, Predicate, Statement
from meterkast.assurance.evidence import verdict
from meterkast.assurance.probes import PROBES
from meterkast.assurance.probes.rounds import Sighting, observe
from meterkast.model.errors import DataError
from meterkast.street.state import ClaimState, StreetSettings
from meterkast.street.street import Street

_log = logging.getLogger("meterkast.assurance")

Progress = Callable[[str], None]

FIRST = ("module-has-no-switch", "nobody-reads-along", "data-path-avoids-module")
"""The claims that a demonstration proves; the whole case takes a minute or more."""


async def prove(
    street: Street,
    *,
    only: Sequence[str] = (),
    on_progress: Progress = _log.info,
    site: Path | None = None,
) -> list[ClaimState]:
    """Proves claims on a running street, and against the mutants beside it.

    Args:
        street: built, with at least one day lived.
        only: ids of the claims to prove; all where it is empty.
        on_progress: told in one sentence what is looked at.
        site: state folder that keeps the evidence; the street's own where it is None.

    Raises:
        DataError: ``claim-unknown`` for an id that is no claim's.
        TrustError: the evidence that is there was tampered with.
    """
    claims = chosen(only)
    keeper = street.settings.site if site is None else site
    record, standing = Record(keeper), Standing.at(keeper)
    seen = await observe(street, [PROBES[claim.probe] for claim in claims], on_progress=on_progress)
    run_id = uuid.uuid4().hex
    statements = [
        _observed(sighting, standing.sources, seed=street.settings.seed, run_id=run_id) for sighting in seen
    ]
    record.append(*statements, *evaluated(standing, run_id), at=time.time())
    return status(keeper)


async def prove_first(street: Street) -> list[ClaimState]:
    """Proves the first three claims on a running street, and tells how these stand; raises as ``prove``."""
    return [state for state in await prove(street, only=FIRST) if state.id in FIRST]


async def run(site: Path, *, only: Sequence[str] = (), on_progress: Progress = _log.info) -> list[ClaimState]:
    """Stands up a small street of its own, proves the claims on it, and records the evidence in ``site``.

    Raises:
        DataError, TrustError: as ``prove``.
    """
    chosen(only)
    Record(site).entries()
    street = Street(StreetSettings(homes=2, days=1, site=site / "assurance" / "street"))
    try:
        on_progress("standing up a street of 2 homes")
        await street.build()
        await street.live_day()
        return await prove(street, only=only, on_progress=on_progress, site=site)
    finally:
        await street.close()


def chosen(only: Sequence[str]) -> list[Claim]:
    """The claims that a probe proves: those that are asked for, in their order.

    Raises:
        DataError: ``claim-unknown``.
    """
    claims = load_claims()
    known = [claim.id for claim in claims]
    unknown = [each for each in only if each not in known]
    if unknown:
        raise DataError(
            "claim-unknown",
            f"There is no claim {unknown[0]!r} that a probe proves.",
            hint=f"Choose from {', '.join(known)}.",
        )
    return [claim for claim in claims if not only or claim.id in only]


def _observed(sighting: Sighting, sources: Sources, *, seed: int, run_id: str) -> Statement:
    """What a probe saw, on the genuine target and on every mutant."""
    reference = Reference(Kind.PROBE, sighting.probe.name)
    said = verdict(sighting.genuine, sighting.mutants)
    seen = {
        name: {"holds": each.holds, "observed": each.observed, "detail": each.detail}
        for name, each in (("genuine", sighting.genuine), *sighting.mutants.items())
    }
    caught = [name for name, each in sighting.mutants.items() if each.observed and not each.holds]
    survived = [name for name in sighting.mutants if name not in caught]
    words = [sighting.genuine.detail]
    words += [f"caught: {', '.join(caught)}"] if caught else []
    words += [f"SURVIVED: {', '.join(survived)}"] if survived else []
    return Statement(
        reference=reference,
        predicate=Predicate.TEST,
        verdict=said,
        subjects=sources.subjects(reference),
        started=sighting.started,
        finished=sighting.finished,
        valid_until=sighting.finished + VALID_SECONDS,
        tool=TOOL,
        run=run_id,
        body={
            "result": "PASSED" if said == "proven" else "FAILED",
            "configuration": [],
            "passedTests": [*(["genuine"] if sighting.genuine.holds else []), *caught],
            "failedTests": [*([] if sighting.genuine.holds else ["genuine"]), *survived],
        },
        own={
            "seed": seed,
            "genuine": seen.pop("genuine"),
            "mutants": seen,
            "detail": "; ".join(words),
        },
    )
