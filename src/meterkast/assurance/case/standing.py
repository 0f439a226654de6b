"""How a case stands for a site: its claims, its evidence and its dossier, brought together and judged."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from meterkast.assurance import dossier as dossiers
from meterkast.assurance.case.claim import DOSSIER, Argumentation, load_case, load_claims, read_case
from meterkast.assurance.case.judgement import Judgement, judge
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.sources import Sources
from meterkast.assurance.case.status import Status
from meterkast.model.errors import DataError
from meterkast.street.state import ClaimState

CASE_FILE = "case.toml"


@dataclass(frozen=True)
class Standing:
    """A case with everything that it is judged by."""

    case: Argumentation
    sources: Sources

    @classmethod
    def at(
        cls,
        site: Path,
        *,
        dossier: Path | None = None,
        now: float | None = None,
        known_at: float | None = None,
    ) -> "Standing":
        """The case of a site.

        Args:
            site: state folder with the evidence.
            dossier: folder of another dossier, with its ``case.toml`` in a folder ``case`` inside; None takes
                the packaged one.
            now: Unix seconds; the system's where it is None.
            known_at: the same; the case as it was known then.

        Raises:
            DataError, TrustError: a file is not what it should be, or the evidence was tampered with.
        """
        case = load_case(DOSSIER) if dossier is None else _case_in(dossier)
        facts = dossiers.load(dossier)
        sources = Sources(
            case,
            facts,
            Record(site).entries(),
            now=time.time() if now is None else now,
            known_at=known_at,
        )
        return cls(case, sources)

    @cached_property
    def judged(self) -> Mapping[str, Judgement]:
        """Every claim, judged."""
        return judge(self.case, self.sources)

    def resolve(self, reference: Reference) -> Outcome:
        """What a reference leads to, a claim among them."""
        if reference.kind is not Kind.CLAIM:
            return self.sources(reference)
        judgement = self.judged.get(reference.name)
        if judgement is None:
            return Outcome(
                reference=reference, found=False, status=Status.OPEN, reason="there is no such claim"
            )
        return Outcome(
            reference=reference,
            found=True,
            status=judgement.status,
            nl=judgement.claim.nl,
            en=judgement.claim.en,
            where=f"meterkast assurance status {reference.name}",
            at=judgement.at,
            reason=", ".join(judgement.because),
        )

    def state(self, claim: str) -> ClaimState:
        """One claim as everybody outside this room sees it."""
        judgement = judge(self.case, self.sources, [claim])[claim]
        words = [each.en for each in judgement.outcomes if each.found and each.en]
        words += [each.reason for each in judgement.outcomes if each.found and each.reason]
        return ClaimState(
            id=claim,
            status=judgement.status.value,
            text_nl=judgement.claim.nl,
            text_en=judgement.claim.en,
            proven_at=judgement.at,
            detail="; ".join(words),
        )


def status(site: Path) -> list[ClaimState]:
    """How every claim that a probe proves stands today, by the evidence of this site.

    Raises:
        DataError, TrustError: as ``Standing.at``.
    """
    standing = Standing.at(site)
    return [standing.state(claim.id) for claim in load_claims()]


def _case_in(folder: Path) -> Argumentation:
    path = folder / "case" / CASE_FILE
    try:
        return read_case(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise DataError(
            "case-unreadable", "The case of this dossier cannot be read.", where=str(path)
        ) from error
