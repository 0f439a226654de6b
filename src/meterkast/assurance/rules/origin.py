"""Where things come from: parties by date, critical parts, one vendor of two, and what nobody told.

Seat, owner and origin are three facts, and none is derived from another. A country counts here
because a rule of the tender asks for it, and for nothing else.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from meterkast.assurance.dossier import ownership
from meterkast.assurance.dossier.component import Component, Part, Status
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.party import Party
from meterkast.assurance.dossier.procedure import Requirement, RequirementKind
from meterkast.assurance.rules.gpa import PartyList, Standing, party_list
from meterkast.assurance.rules.verdict import UNKNOWN, Ground, Outcome, Verdict, best, worst

_GPA_FIELDS = ("production", "assembly")


def gpa_party(_dossier: Dossier, at: date) -> Iterator[Verdict]:
    """GPA-PARTY: the countries that the source names as examples are parties, on this date."""
    parties = party_list()
    missing = [country for country in parties.named_as_examples if not parties.standing(country, at).party]
    named, absent = ", ".join(parties.named_as_examples), ", ".join(missing)
    finding_nl = f"Geen partij op {at}: {absent}." if missing else f"{named} zijn partij op {at}."
    finding_en = f"No party on {at}: {absent}." if missing else f"{named} are parties on {at}."
    yield Verdict.of(
        "GPA-PARTY",
        "gpa",
        Outcome.FAIL if missing else Outcome.PASS,
        tuple(_standing_ground(parties.standing(country, at)) for country in parties.named_as_examples),
        f"{finding_nl} {parties.reciprocity_nl} {parties.nuance_nl}",
        f"{finding_en} {parties.reciprocity_en} {parties.nuance_en}",
        at,
    )


def gpa_part(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """GPA-PART: every part critical on the date is produced and assembled in a party on that date."""
    for component in _asked(dossier, RequirementKind.GPA_CRITICAL_PARTS):
        parts = [part for part in dossier.parts if part.component == component.id]
        critical = [part for part in parts if part.critical is not None and part.critical.holds(at)]
        if not critical:
            yield Verdict.of(
                "GPA-PART",
                component.id,
                Outcome.OPEN,
                (Ground(what=f"{component.id} critical parts", value=UNKNOWN),),
                "Er is geen lijst van kritieke onderdelen, dus de regel heeft geen onderwerp.",
                "There is no list of critical parts, so the rule has no subject.",
                at,
            )
        else:
            yield _component_verdict(component, critical, at)


def part_verdict(part: Part, at: date) -> Verdict:
    """GPA-PART for one part; a part that is not critical on the date passes wherever it comes from."""
    subject = f"{part.component}/{part.id}"
    if part.critical is None or not part.critical.holds(at):
        fact = Ground.at(f"{subject} critical", False, part.ref)
        return _part(
            subject, Outcome.PASS, (fact,), "niet kritiek op deze datum", "not critical on this date", at
        )
    judged = [(name, *_country(getattr(part, name), at)) for name in _GPA_FIELDS]
    outcome = worst(each[1] for each in judged)
    deciding = [each for each in judged if each[1] is outcome] + [
        each for each in judged if each[1] is not outcome
    ]
    facts = tuple(Ground.at(f"{subject} {name}", getattr(part, name), part.ref) for name, _, _, _ in deciding)
    name, _, nl, en = deciding[0]
    return _part(subject, outcome, facts, f"{_FIELD_NL[name]}: {nl}", f"{name}: {en}", at)


def gpa_one_of_two(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """GPA-1OF2: at least one vendor whose origin is a party; its seat is never looked at.

    A vendor that is controlled from a country that is no party does not count, whatever its origin.
    """
    for component in _asked(dossier, RequirementKind.GPA_ONE_OF_TWO):
        vendors = [dossier.party(vendor) for vendor in component.vendors]
        judged = [(vendor, *_vendor(dossier, vendor, at)) for vendor in vendors]
        outcome = best(each[1] for each in judged)
        chosen = [each for each in judged if each[1] is outcome]
        if component.status.value is Status.TENDER and not outcome.met:
            outcome = Outcome.PENDING
        told_nl = (
            "; ".join(f"{vendor.name('nl')}: {nl}" for vendor, _, nl, _ in chosen) or "nog geen leverancier"
        )
        told_en = "; ".join(f"{vendor.name('en')}: {en}" for vendor, _, _, en in chosen) or "no vendor yet"
        ordered = chosen + [each for each in judged if each not in chosen]
        yield Verdict.of(
            "GPA-1OF2",
            component.id,
            outcome,
            tuple(Ground.of(f"{vendor.id} origin", vendor.origin) for vendor, *_ in ordered)
            or (Ground.of(f"{component.id} status", component.status),),
            f"{component.name_nl}: {told_nl}.",
            f"{component.name_en}: {told_en}.",
            at,
        )


def origin_known(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """ORIGIN-KNOWN: every part has its four countries; what is unknown is never taken for European."""
    for component in dossier.components:
        parts = [part for part in dossier.parts if part.component == component.id]
        asked = [(part, name) for part in parts for name in _countries_of(part)]
        holes = [
            Ground.at(f"{component.id}/{part.id} {name}", None, part.ref)
            for part, name in asked
            if getattr(part, name) is None
        ]
        told = len(asked) - len(holes)
        if parts:
            nl, en = f"{told} van {len(asked)} landen bekend", f"{told} of {len(asked)} countries known"
            facts = tuple(holes[:_MANY]) or (Ground(what=f"{component.id} parts", value=str(len(parts))),)
        else:
            nl, en = "geen stuklijst", "no bill of material"
            facts = (Ground(what=f"{component.id} bill of material", value=UNKNOWN),)
        yield Verdict.of(
            "ORIGIN-KNOWN",
            component.id,
            Outcome.PASS if parts and not holes else Outcome.OPEN,
            facts,
            f"{component.name_nl}: {nl}.",
            f"{component.name_en}: {en}.",
            at,
        )


_MANY = 5
_FIELD_NL = {"production": "productie", "assembly": "assemblage"}


def _countries_of(part: Part) -> tuple[str, ...]:
    return ("design", "firmware") if part.purl else ("design", "production", "assembly")


def _asked(dossier: Dossier, kind: RequirementKind) -> list[Component]:
    wanted = [requirement for requirement in dossier.requirements if requirement.kind is kind]
    return [component for component in dossier.components if any(_asks(each, component) for each in wanted)]


def _asks(requirement: Requirement, component: Component) -> bool:
    by_name = not requirement.components or component.id in requirement.components
    return by_name and (not requirement.natures or component.nature.value in requirement.natures)


@lru_cache(maxsize=1024)
def _country(country: str | None, at: date) -> tuple[Outcome, str, str]:
    if country is None:
        return Outcome.OPEN, "land onbekend", "country unknown"
    standing = party_list().standing(country, at)
    if not standing.party:
        return Outcome.FAIL, f"{country} is geen partij op {at}", f"{country} is no party on {at}"
    if standing.flag_en:
        return (
            Outcome.FLAG,
            f"{country} is partij; {standing.flag_nl}",
            f"{country} is a party; {standing.flag_en}",
        )
    return Outcome.PASS, f"{country} is partij", f"{country} is a party"


def _vendor(dossier: Dossier, vendor: Party, at: date) -> tuple[Outcome, str, str]:
    origin = None if vendor.origin is None else vendor.origin.value
    outcome, nl, en = _country(origin, at)
    foreign = _controlled_from(dossier, vendor, party_list(), at)
    if outcome.met and foreign is not None:
        return (
            Outcome.FAIL,
            f"herkomst {origin}, maar {foreign.name('nl')} heeft zeggenschap en komt niet uit een GPA-land",
            f"origin {origin}, but {foreign.name('en')} controls it and comes from no party",
        )
    return outcome, f"herkomst: {nl}", f"origin: {en}"


def _controlled_from(dossier: Dossier, vendor: Party, parties: PartyList, at: date) -> Party | None:
    for control in ownership.controllers(dossier, vendor.id):
        owner = dossier.party(control.controller)
        countries = [fact.value for fact in (owner.origin, owner.seat) if fact is not None and fact.value]
        if countries and not any(parties.standing(country, at).party for country in countries):
            return owner
    return None


def _component_verdict(component: Component, critical: list[Part], at: date) -> Verdict:
    judged = [
        (part, worst(_country(getattr(part, name), at)[0] for name in _GPA_FIELDS)) for part in critical
    ]
    outcome, parties = worst(each for _, each in judged), party_list()
    shown = [part for part, each in judged if each is outcome][:_MANY]
    deciding = [part_verdict(part, at) for part in shown]
    nl = f"{len(critical)} kritieke onderdelen; {deciding[0].subject} beslist: {deciding[0].explanation_nl}"
    en = f"{len(critical)} critical parts; {deciding[0].subject} decides: {deciding[0].explanation_en}"
    nl, en = f"{nl} {parties.nuance_nl}", f"{en} {parties.nuance_en}"
    return Verdict.of("GPA-PART", component.id, outcome, [each.facts[0] for each in deciding], nl, en, at)


def _part(subject: str, outcome: Outcome, facts: tuple[Ground, ...], nl: str, en: str, at: date) -> Verdict:
    return Verdict.of("GPA-PART", subject, outcome, facts, f"{nl}.", f"{en}.", at)


def _standing_ground(standing: Standing) -> Ground:
    return Ground(
        what=f"{standing.country} party",
        value=str(standing.since) if standing.party else "no",
        ref="gpa.toml",
        confidence=standing.confidence,
    )
