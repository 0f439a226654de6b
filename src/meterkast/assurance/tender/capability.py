"""Proven ability to deliver: so many units in so many weeks."""

from collections.abc import Iterator
from datetime import date

from meterkast.assurance.dossier.contract import Contract
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict

WEEKS_PER_YEAR = 52


def needed_per_week(contract: Contract, party: str) -> float:
    """Mean units a week that the share of a vendor asks over the first term."""
    return contract.units_of(party) / (contract.term_years.value * WEEKS_PER_YEAR)


def capability(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """CAPABILITY: each awarded vendor has shown that it can deliver its share in time.

    Units a week that were shown are the fact ``capacity.CONTRACT.PARTY``.
    """
    for contract in dossier.contracts:
        for award in contract.awards:
            needed = needed_per_week(contract, award.party)
            shown = dossier.facts.get(f"capacity.{contract.id}.{award.party}")
            subject = f"{contract.id}/{award.party}"
            facts = [
                Ground.of(f"{subject} units a week shown", shown),
                Ground.of(f"{subject} share", award.share),
                Ground(what=f"{subject} units a week needed", value=f"{needed:.0f}"),
            ]
            name = dossier.party(award.party)
            outcome, nl, en = _capable(None if shown is None else shown.value, needed)
            nl, en = f"{name.name('nl')}: {nl}", f"{name.name('en')}: {en}"
            yield Verdict.of("CAPABILITY", subject, outcome, facts, nl, en, at)


def _capable(shown: object, needed: float) -> tuple[Outcome, str, str]:
    if not isinstance(shown, int | float):
        return (
            Outcome.OPEN,
            f"{needed:.0f} per week nodig, vermogen niet verteld",
            f"{needed:.0f} a week needed, capacity not told",
        )
    return (
        Outcome.PASS if shown >= needed else Outcome.FAIL,
        f"{shown:.0f} per week aangetoond, {needed:.0f} nodig",
        f"{shown:.0f} a week shown, {needed:.0f} needed",
    )
