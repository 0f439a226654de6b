"""Whether the way of buying a component fits its risk class."""

from collections.abc import Iterator
from datetime import date

from meterkast.assurance.dossier.component import Component
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Fact
from meterkast.assurance.rules.risk import Profile, method, profile
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict


def strategy(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """STRATEGY: the way of buying fits the class.

    A decision about the component whose outcome is one of the strategies of the method names the way; a fact
    ``strategy.COMPONENT.reason`` gives the reason where it deviates.
    """
    for component in dossier.components:
        yield _strategy_verdict(component, profile(component), dossier, at)


def _strategy_verdict(component: Component, found: Profile, dossier: Dossier, at: date) -> Verdict:
    rule, chosen, outcome = method(), _strategy(dossier, component), Outcome.OPEN
    name = "" if chosen is None else _plain(chosen)
    if chosen is None:
        nl, en = "geen strategie genoemd", "no strategy named"
    elif name in rule.strategies[found.most]:
        outcome, nl, en = Outcome.PASS, f"{name} past bij {found.most.nl}", f"{name} fits {found.most}"
    elif name in rule.strategies[found.least]:
        nl = f"{name} past bij {found.least.nl}, niet bij {found.most.nl}; de klasse staat niet vast"
        en = f"{name} fits {found.least}, not {found.most}; the class is not settled"
    elif dossier.facts.get(f"strategy.{component.id}.reason") is not None:
        outcome, nl, en = Outcome.FLAG, f"{name} wijkt af, met reden", f"{name} deviates, with a reason"
    else:
        outcome = Outcome.FAIL
        nl = f"{name} past niet bij {found.least.nl}, en een reden ontbreekt"
        en = f"{name} does not fit {found.least}, and no reason is given"
    return Verdict.of(
        "STRATEGY",
        component.id,
        outcome,
        (
            Ground.of(f"{component.id} strategy", chosen),
            Ground(what=f"{component.id} class", value=f"{found.least} to {found.most}"),
        ),
        f"{component.name_nl}: {nl}.",
        f"{component.name_en}: {en}.",
        at,
    )


def _strategy(dossier: Dossier, component: Component) -> Fact[str | None] | None:
    known = {name for names in method().strategies.values() for name in names}
    for decision in dossier.decisions:
        if component.id in decision.about and _plain(decision.outcome) in known:
            return decision.outcome
    return None


def _plain(fact: Fact[str | None]) -> str:
    return (fact.value or "").replace(" ", "-")
