"""What one assessor found: a level per criterion, with evidence; and how far two assessors agree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from meterkast.assurance.framework.policy import HIGHEST, Policy
from meterkast.assurance.rules.verdict import Ground
from meterkast.model.errors import DataError, LocalError


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What was found on one criterion.

    Attributes:
        level: 0 to 3, or None where it is unknown.
        evidence: what the level rests on; a level without evidence is unknown.
        veto: whether the veto of the criterion holds.
        with_measures: measures, each a claim of its own, without which the level would not be reached.
    """

    level: int | None
    evidence: tuple[Ground, ...] = ()
    veto: bool = False
    with_measures: tuple[str, ...] = ()

    @property
    def known(self) -> int | None:
        """The level as far as evidence carries it."""
        return self.level if self.evidence else None


UNKNOWN = Level(level=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The findings of one assessor on one supplier for one component.

    It holds no seat, no origin and no name of a country: ``supplier`` is an id, and nothing is read from it.
    """

    assessor: str
    supplier: str
    component: str
    levels: Mapping[str, Level]

    def of(self, criterion: str) -> Level:
        """What was found on a criterion; unknown where nothing was."""
        return self.levels.get(criterion, UNKNOWN)

    def check(self, policy: Policy) -> None:
        """Refuses what the policy does not know.

        Raises:
            DataError: ``assessment-criterion-unknown``, ``assessment-level-wrong``.
        """
        known = {criterion.id for criterion in policy.criterion}
        for criterion, found in self.levels.items():
            where = f"{self.assessor}: {self.supplier}/{self.component}: {criterion}"
            if criterion not in known:
                raise DataError(
                    "assessment-criterion-unknown", "The policy has no such criterion.", where=where
                )
            if found.level is not None and not 0 <= found.level <= HIGHEST:
                raise DataError(
                    "assessment-level-wrong", f"A level lies between 0 and {HIGHEST}.", where=where
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two assessors agree.

    Attributes:
        share: part of the criteria on which both say the same.
        kappa: Cohen's kappa, the same beyond chance; 1 where both say one and the same thing throughout.
        differing: criteria to be settled in writing.
    """

    share: float
    kappa: float
    differing: tuple[str, ...]


def agreement(policy: Policy, first: Assessment, second: Assessment) -> Agreement:
    """Compares two assessments of one supplier and component.

    Raises:
        LocalError: ``assessors-not-two`` for one assessor twice, ``assessments-differ-in-subject``.
    """
    if first.assessor == second.assessor:
        raise LocalError("assessors-not-two", "Two independent assessors are needed.", where=first.assessor)
    if (first.supplier, first.component) != (second.supplier, second.component):
        raise LocalError("assessments-differ-in-subject", "These assessments are about two different things.")
    pairs = {each.id: (_rating(first, each.id), _rating(second, each.id)) for each in policy.criterion}
    differing = tuple(criterion for criterion, (one, other) in pairs.items() if one != other)
    share = 1 - len(differing) / len(pairs)
    ones, others = (Counter(side) for side in zip(*pairs.values(), strict=True))
    chance = sum(ones[rating] * others[rating] for rating in ones) / len(pairs) ** 2
    kappa = 1.0 if chance == 1 else (share - chance) / (1 - chance)
    return Agreement(share=share, kappa=kappa, differing=differing)


def _rating(assessment: Assessment, criterion: str) -> tuple[int | None, bool]:
    found = assessment.of(criterion)
    return found.known, found.veto
