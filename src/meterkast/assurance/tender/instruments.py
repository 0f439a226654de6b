"""Room in procurement law: which instrument was there, used or not, and why; and which criteria fit."""

from collections.abc import Iterator
from datetime import date

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.rules.measures import Grade
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict
from meterkast.assurance.tender.numbers import tender_data
from meterkast.model.errors import DataError

BUYING_ROUTES = ("AW2012", "ADV", "TFEU-346")


def instruments(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """INSTRUMENTS: each available instrument is used or unused, with a reason; so a restriction."""
    for procedure in dossier.procedures:
        for each in procedure.instruments:
            facts = [Ground.of(f"{each.id} used", each.used), Ground.of(f"{each.id} reason", each.reason)]
            used = each.used.value
            if used is None:
                outcome, nl, en = (
                    Outcome.OPEN,
                    "niet verteld of het is gebruikt",
                    "not told whether it was used",
                )
            elif each.reason is None:
                facts.reverse()
                outcome = Outcome.OPEN
                nl = f"{'gebruikt' if used else 'niet gebruikt'}, reden niet verteld"
                en = f"{'used' if used else 'not used'}, reason not told"
            else:
                outcome = Outcome.PASS
                nl = f"{'gebruikt' if used else 'niet gebruikt'}: {each.reason.value}"
                en = f"{'used' if used else 'not used'}: {each.reason.value}"
            nl, en = f"{each.name_nl} ({each.law}): {nl}", f"{each.name_en} ({each.law}): {en}"
            yield Verdict.of("INSTRUMENTS", f"{procedure.id}/{each.id}", outcome, facts, nl, en, at)
        restricted = procedure.restricted_to_countries
        if restricted is not None:
            nl = "deelname beperkt tot landen" if restricted.value else "deelname niet beperkt tot landen"
            en = (
                "participation restricted to countries"
                if restricted.value
                else "participation not restricted"
            )
            facts = [Ground.of(f"{procedure.id} restricted", restricted)]
            yield Verdict.of("INSTRUMENTS", f"{procedure.id}/restriction", Outcome.PASS, facts, nl, en, at)


def fits(criterion: str, kind: str, route: str) -> Grade:
    """How far a law carries a criterion of a kind: selection, exclusion, award or contract.

    Raises:
        DataError: ``criterion-unknown`` for a criterion, kind or route that the library does not hold.
    """
    for each in tender_data().criterion:
        if each.id == criterion and route in each.kinds.get(kind, {}):
            return each.kinds[kind][route]
    raise DataError(
        "criterion-unknown",
        f"The library knows no {criterion} as {kind} under {route}.",
        where="tender.toml:criterion",
    )


def criteria(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """CRITERIA: every criterion that a tender used fits its law.

    The kind is the fact ``criterion.PROCEDURE.CRITERION``, the law the fact ``route.PROCEDURE``.
    """
    for procedure in dossier.procedures:
        route = dossier.facts.get(f"route.{procedure.id}")
        for each in tender_data().criterion:
            kind = dossier.facts.get(f"criterion.{procedure.id}.{each.id}")
            subject = f"{procedure.id}/{each.id}"
            facts = [Ground.of(f"{subject} kind", kind), Ground.of(f"{procedure.id} law", route)]
            if kind is None or kind.value is None or route is None or route.value is None:
                outcome, nl, en = (
                    Outcome.OPEN,
                    "niet verteld of en hoe gebruikt",
                    "not told whether and how it was used",
                )
            else:
                grade = fits(each.id, str(kind.value), str(route.value))
                outcome = _GRADES[grade]
                nl = en = f"{kind.value}, {route.value}: {grade}"
            nl, en = f"{each.text_nl}: {nl}", f"{each.text_en}: {en}"
            yield Verdict.of("CRITERIA", subject, outcome, facts, nl, en, at)


_GRADES = {
    Grade.ALLOWED: Outcome.PASS,
    Grade.CONDITIONAL: Outcome.FLAG,
    Grade.NO: Outcome.FAIL,
    Grade.NA: Outcome.FAIL,
}
