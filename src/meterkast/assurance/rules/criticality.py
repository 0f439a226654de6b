"""How critical a component is, who says so, and which vital processes it touches."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from meterkast.assurance.dossier.component import Communication, Component, Keys, Reach, Updates
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence, Fact
from meterkast.assurance.dossier.party import Role
from meterkast.assurance.dossier.record import Decision
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.verdict import UNKNOWN, Ground, Outcome, Verdict

MODES = ("outage", "disruption", "manipulation")
_MODES_NL = {"outage": "uitval", "disruption": "verstoring", "manipulation": "manipulatie"}
_DEFINITION = "vital-process-definition"
_SEVERITY = {Reach.MEASUREMENT: 1, Reach.HOUSEHOLD: 2, Reach.FLEET: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A vital process, and the rooms of the chain that touch it."""

    id: str
    fact: str
    name_nl: str
    name_en: str
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalProcesses:
    """The catalogue."""

    version: str
    confidence: Confidence
    source: str
    process: tuple[Process, ...]

    def of(self, component: Component) -> tuple[Process, ...]:
        """The processes that a component touches."""
        return tuple(each for each in self.process if set(each.rooms) & set(component.rooms))


@cache
def vital_processes() -> VitalProcesses:
    """The packaged catalogue."""
    return sheet(VitalProcesses, "vital")


def criticality(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """CRITICALITY: a verdict on each component, with its definition, an operator as decider, and a date."""
    definition = dossier.facts.get(_DEFINITION)
    for component in dossier.components:
        decision = _decision(dossier, component, at)
        strangers = [each for each in decision.deciders if not _operator(dossier, each)] if decision else []
        wanted = {
            "verdict": None if decision is None else decision.outcome.value,
            "decider": ", ".join(decision.deciders) if decision else None,
            "date": None if decision is None else decision.decided_at,
            "definition": None if definition is None else definition.value,
        }
        missing = [name for name, value in wanted.items() if not value]
        ref = decision.outcome.ref if decision else None
        if strangers:
            outcome = Outcome.FAIL
            nl = f"{', '.join(strangers)} is geen netbeheerder en kan dit niet vaststellen"
            en = f"{', '.join(strangers)} is no operator and cannot settle this"
            facts = tuple(Ground.at(f"{component.id} decider", each, ref) for each in strangers)
        elif missing:
            outcome = Outcome.OPEN
            nl = f"ontbreekt: {', '.join(_NL[name] for name in missing)}"
            en = f"missing: {', '.join(missing)}"
            facts = tuple(Ground.at(f"{component.id} {name}", None, ref) for name in missing)
        else:
            outcome = Outcome.PASS
            verdict, decider, day = wanted["verdict"], wanted["decider"], wanted["date"]
            nl = f"{verdict}, door {decider} op {day}, naar de definitie van {_place(definition)}"
            en = f"{verdict}, by {decider} on {day}, by the definition of {_place(definition)}"
            facts = tuple(Ground.at(f"{component.id} {name}", value, ref) for name, value in wanted.items())
        yield _verdict("CRITICALITY", component, outcome, facts, nl, en, at)


def vital_process(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """VITAL-PROCESS: the processes that each component touches, from a catalogue that the dossier names."""
    for component in dossier.components:
        processes = vital_processes().of(component)
        named = [each for each in processes if each.fact in dossier.facts]
        yield _verdict(
            "VITAL-PROCESS",
            component,
            Outcome.PASS if named else Outcome.OPEN,
            tuple(Ground.of(each.fact, dossier.facts[each.fact]) for each in named)
            or (Ground(what=f"{component.id} process", value=UNKNOWN),),
            "; ".join(each.name_nl for each in named) or "geen vitaal proces genoemd",
            "; ".join(each.name_en for each in named) or "no vital process named",
            at,
        )


def impact(component: Component) -> dict[str, int | None]:
    """How far outage, disruption and manipulation of a component reach: 0 nowhere, 3 the fleet, None unknown.

    An outage of something without a switch leaves the supply on. Disruption reaches beyond one connection
    where the component can be addressed from afar. Manipulation reaches as far as its keys or updates do.
    """
    properties = component.properties
    reach = None if properties.reach.value is None else _SEVERITY[properties.reach.value]
    switch, speech = properties.actuator.value, properties.communication.value
    keys, updates = properties.keys.value, properties.updates.value
    far = _any(speech, Communication.REMOTE, updates, Updates.REMOTE)
    deep = True if keys in (Keys.DATA, Keys.TRUST) else _any(updates, Updates.REMOTE, keys, Keys.DATA)
    return {
        "outage": 0 if switch is False else None if switch is None else reach,
        "disruption": None if reach is None or far is None else reach if far else min(reach, 1),
        "manipulation": None if reach is None or deep is None else reach if deep else min(reach, 1),
    }


def impacts(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """IMPACT: all three modes are scored for every component."""
    for component in dossier.components:
        scores = impact(component)
        missing = [mode for mode in MODES if scores[mode] is None]
        yield _verdict(
            "IMPACT",
            component,
            Outcome.OPEN if missing else Outcome.PASS,
            tuple(
                Ground(
                    what=f"{component.id} {mode}",
                    value=UNKNOWN if scores[mode] is None else str(scores[mode]),
                )
                for mode in (*missing, *(mode for mode in MODES if mode not in missing))
            ),
            ", ".join(f"{_MODES_NL[mode]} {_score(scores[mode], 'onbekend')}" for mode in MODES),
            ", ".join(f"{mode} {_score(scores[mode], UNKNOWN)}" for mode in MODES),
            at,
        )


_NL = {"verdict": "oordeel", "decider": "beslisser", "date": "datum", "definition": "definitie"}


def _any(first: object, wanted: object, second: object, also: object) -> bool | None:
    if first == wanted or second == also:
        return True
    return None if first is None or second is None else False


def _score(score: int | None, unknown: str) -> str:
    return unknown if score is None else f"{score}/3"


def _decision(dossier: Dossier, component: Component, at: date) -> Decision | None:
    found = [
        each for each in dossier.decisions if each.id.startswith("criticality") and component.id in each.about
    ]
    known = [each for each in found if each.decided_at is None or each.decided_at <= at]
    return max(known, key=lambda each: each.decided_at or date.min, default=None)


def _operator(dossier: Dossier, party: str) -> bool:
    return Role.OPERATOR in dossier.party(party).roles


def _place(definition: Fact[object] | None) -> str:
    return "" if definition is None else str(definition.ref)


def _verdict(
    rule: str, component: Component, outcome: Outcome, facts: tuple[Ground, ...], nl: str, en: str, at: date
) -> Verdict:
    nl, en = f"{component.name_nl}: {nl}", f"{component.name_en}: {en}"
    return Verdict.of(rule, component.id, outcome, facts, nl, en, at)
