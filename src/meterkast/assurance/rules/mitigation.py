"""Measures against the risks of a component, and the risk that is left after them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from meterkast.assurance.dossier.component import Component
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.rules.risk import Profile, RiskClass, method, profile
from meterkast.assurance.rules.verdict import UNKNOWN, Ground, Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigation:
    """A measure against a risk.

    Attributes:
        family: one of the families of the method.
        owner: who carries it, an operator or the State; empty where nobody does.
        tested: day of the last test; None where it never was.
        valid_to: first day on which the test no longer counts.
    """

    id: str
    component: str
    family: str
    owner: str
    tested: date | None = None
    valid_to: date | None = None

    def counts(self, at: date) -> bool:
        """Whether it is owned, was tested, and the test still holds."""
        if not self.owner or self.tested is None or self.tested > at:
            return False
        return self.valid_to is None or at < self.valid_to


def residual(found: Profile, mitigations: Sequence[Mitigation], at: date) -> RiskClass:
    """The class that is left: one lower where every family has a measure that counts."""
    mine = [each for each in mitigations if each.component == found.component and each.counts(at)]
    if not set(method().families) <= {each.family for each in mine}:
        return found.most
    return list(RiskClass)[max(0, found.most.level - 1)]


def acceptance(
    component: Component, mitigations: Sequence[Mitigation], at: date, criterion: RiskClass | None = None
) -> Verdict:
    """RISK-ACCEPT for one component: the residual class must not lie above the criterion."""
    found, allowed = profile(component), criterion or method().criterion
    left = residual(found, mitigations, at)
    named = any(each.component == component.id for each in mitigations)
    facts = [
        Ground(what=f"{component.id} residual", value=left.value),
        Ground(what="criterion", value=allowed.value, ref="risk.toml", confidence=method().confidence),
    ]
    if left.level <= allowed.level:
        outcome, nl, en = Outcome.PASS, "aanvaardbaar", "acceptable"
    elif named and found.settled:
        outcome, nl, en = Outcome.FAIL, "te hoog", "too high"
    else:
        outcome, nl, en = (
            Outcome.OPEN,
            "niet vast te stellen, te weinig verteld",
            "cannot be settled, too little told",
        )
    nl = f"{component.name_nl}: restrisico {left.nl}, toegestaan {allowed.nl}; {nl}"
    en = f"{component.name_en}: residual {left}, allowed {allowed}; {en}"
    return Verdict.of("RISK-ACCEPT", component.id, outcome, facts, nl, en, at)


def risk_accept(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """RISK-ACCEPT: of every component, with the measures that the dossier records."""
    for component in dossier.components:
        yield acceptance(component, recorded(dossier), at)


def mitigation_families(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """MITIGATIONS: each family has a tested measure for each component."""
    families = method().families
    for component in dossier.components:
        mine = [each for each in recorded(dossier) if each.component == component.id and each.counts(at)]
        missing = [family for family in families if family not in {each.family for each in mine}]
        named_nl, named_en = ", ".join(families[each] for each in missing), ", ".join(missing)
        yield Verdict.of(
            "MITIGATIONS",
            component.id,
            Outcome.OPEN if missing else Outcome.PASS,
            tuple(Ground(what=f"{component.id} measure {family}", value=UNKNOWN) for family in missing)
            or tuple(Ground(what=f"{component.id} measure {each.family}", value=each.id) for each in mine),
            (
                f"{component.name_nl}: geen beproefde maatregel genoemd voor {named_nl}."
                if missing
                else f"{component.name_nl}: elke familie heeft een beproefde maatregel."
            ),
            (
                f"{component.name_en}: no tested measure named for {named_en}."
                if missing
                else f"{component.name_en}: every family has a tested measure."
            ),
            at,
        )


def recorded(dossier: Dossier) -> list[Mitigation]:
    """The measures in a dossier's facts.

    ``mitigation.COMPONENT.FAMILY`` names the owner; with ``.tested`` behind it the day of the test, and with
    ``.expires`` the first day on which it no longer counts.
    """
    found = []
    for name, fact in dossier.facts.items():
        match name.split("."):
            case ["mitigation", component, family]:
                found.append(
                    Mitigation(
                        id=name,
                        component=component,
                        family=family,
                        owner=str(fact.value or ""),
                        tested=_day(dossier, f"{name}.tested"),
                        valid_to=_day(dossier, f"{name}.expires"),
                    )
                )
            case _:
                pass
    return found


def _day(dossier: Dossier, name: str) -> date | None:
    fact = dossier.facts.get(name)
    return fact.value if fact is not None and isinstance(fact.value, date) else None
