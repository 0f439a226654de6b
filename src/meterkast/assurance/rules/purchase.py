"""What the buyers bound themselves to: joint purchase, terms, options, directives, duties of a provider."""

from collections.abc import Iterator, Sequence
from datetime import date

from meterkast.assurance.dossier.contract import Contract
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Fact
from meterkast.assurance.dossier.party import Role
from meterkast.assurance.dossier.record import Decision
from meterkast.assurance.rules.routes import routes
from meterkast.assurance.rules.verdict import UNKNOWN, Ground, Outcome, Verdict

FRESH_DAYS = 365
"""How old the risk assessment may be when an option is used (proposal of this project)."""

_PROVIDER_DUTIES = ("EW", "CBW-21", "WWKE-15A")


def joint_purchase(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """JOINT-PURCHASE: the units of the operators together are the units of the joint award."""
    for contract in dossier.contracts:
        told = contract.units_of_operator
        missing = [operator for operator in contract.operators if operator not in told]
        total = sum(fact.value for fact in told.values())
        if missing:
            outcome, nl, en = Outcome.OPEN, "aantal niet genoemd", "quantity not told"
            nl, en = f"{nl}: {', '.join(missing)}", f"{en}: {', '.join(missing)}"
        elif total != contract.units.value:
            outcome = Outcome.FAIL
            nl = f"de netbeheerders komen samen op {total}, de gunning op {contract.units.value}"
            en = f"the operators add up to {total}, the award to {contract.units.value}"
        else:
            outcome, nl, en = Outcome.PASS, f"samen {total} eenheden", f"{total} units together"
        facts = tuple(
            Ground(what=f"{contract.id} units of {operator}", value=UNKNOWN) for operator in missing
        )
        facts = (*facts, Ground.of(f"{contract.id} units", contract.units))
        yield Verdict.of("JOINT-PURCHASE", contract.id, outcome, facts, nl, en, at)


def expiries(contract: Contract, start: date) -> dict[int, date]:
    """The day on which the agreement ends, for every term that it can have, in years."""
    return {years: _years_later(start, years) for years in contract.terms_years}


def contract_term(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """CONTRACT-TERM: for each operator the terms are known, and the day on which each of them ends.

    The start is the fact ``start.CONTRACT.OPERATOR``.
    """
    for contract in dossier.contracts:
        years = ", ".join(str(term) for term in contract.terms_years)
        for operator in contract.operators:
            start = dossier.facts.get(f"start.{contract.id}.{operator}")
            subject = f"{contract.id}/{operator}"
            facts = (
                Ground.of(f"{subject} start", start),
                Ground.of(f"{contract.id} term", contract.term_years),
                Ground.of(f"{contract.id} options", contract.options),
            )
            if start is None or not isinstance(start.value, date):
                nl = f"loopt {years} jaar; het begin is niet genoemd, dus geen einddag"
                en = f"runs {years} years; the start is not told, so there is no last day"
                yield Verdict.of("CONTRACT-TERM", subject, Outcome.OPEN, facts, nl, en, at)
            else:
                ends = [day for day in expiries(contract, start.value).values() if day > at]
                nl = f"loopt {years} jaar; eindigt op {ends[0]}" if ends else "is afgelopen"
                en = f"runs {years} years; ends on {ends[0]}" if ends else "has ended"
                outcome = Outcome.PASS if ends else Outcome.FAIL
                yield Verdict.of("CONTRACT-TERM", subject, outcome, facts, nl, en, at)


def option(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """OPTION: no operator prolongs on a risk assessment older than a year; pending while nobody decided.

    The day of an assessment is the fact ``held.ANALYSIS``.
    """
    for contract in dossier.contracts:
        decision = _about(dossier, "prolong", contract.id)
        assessed = [
            dossier.facts[f"held.{analysis.id}"]
            for analysis in dossier.analyses
            if analysis.done.value
            and contract.id in analysis.about
            and f"held.{analysis.id}" in dossier.facts
        ]
        yield prolongation(contract.id, decision, assessed, at)


def prolongation(
    contract: str, decision: Decision | None, assessed: Sequence[Fact[object]], at: date
) -> Verdict:
    """OPTION for one contract: the decision to prolong, and the days of its risk assessments."""
    made = Ground.of(f"{contract} option", None if decision is None else decision.outcome)
    if decision is None or decision.outcome.value is None or decision.decided_at is None:
        nl, en = "over verlengen is niet beslist", "nobody decided to prolong"
        return Verdict.of("OPTION", contract, Outcome.PENDING, (made,), nl, en, at)
    held = [fact.value for fact in assessed if isinstance(fact.value, date)]
    days = [day for day in held if day <= decision.decided_at]
    latest = max(days, default=None)
    facts = (Ground.at(f"{contract} risk assessment", latest), made)
    if latest is None:
        nl, en = "verlengd zonder gedateerde risicobeoordeling", "prolonged without a dated risk assessment"
        return Verdict.of("OPTION", contract, Outcome.FAIL, facts, nl, en, at)
    if (decision.decided_at - latest).days > FRESH_DAYS:
        nl, en = (
            f"de risicobeoordeling van {latest} is verouderd",
            f"the risk assessment of {latest} is stale",
        )
        return Verdict.of("OPTION", contract, Outcome.FAIL, facts, nl, en, at)
    nl, en = f"verlengd op een beoordeling van {latest}", f"prolonged on an assessment of {latest}"
    return Verdict.of("OPTION", contract, Outcome.PASS, facts, nl, en, at)


def directive(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """DIRECTIVE: what a minister orders is done by its deadline.

    Deadline and fulfilment are the facts ``directive.ID.deadline`` and ``directive.ID.done``.
    """
    for decision in dossier.decisions:
        if "directive" not in decision.id:
            continue
        given = Ground.of(decision.id, decision.outcome)
        done, deadline = (
            dossier.facts.get(f"directive.{decision.id}.{name}") for name in ("done", "deadline")
        )
        facts = [Ground.of("done", done), Ground.of("deadline", deadline), given]
        if decision.outcome.value is None:
            outcome, nl, en = Outcome.PENDING, "geen opdracht bekend", "no order known"
            facts = [given]
        elif done is not None and done.value:
            outcome, nl, en = Outcome.PASS, "uitgevoerd", "carried out"
        elif deadline is None or not isinstance(deadline.value, date):
            outcome, nl, en = Outcome.OPEN, "zonder termijn", "without a deadline"
        elif at > deadline.value:
            outcome, nl, en = (
                Outcome.FAIL,
                f"niet uitgevoerd op {deadline.value}",
                f"not done by {deadline.value}",
            )
        else:
            outcome, nl, en = Outcome.PENDING, f"loopt tot {deadline.value}", f"runs until {deadline.value}"
        yield Verdict.of("DIRECTIVE", decision.id, outcome, facts, nl, en, at)


def vital_provider(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """VITAL-PROVIDER: the duties that an operator has on the date, because it is a vital provider."""
    for party in dossier.parties:
        if Role.OPERATOR not in party.roles:
            continue
        named = Role.VITAL_PROVIDER in party.roles
        duties = [(routes().get(id), routes().get(id).status(at)) for id in _PROVIDER_DUTIES] if named else []
        told_nl = "; ".join(f"{route.law_nl}: {status.nl}" for route, status in duties if status)
        told_en = "; ".join(f"{route.law_en}: {status.en}" for route, status in duties if status)
        yield Verdict.of(
            "VITAL-PROVIDER",
            party.id,
            Outcome.PASS if named else Outcome.OPEN,
            (Ground(what=f"{party.id} role", value="vital-provider" if named else UNKNOWN),),
            f"{party.name('nl')}, {told_nl or 'niet als vitale aanbieder genoemd'}",
            f"{party.name('en')}, {told_en or 'not named a vital provider'}",
            at,
        )


def _about(dossier: Dossier, kind: str, subject: str) -> Decision | None:
    return next((each for each in dossier.decisions if kind in each.id and subject in each.about), None)


def _years_later(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, month=3, day=1)
