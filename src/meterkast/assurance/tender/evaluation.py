"""The rules of the tender room over a dossier on a date."""

from collections.abc import Callable, Iterator
from datetime import date

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.rules.book import bounded
from meterkast.assurance.rules.verdict import Verdict
from meterkast.assurance.tender.bidders import bidders
from meterkast.assurance.tender.capability import capability
from meterkast.assurance.tender.exclusion import exclusion
from meterkast.assurance.tender.instruments import criteria, instruments
from meterkast.assurance.tender.low import low_tender, state_aid
from meterkast.assurance.tender.phases import procedure

EVALUATORS: dict[str, Callable[[Dossier, date], Iterator[Verdict]]] = {
    "PROCEDURE": procedure,
    "LOW-TENDER": low_tender,
    "STATE-AID": state_aid,
    "CAPABILITY": capability,
    "BIDDERS": bidders,
    "INSTRUMENTS": instruments,
    "CRITERIA": criteria,
    "EXCLUSION": exclusion,
}


def evaluate(dossier: Dossier, at: date) -> list[Verdict]:
    """Every verdict of this room, each as far as its rule reaches on that day."""
    return bounded(each for evaluator in EVALUATORS.values() for each in evaluator(dossier, at))
