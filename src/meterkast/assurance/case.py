"""The case: proves the claims on a running street, records the evidence, and says how the claims stand."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from meterkast.assurance.claim import Claim, load_claims
from meterkast.assurance.evidence import Evidence, EvidenceFile, status_of, subject_digest
from meterkast.assurance.probe import Probe
from meterkast.assurance.probes import PROBES
from meterkast.model.errors import DataError
from meterkast.street.home import Home
from meterkast.street.parts import Parts
from meterkast.street.state import ClaimState, StreetSettings
from meterkast.street.street import Street

_log = logging.getLogger("meterkast.assurance")

Progress = Callable[[str], None]


async def prove(
    street: Street, *, only: Sequence[str] = (), on_progress: Progress = _log.info
) -> list[ClaimState]:
    """Proves claims on the first home of a running street, and against the mutants beside it.

    The evidence goes into the street's state folder.

    Args:
        street: built, with at least one day lived.
        only: ids of the claims to prove; all where it is empty.
        on_progress: told in one sentence what is looked at.

    Raises:
        DataError: ``claim-unknown`` for an id that is no claim's.
    """
    claims = _chosen(only)
    record = EvidenceFile(street.settings.site)
    probes = [PROBES[claim.probe] for claim in claims]
    ground = _proving_ground(street, probes)
    try:
        on_progress("building the proving ground with its mutants")
        await ground.build()
        await ground.live_day()
        homes = iter(ground.homes)
        for claim, probe in zip(claims, probes, strict=True):
            on_progress(f"proving {claim.id}")
            mutants = [next(homes) for _ in probe.mutants]
            record.append(await _evidence(claim, probe, street, ground, mutants))
    finally:
        await ground.close()
    return status(street.settings.site)


async def run(site: Path, *, only: Sequence[str] = (), on_progress: Progress = _log.info) -> list[ClaimState]:
    """Stands up a small street of its own, proves the claims on it, and records the evidence in ``site``.

    Raises:
        DataError: ``claim-unknown``.
    """
    _chosen(only)
    folder = site / "assurance" / "street"
    street = Street(StreetSettings(homes=2, days=1, site=folder))
    try:
        on_progress("standing up a street of 2 homes")
        await street.build()
        await street.live_day()
        await prove(street, only=only, on_progress=on_progress)
    finally:
        await street.close()
    record = EvidenceFile(site)
    for evidence in EvidenceFile(folder).latest().values():
        record.append(evidence)
    return status(site)


def status(site: Path) -> list[ClaimState]:
    """How every claim stands today, by the evidence of this site.

    Raises:
        DataError: ``evidence-malformed``.
    """
    latest = EvidenceFile(site).latest()
    now = time.time()
    states = []
    for claim in load_claims():
        evidence = latest.get(claim.id)
        states.append(
            ClaimState(
                id=claim.id,
                status=status_of(evidence, subject_digest(claim), now),
                text_nl=claim.nl,
                text_en=claim.en,
                proven_at=evidence.finished if evidence else None,
                detail=_detail(evidence),
            )
        )
    return states


async def _evidence(
    claim: Claim, probe: Probe, street: Street, ground: Street, mutants: Sequence[Home]
) -> Evidence:
    started = time.time()
    genuine, *seen = await asyncio.gather(
        probe.look(street, street.homes[0]), *(probe.look(ground, home) for home in mutants)
    )
    return Evidence(
        claim=claim.id,
        probe=probe.name,
        subject=subject_digest(claim),
        seed=street.settings.seed,
        started=started,
        finished=time.time(),
        genuine=genuine,
        mutants={parts.name: each for parts, each in zip(probe.mutants, seen, strict=True)},
    )


def _proving_ground(street: Street, probes: Sequence[Probe]) -> Street:
    """A chain of its own, with one home for each mutant and real processes behind them."""
    parts: list[Parts] = [mutant() for probe in probes for mutant in probe.mutants]
    settings = street.settings
    return Street(
        StreetSettings(
            homes=len(parts),
            days=1,
            seed=settings.seed,
            start=settings.start,
            site=settings.site / "proving-ground",
            confine=settings.confine,
        ),
        parts=parts.__getitem__,
    )


def _chosen(only: Sequence[str]) -> list[Claim]:
    claims = load_claims()
    known = [claim.id for claim in claims]
    unknown = [each for each in only if each not in known]
    if unknown:
        raise DataError(
            "claim-unknown", f"There is no claim {unknown[0]!r}.", hint=f"Choose from {', '.join(known)}."
        )
    return [claim for claim in claims if not only or claim.id in only]


def _detail(evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    caught = [name for name, seen in evidence.mutants.items() if not seen.holds]
    survived = [name for name in evidence.mutants if name not in caught]
    parts = [evidence.genuine.detail]
    if caught:
        parts.append(f"caught: {', '.join(caught)}")
    if survived:
        parts.append(f"SURVIVED: {', '.join(survived)}")
    return "; ".join(parts)
