"""An assessment as far as a dossier carries it: what nobody told stays unknown, and no flag is read."""

from meterkast.assurance.dossier.component import Component
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.framework.assessment import UNKNOWN, Assessment, Level
from meterkast.assurance.framework.policy import HIGHEST, Policy
from meterkast.assurance.rules.influence import Influence, state_influence
from meterkast.assurance.rules.risk import PROPERTIES, profile
from meterkast.assurance.rules.verdict import Ground

ASSESSOR = "dossier"

_CONTROL = {Influence.NONE: HIGHEST, Influence.INTEREST: 2, Influence.CONTROL: 0}


def read_assessment(dossier: Dossier, policy: Policy, component: Component, vendor: str) -> Assessment:
    """What a dossier says of a vendor, criterion by criterion.

    A fact ``trust.VENDOR.CRITERION`` gives a level, ``veto.VENDOR.CRITERION`` says whether the veto holds,
    and ``measure.VENDOR.CRITERION`` names the measure that a level needs. Control, owners and technical
    reach follow from the records themselves where no such fact stands.
    """
    derived = {
        "control": _control(dossier, vendor),
        "owners-disclosed": _owners(dossier, vendor),
        "change-and-audit": _audits(dossier, component),
        "technical-reach": _reach(component),
    }
    levels = {}
    for criterion in policy.criterion:
        told = _told(dossier, vendor, criterion.id)
        levels[criterion.id] = told or derived.get(criterion.id, UNKNOWN)
    return Assessment(assessor=ASSESSOR, supplier=vendor, component=component.id, levels=levels)


def _told(dossier: Dossier, vendor: str, criterion: str) -> Level | None:
    level, veto, measure = (
        dossier.facts.get(f"{kind}.{vendor}.{criterion}") for kind in ("trust", "veto", "measure")
    )
    if level is None and veto is None:
        return None
    grounds = [
        Ground.of(f"{vendor} {criterion}{suffix}", fact)
        for fact, suffix in ((veto, " veto"), (level, ""))
        if fact is not None and fact.value is not None
    ]
    return Level(
        level=level.value if level is not None and type(level.value) is int else None,
        evidence=tuple(grounds),
        veto=veto is not None and veto.value is True,
        with_measures=(str(measure.value),) if measure is not None and measure.value else (),
    )


def _control(dossier: Dossier, vendor: str) -> Level:
    found = state_influence(dossier, vendor)
    ties = [tie for tie in dossier.ownerships if tie.id in found.ties or tie.owned == vendor]
    evidence = tuple(Ground.of(f"{tie.owner} in {tie.owned}", tie.share) for tie in ties)
    return Level(level=_CONTROL.get(found.influence), evidence=evidence)


def _owners(dossier: Dossier, vendor: str) -> Level:
    ties = [tie for tie in dossier.ownerships if tie.owned == vendor]
    untold = not ties or any(tie.share.value is None for tie in ties)
    evidence = tuple(Ground.of(f"{tie.owner} in {vendor}", tie.share) for tie in ties)
    return Level(level=None if untold else 2, evidence=evidence)


def _audits(dossier: Dossier, component: Component) -> Level:
    audits = [audit for audit in dossier.audits if audit.component == component.id]
    told = bool(audits) and not any(audit.missing for audit in audits)
    evidence = tuple(Ground.of(f"{audit.id} outcome", audit.outcome) for audit in audits)
    return Level(level=2 if told else None, evidence=evidence)


def _reach(component: Component) -> Level:
    """Highest where everything about the component's reach is known; the class asks the rest."""
    found = profile(component)
    evidence = tuple(
        Ground.of(f"{component.id} {name}", getattr(component.properties, name)) for name in PROPERTIES
    )
    return Level(level=HIGHEST if found.settled else None, evidence=evidence)
