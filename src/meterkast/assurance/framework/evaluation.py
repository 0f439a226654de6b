"""The rules of the framework over a dossier on a date."""

from collections.abc import Callable, Iterator
from datetime import date

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.framework.judgement import judge
from meterkast.assurance.framework.policy import policy
from meterkast.assurance.framework.process import TRANSITIONS, State, Step
from meterkast.assurance.framework.reading import read_assessment
from meterkast.assurance.rules.book import bounded
from meterkast.assurance.rules.risk import profile
from meterkast.assurance.rules.routes import routes
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict

_SHOWN = 4
_RECOGNITION = "AW2012-3.67"


def framework_policy(_dossier: Dossier, at: date) -> Iterator[Verdict]:
    """FRAMEWORK-POLICY: the policy has its three groups and its levels, and keeps to the terms of the law."""
    used = policy()
    numbers = routes().get(_RECOGNITION).numbers
    terms = {
        "decision-months": used.decision_months,
        "refusal-reasons-days": used.refusal_reasons_days,
        "withdrawal-notice-days": used.withdrawal_notice_days,
    }
    late = [name for name, own in terms.items() if own != numbers[name]]
    faults = [finding.message for finding in used.check()] + late
    facts = [
        Ground(what="policy version", value=used.version, ref="framework.toml", confidence=used.confidence),
        Ground(what="policy digest", value=used.digest, ref="framework.toml"),
    ]
    groups_nl, groups_en = ", ".join(used.groups_nl.values()), ", ".join(used.groups_en.values())
    nl = f"versie {used.version}: {groups_nl}; termijnen van {_RECOGNITION}; geen gewichten, geen gemiddelden"
    en = f"version {used.version}: {groups_en}; terms of {_RECOGNITION}; no weights, no averages"
    if faults:
        nl, en = f"klopt niet: {', '.join(faults)}", f"does not fit: {', '.join(faults)}"
    outcome = Outcome.FAIL if faults else Outcome.PASS
    yield Verdict.of("FRAMEWORK-POLICY", used.version, outcome, facts, nl, en, at)


def framework_process(_dossier: Dossier, at: date) -> Iterator[Verdict]:
    """FRAMEWORK-PROCESS: no way leads to a verdict around assessors and reply; each can be appealed."""
    around = _reaches_decision_without(Step.ASSESS) or _reaches_decision_without(Step.SEND_DRAFT)
    appeal = all(Step.OBJECT in TRANSITIONS[state] for state in (State.DECIDED, State.PUBLISHED))
    facts = [
        Ground(what="a way around assessment or reply", value=str(around).lower()),
        Ground(what="appeal from every verdict", value=str(appeal).lower()),
    ]
    holds = appeal and not around
    nl = "elk oordeel komt na twee beoordelaars en wederhoor, en staat open voor bezwaar"
    en = "every verdict comes after two assessors and a reply, and can be objected to"
    if not holds:
        nl, en = "een weg mist beoordeling, wederhoor of bezwaar", "a way lacks assessment, reply or appeal"
    yield Verdict.of(
        "FRAMEWORK-PROCESS", "process", Outcome.PASS if holds else Outcome.FAIL, facts, nl, en, at
    )


def trusted_supplier(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """TRUSTED-SUPPLIER: each vendor for its component, as far as the dossier carries it.

    A component whose class is not settled is judged by the class that it could have at worst.
    """
    for component in dossier.components:
        for vendor in component.vendors:
            risk = profile(component).most
            found = judge(policy(), risk, read_assessment(dossier, policy(), component, vendor))
            party = dossier.party(vendor)
            others = ", ".join(found.deciding[1:])
            nl = f"{party.name('nl')} voor {component.name_nl}: {found.trust.nl}; {found.reason_nl}"
            en = f"{party.name('en')} for {component.name_en}: {found.trust}; {found.reason_en}"
            if others:
                nl, en = f"{nl} (ook: {others})", f"{en} (also: {others})"
            subject = f"{component.id}/{vendor}"
            yield Verdict.of(
                "TRUSTED-SUPPLIER", subject, found.trust.outcome, found.facts[:_SHOWN], nl, en, at
            )


EVALUATORS: dict[str, Callable[[Dossier, date], Iterator[Verdict]]] = {
    "FRAMEWORK-POLICY": framework_policy,
    "FRAMEWORK-PROCESS": framework_process,
    "TRUSTED-SUPPLIER": trusted_supplier,
}


def evaluate(dossier: Dossier, at: date) -> list[Verdict]:
    """Every verdict of this room, each as far as its rule reaches on that day."""
    return bounded(each for evaluator in EVALUATORS.values() for each in evaluator(dossier, at))


def _reaches_decision_without(step: Step) -> bool:
    seen, ahead = {State.INTAKE}, [State.INTAKE]
    while ahead:
        for taken, state in TRANSITIONS[ahead.pop()].items():
            if taken is not step and state not in seen:
                seen.add(state)
                ahead.append(state)
    return State.DECIDED in seen
