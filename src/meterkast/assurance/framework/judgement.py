"""The verdict on a supplier for a component: no weights, no averages; one fact decides and is named."""

from dataclasses import dataclass
from enum import StrEnum

from meterkast.assurance.framework.assessment import Assessment
from meterkast.assurance.framework.policy import Criterion, Policy
from meterkast.assurance.rules.risk import RiskClass
from meterkast.assurance.rules.verdict import Ground, Outcome


class Trust(StrEnum):
    """What the framework can say."""

    NOT_TRUSTED = "not-trusted"
    UNDECIDED = "undecided"
    WITH_MEASURES = "trusted-with-measures"
    TRUSTED = "trusted"

    @property
    def outcome(self) -> Outcome:
        """The same, as rules say it."""
        return _OUTCOMES[self]

    @property
    def nl(self) -> str:
        """The words in Dutch."""
        return _DUTCH[self]


_OUTCOMES = {
    Trust.NOT_TRUSTED: Outcome.FAIL,
    Trust.UNDECIDED: Outcome.OPEN,
    Trust.WITH_MEASURES: Outcome.FLAG,
    Trust.TRUSTED: Outcome.PASS,
}
_DUTCH = {
    Trust.NOT_TRUSTED: "niet vertrouwd",
    Trust.UNDECIDED: "onbeslist",
    Trust.WITH_MEASURES: "vertrouwd met maatregelen",
    Trust.TRUSTED: "vertrouwd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its reasons.

    Attributes:
        deciding: the criteria that decide, in the order of the policy; none where all are met.
        facts: the evidence of the deciding criteria, then that of the others.
        measures: what has to stay in place.
        policy: version and digest of the policy that it was made with.
    """

    trust: Trust
    deciding: tuple[str, ...]
    facts: tuple[Ground, ...]
    measures: tuple[str, ...]
    policy: str
    reason_nl: str
    reason_en: str


def judge(policy: Policy, risk: RiskClass, assessment: Assessment) -> Judgement:
    """Judges an assessment by a policy, for a component of a risk class.

    A veto decides first, then what is unknown, then what is below the required level. The same assessment and
    the same version always give the same verdict.

    Raises:
        DataError: as ``Assessment.check`` does.
    """
    assessment.check(policy)
    found = {each: assessment.of(each.id) for each in policy.criterion}
    vetoed = [each for each, level in found.items() if level.veto]
    unknown = [each for each, level in found.items() if level.known is None]
    below = [
        each
        for each, level in found.items()
        if level.known is not None and level.known < policy.least(risk, each.id)
    ]
    measured = [each for each, level in found.items() if level.with_measures]
    if vetoed:
        trust, deciding = Trust.NOT_TRUSTED, vetoed
        nl, en = vetoed[0].veto_nl, vetoed[0].veto_en
    elif unknown:
        trust, deciding = Trust.UNDECIDED, unknown
        nl, en = f"onbekend: {unknown[0].text_nl}", f"unknown: {unknown[0].text_en}"
    elif below:
        trust, deciding = Trust.NOT_TRUSTED, below
        level, least = found[below[0]].known, policy.least(risk, below[0].id)
        nl = f"{below[0].text_nl}: niveau {level}, nodig {least}"
        en = f"{below[0].text_en}: level {level}, needed {least}"
    elif measured:
        trust, deciding = Trust.WITH_MEASURES, measured
        nl, en = f"met maatregelen voor: {measured[0].text_nl}", f"with measures for: {measured[0].text_en}"
    else:
        trust, deciding = Trust.TRUSTED, []
        nl, en = "aan elk criterium is voldaan", "every criterion is met"
    return Judgement(
        trust=trust,
        deciding=tuple(each.id for each in deciding),
        facts=_facts(assessment, deciding, policy),
        measures=tuple(measure for each in measured for measure in found[each].with_measures),
        policy=f"{policy.version} {policy.digest}",
        reason_nl=nl,
        reason_en=en,
    )


def _facts(assessment: Assessment, deciding: list[Criterion], policy: Policy) -> tuple[Ground, ...]:
    ordered = [*deciding, *(each for each in policy.criterion if each not in deciding)]
    facts: list[Ground] = []
    for criterion in ordered:
        evidence = assessment.of(criterion.id).evidence
        facts += evidence or (Ground.at(f"{assessment.supplier} {criterion.id}", None),)
    return tuple(facts)
