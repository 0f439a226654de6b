"""Evaluation: what rules, models and the finder of gaps give for a case, computed now and signed."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from meterkast.assurance.case.computed import COMPUTED, GROUNDS
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.standing import Standing
from meterkast.assurance.case.statement import TOOL, VALID_SECONDS, Predicate, Statement


def refresh(site: Path, *, dossier: Path | None = None) -> int:
    """Computes rules, models and gaps anew and signs what they give, without a street.

    Returns:
        How many computations were signed.

    Raises:
        DataError, TrustError: a file is not what it should be, or the evidence was tampered with.
    """
    statements = list(evaluated(Standing.at(site, dossier=dossier), uuid.uuid4().hex))
    Record(site).append(*statements, at=time.time())
    return len(statements)


def evaluated(standing: Standing, run_id: str) -> Iterator[Statement]:
    """What rules, models and the finder of gaps give for everything the case leans on."""
    wanted = {
        reference: None
        for claim in standing.case.claims.values()
        for reference in claim.references()
        if reference.kind in COMPUTED
    }
    for reference in wanted:
        started = time.time()
        computation = standing.sources.compute(reference)
        finished = time.time()
        outcome = computation.outcome
        if outcome.found:
            yield Statement(
                reference=reference,
                predicate=Predicate.EVALUATION,
                verdict=outcome.status.value,
                subjects=computation.subjects | standing.sources.subjects(reference),
                started=started,
                finished=finished,
                valid_until=finished + VALID_SECONDS,
                tool=TOOL,
                policy=standing.sources.day.isoformat(),
                run=run_id,
                own={"nl": outcome.nl, "en": outcome.en, GROUNDS: dict(computation.grounds)},
            )
