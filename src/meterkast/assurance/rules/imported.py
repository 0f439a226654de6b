"""Requirements that others set, such as a minister under Energiewet art. 3.18: import them, see the gaps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from meterkast.assurance.dossier.reading import parse_toml, read_record
from meterkast.assurance.rules.routes import routes
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One requirement.

    Attributes:
        law: id of the legal route that it stands under.
        rules: rules whose verdicts answer it.
        subjects: subjects that have to meet it; every subject of those rules where it is empty.
    """

    id: str
    law: str
    text_nl: str
    text_en: str
    rules: tuple[str, ...]
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """A set of requirements, as one file holds them."""

    demand: tuple[Demand, ...]


def read_demands(text: str, name: str) -> Demands:
    """Reads a set from TOML; ``name`` stands in every complaint.

    Raises:
        DataError: as ``dossier.reading`` does, with file and field.
    """
    return read_record(Demands, parse_toml(text, name), name)


def gap_analysis(demands: Demands, verdicts: Iterable[Verdict], at: date) -> list[Verdict]:
    """How each requirement stands, by the verdicts that answer it; under a draft it is at best prepared for.

    A requirement that no verdict answers is open, and so is one whose subjects are not all answered.

    Raises:
        DataError: ``route-unknown``.
    """
    made = list(verdicts)
    return [_gap(demand, made, at) for demand in demands.demand]


def _gap(demand: Demand, verdicts: list[Verdict], at: date) -> Verdict:
    asked = set(demand.subjects)
    mine = [each for each in verdicts if each.rule in demand.rules and (not asked or each.subject in asked)]
    silent = sorted(asked - {each.subject for each in mine})
    outcome = Outcome.OPEN if silent else worst(each.outcome for each in mine)
    status = routes().get(demand.law).status(at)
    if outcome.met and (status is None or not status.binding):
        outcome = Outcome.PREPARED
    deciding = [each for each in mine if not each.outcome.met] or mine
    facts = [Ground.at(f"{demand.id} {subject}", None) for subject in silent]
    facts += [Ground(what=f"{each.rule} {each.subject}", value=each.outcome.value) for each in deciding[:5]]
    facts = facts or [Ground.at(demand.id, None)]
    nl = f"{demand.text_nl} ({demand.law}): {outcome.nl}; {facts[0].what} beslist"
    en = f"{demand.text_en} ({demand.law}): {outcome.en}; {facts[0].what} decides"
    return Verdict.of("IMPORTED", demand.id, outcome, facts, nl, en, at)
