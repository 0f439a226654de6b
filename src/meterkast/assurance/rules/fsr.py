"""Foreign subsidies in procurement: what must be notified, and what waits (Regulation 2022/2560)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.dossier.procedure import Examination, Inquiry, Procedure
from meterkast.assurance.rules.gpa import party_list
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The numbers of the regulation; amounts in euros, counted from the amount itself."""

    celex: str
    applies_from: date
    estimated_value_min_eur: int
    lots_aggregate_applied_for_min_eur: int
    contribution_min_eur: int
    lookback_years: int
    article_notification: str
    article_declaration: str
    article_standstill: str
    preliminary_working_days: int
    preliminary_extension: int
    in_depth_working_days: int
    in_depth_extension: int
    confidence: Confidence
    caution_nl: str
    caution_en: str
    sources: tuple[str, ...]


@cache
def thresholds() -> Thresholds:
    """The packaged numbers."""
    return sheet(Thresholds, "fsr")


class Duty(StrEnum):
    """What a bidder owes: nothing, a declaration, a notification, or nobody can tell yet."""

    NONE = "none"
    DECLARATION = "declaration"
    NOTIFICATION = "notification"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """Money from a third country to a bidder, its group, main subcontractor or supplier."""

    country: str
    received: date
    eur: int
    by: str


def duty(
    value_eur: int,
    contributions: Sequence[Contribution] | None,
    notified: date,
    *,
    lots_eur: int | None = None,
) -> Duty:
    """What a bidder owes for a contract.

    Args:
        value_eur: estimated value of the contract.
        contributions: of the bidder, its group and its main subcontractors and suppliers; None is not told.
        notified: the day to look back from.
        lots_eur: where there are lots, the value of those that the bidder applies for.
    """
    rule = thresholds()
    if notified < rule.applies_from or value_eur < rule.estimated_value_min_eur:
        return Duty.NONE
    if lots_eur is not None and lots_eur < rule.lots_aggregate_applied_for_min_eur:
        return Duty.NONE
    if contributions is None:
        return Duty.UNKNOWN
    largest = max(by_country(contributions, notified).values(), default=0)
    return Duty.NOTIFICATION if largest >= rule.contribution_min_eur else Duty.DECLARATION


def by_country(contributions: Sequence[Contribution], notified: date) -> dict[str, int]:
    """Euros per third country within the years that count; a country of the Union is no third country."""
    first = notified.replace(year=notified.year - thresholds().lookback_years, day=min(notified.day, 28))
    totals: Counter[str] = Counter()
    for each in contributions:
        if first <= each.received <= notified and each.country not in party_list().members_of_eu:
            totals[each.country] += each.eur
    return dict(totals)


def fsr_threshold(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """FSR-THRESHOLD: a contract over the threshold was put before the Commission."""
    rule = thresholds()
    for contract in dossier.contracts:
        value = Ground.of(f"{contract.id} value", contract.value_eur)
        asked = list(_notifications(dossier.procedures, contract.procedure))
        if contract.value_eur.value < rule.estimated_value_min_eur:
            outcome = Outcome.PASS
            nl = f"onder de drempel van {rule.estimated_value_min_eur} euro"
            en = f"below the threshold of {rule.estimated_value_min_eur} euros"
        elif asked:
            outcome = Outcome.PASS
            nl = f"boven de drempel van {rule.estimated_value_min_eur} euro, en aan de Commissie voorgelegd"
            en = f"over the threshold of {rule.estimated_value_min_eur} euros, and put before the Commission"
        else:
            outcome = Outcome.FAIL
            nl = f"boven de drempel van {rule.estimated_value_min_eur} euro, en geen melding genoemd"
            en = f"over the threshold of {rule.estimated_value_min_eur} euros, and no notification told"
        facts = [value, *(Ground.of("notification", each.outcome) for each in asked[:1])]
        yield Verdict.of("FSR-THRESHOLD", contract.id, outcome, facts, nl, en, at)


def fsr_gate(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """FSR-GATE: no award before the Commission has answered."""
    for contract in dossier.contracts:
        if contract.value_eur.value < thresholds().estimated_value_min_eur:
            continue
        asked = list(_notifications(dossier.procedures, contract.procedure))
        answered = [each for each in asked if each.outcome.value]
        awarded = any(
            contract.id in each.about and each.outcome.value == "awarded" for each in dossier.decisions
        )
        if answered:
            told = answered[0].outcome.value
            outcome, nl, en = (
                Outcome.PASS,
                f"de Commissie antwoordde: {told}",
                f"the Commission answered: {told}",
            )
        elif awarded:
            outcome, nl, en = (
                Outcome.FAIL,
                "gegund terwijl de zaak openstaat",
                "awarded while the case is open",
            )
        else:
            outcome, nl, en = (
                Outcome.PENDING,
                "gunning wacht op de Commissie",
                "the award waits for the Commission",
            )
        facts = [Ground.of("answer of the Commission", answered[0].outcome if answered else None)]
        yield Verdict.of("FSR-GATE", contract.id, outcome, facts, nl, en, at)


def price_evidence(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """PRICE-EVIDENCE: each question about a bid is answered by an inquiry that can speak to it."""
    for procedure in dossier.procedures:
        for topic in dict.fromkeys(each.topic for each in procedure.examinations):
            made = [each for each in procedure.examinations if each.topic is topic]
            speaking = [each for each in made if topic in each.inquiry.speaks_to and each.outcome.value]
            chosen = (speaking or made)[0]
            used = ", ".join(each.inquiry for each in made)
            nl = f"{chosen.inquiry} spreekt hiertoe" if speaking else f"{used} spreekt hier niet toe"
            en = f"{chosen.inquiry} speaks to this" if speaking else f"{used} does not speak to this"
            caution = Inquiry.FSR_NOTIFICATION in {each.inquiry for each in made} and not speaking
            yield Verdict.of(
                "PRICE-EVIDENCE",
                f"{procedure.id}/{topic}",
                Outcome.PASS if speaking else Outcome.OPEN,
                [Ground.of(f"{chosen.inquiry} outcome", chosen.outcome)],
                f"{nl}. {thresholds().caution_nl}" if caution else nl,
                f"{en}. {thresholds().caution_en}" if caution else en,
                at,
            )


def _notifications(procedures: Sequence[Procedure], id: str) -> Iterator[Examination]:
    for procedure in procedures:
        if procedure.id == id:
            yield from (each for each in procedure.examinations if each.inquiry is Inquiry.FSR_NOTIFICATION)
