"""How many vendors stand behind a component, and whether they are as many as they seem."""

from collections.abc import Iterator
from datetime import date

from meterkast.assurance.dossier import ownership
from meterkast.assurance.dossier.component import Component, Status
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.parts import independence
from meterkast.assurance.rules.verdict import UNKNOWN, Ground, Outcome, Verdict

_ENOUGH = 2


def dual_hardware(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """DUAL-HW: two vendors, in different hands, for every hardware component; pending before the award."""
    for component in dossier.components:
        if component.hardware:
            outcome, nl, en = _vendors(dossier, component)
            yield _verdict("DUAL-HW", component, outcome, nl, en, at)


def single_source(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """SINGLE-SOURCE: the same of every component, also of those that the rule for hardware leaves out."""
    for component in dossier.components:
        outcome, nl, en = _vendors(dossier, component)
        if not component.hardware and outcome is Outcome.FAIL:
            nl, en = (
                f"{nl}; de regel van twee geldt alleen voor hardware",
                f"{en}; the rule of two holds for hardware only",
            )
        yield _verdict("SINGLE-SOURCE", component, outcome, nl, en, at)


def shared_source(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """SHARED-SOURCE: no maker below the first tier stands behind two vendors of one component."""
    for component in dossier.components:
        if len(component.vendors) < _ENOUGH:
            continue
        found = independence(dossier, component.id)
        facts = [
            Ground(what=f"{component.id} {maker} makes for", value=", ".join(vendors))
            for maker, vendors in found.shared.items()
        ] + [Ground(what=f"{component.id} parts of {vendor}", value=UNKNOWN) for vendor in found.untested]
        named, untested = ", ".join(found.shared), ", ".join(found.untested)
        if found.shared:
            outcome, nl, en = Outcome.FAIL, f"gedeelde bron: {named}", f"shared source: {named}"
        elif found.untested:
            outcome = Outcome.OPEN
            nl = f"onafhankelijkheid niet getoetst, onderdelen of makers onbekend van {untested}"
            en = f"independence not tested, parts or makers unknown of {untested}"
        else:
            outcome, nl, en = Outcome.PASS, "geen gedeelde maker", "no shared maker"
            facts = [_vendor_ground(component)]
        nl, en = f"{component.name_nl}: {nl}", f"{component.name_en}: {en}"
        yield Verdict.of("SHARED-SOURCE", component.id, outcome, facts, nl, en, at)


def _vendors(dossier: Dossier, component: Component) -> tuple[Outcome, str, str]:
    vendors = tuple(dict.fromkeys(component.vendors))
    if len(vendors) < _ENOUGH and component.status.value is Status.TENDER:
        return Outcome.PENDING, "de aanbesteding loopt nog", "the tender is still running"
    if not vendors:
        return Outcome.OPEN, "geen leverancier bekend", "no vendor known"
    names_nl = " en ".join(dossier.party(vendor).name("nl") for vendor in vendors)
    names_en = " and ".join(dossier.party(vendor).name("en") for vendor in vendors)
    if len(vendors) < _ENOUGH:
        return Outcome.FAIL, f"één leverancier, {names_nl}", f"one vendor, {names_en}"
    owners = [
        {vendor, *(control.controller for control in ownership.controllers(dossier, vendor))}
        for vendor in vendors
    ]
    if set.intersection(*owners):
        return Outcome.FAIL, f"{names_nl} zijn in één hand", f"{names_en} are in one hand"
    return Outcome.PASS, f"{len(vendors)} leveranciers: {names_nl}", f"{len(vendors)} vendors: {names_en}"


def _verdict(rule: str, component: Component, outcome: Outcome, nl: str, en: str, at: date) -> Verdict:
    facts = [_vendor_ground(component), Ground.of(f"{component.id} status", component.status)]
    if outcome is Outcome.PENDING:
        facts.reverse()
    nl, en = f"{component.name_nl}: {nl}", f"{component.name_en}: {en}"
    return Verdict.of(rule, component.id, outcome, facts, nl, en, at)


def _vendor_ground(component: Component) -> Ground:
    return Ground(what=f"{component.id} vendors", value=", ".join(component.vendors) or UNKNOWN)
