"""What the law gives a purchase on a date: standing of every text, the route, the measures, the powers."""

from collections.abc import Iterator
from datetime import date

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.choice import choice
from meterkast.assurance.rules.measures import Cell, matrix, measures
from meterkast.assurance.rules.routes import routes
from meterkast.assurance.rules.timeline import Status, version_at
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict

_STANDING = {
    Status.LAW: Outcome.PASS,
    Status.POLICY: Outcome.PASS,
    Status.PASSED: Outcome.PREPARED,
    Status.DRAFT: Outcome.PREPARED,
    Status.PLAN: Outcome.PENDING,
}
_OWN_READING = "measures.toml"


def legal_status(_dossier: Dossier, at: date) -> Iterator[Verdict]:
    """LEGAL-STATUS: how far every text has come; one in force can be met, a draft be prepared for."""
    for route in routes().route:
        version = version_at(route.version, at)
        if version is None:
            fact = Ground.at(f"{route.id} version", None)
            nl, en = f"{route.law_nl}: geen tekst bekend op {at}", f"{route.law_en}: no text known on {at}"
            yield Verdict.of("LEGAL-STATUS", route.id, Outcome.OPEN, [fact], nl, en, at)
            continue
        fact = Ground(
            what=f"{route.id} status",
            value=version.status.value,
            ref=version.source or route.source,
            confidence=version.confidence,
        )
        note_nl, note_en = (f" ({note})" if note else "" for note in (version.note_nl, version.note_en))
        nl = f"{route.law_nl}, op {at} {version.status.nl}{note_nl}: {route.who_nl}; {route.power_nl}"
        en = f"{route.law_en}, on {at} {version.status.en}{note_en}: {route.who_en}; {route.power_en}"
        yield Verdict.of("LEGAL-STATUS", route.id, _STANDING[version.status], [fact], nl, en, at)


def legal_route(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """LEGAL-ROUTE: the law a purchase goes by; open while an unanswered question could change it.

    An answer is the fact ``route.PROCEDURE.QUESTION``, true or false.
    """
    table = choice()
    for procedure in dossier.procedures:
        facts = {each.id: dossier.facts.get(f"route.{procedure.id}.{each.id}") for each in table.question}
        answers = {
            question: fact.value if fact is not None and isinstance(fact.value, bool) else None
            for question, fact in facts.items()
        }
        fitting, missing = table.fitting(answers), table.missing(answers)
        possible = tuple(dict.fromkeys(row.route for row in fitting))
        subject = f"{procedure.id}"
        if missing:
            outcome, asked = Outcome.OPEN, missing[0]
            nl = f"mogelijk: {', '.join(possible)}. {asked.text_nl} Niet beantwoord"
            en = f"possible: {', '.join(possible)}. {asked.text_en} Not answered"
        else:
            outcome, row = Outcome.PASS, fitting[0]
            nl, en = f"{row.route}: {row.because_nl}", f"{row.route}: {row.because_en}"
        first = [each.id for each in missing]
        ordered = sorted(facts, key=lambda question: question not in first)
        grounds = [Ground.of(f"{procedure.id} {question}", facts[question]) for question in ordered]
        yield Verdict.of("LEGAL-ROUTE", subject, outcome, grounds, nl, en, at)


def disclosure_limb(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """DISCLOSURE-LIMB: who describes an article names all of its limbs."""
    limbs = {article.id: article for article in dossier.articles}
    for statement in dossier.statements:
        article = limbs.get(statement.article or "")
        if article is None:
            continue
        left = [limb for limb in article.limbs if limb not in statement.limbs]
        facts = [Ground.at(f"{article.law} limbs told", ", ".join(statement.limbs), statement.ref)]
        nl = f"{article.law}: lid {', '.join(left)} niet genoemd" if left else f"{article.law}: volledig"
        en = f"{article.law}: limb {', '.join(left)} not told" if left else f"{article.law}: complete"
        outcome = Outcome.OPEN if left else Outcome.PASS
        yield Verdict.of("DISCLOSURE-LIMB", statement.id, outcome, facts, nl, en, at)


def measures_by_route(_dossier: Dossier, at: date) -> Iterator[Verdict]:
    """MEASURES: by which routes each measure can be taken on the date."""
    cells = matrix(at)
    for measure in measures().measure:
        mine = [cell for cell in cells if cell.measure == measure.id]
        today = [cell for cell in mine if cell.usable_today]
        later = [cell for cell in mine if cell.grade.usable and not cell.usable_today]
        outcome = Outcome.PASS if today else Outcome.PREPARED if later else Outcome.FAIL
        nl = f"{measure.text_nl}: {_cells(today) or 'nu geen weg'}"
        en = f"{measure.text_en}: {_cells(today) or 'no route now'}"
        if later:
            nl, en = f"{nl}; voor te bereiden: {_cells(later)}", f"{en}; to prepare for: {_cells(later)}"
        facts = [
            Ground(
                what=f"{measure.id} by {cell.route}",
                value=cell.grade.value,
                ref=_OWN_READING,
                confidence=_UNSURE,
            )
            for cell in (*today, *later)
        ]
        yield Verdict.of("MEASURES", measure.id, outcome, facts, nl, en, at)


def powers(_dossier: Dossier, at: date) -> Iterator[Verdict]:
    """POWERS: measures that more than one power of ministers carries, and how far each has come."""
    cells = {(cell.measure, cell.route): cell for cell in matrix(at)}
    for measure in measures().measure:
        shared = measures().overlaps().get(measure.id)
        if shared is None:
            continue
        mine = [cells[measure.id, route] for route in shared]
        facts = [
            Ground(
                what=f"{cell.route} status",
                value=cell.status.value if cell.status else "unknown",
                ref="routes.toml",
                confidence=_UNSURE,
            )
            for cell in mine
        ]
        in_force = sum(cell.usable_today for cell in mine)
        outcome = Outcome.PASS if in_force == len(mine) else Outcome.PREPARED
        nl = f"{measure.text_nl}: {', '.join(shared)} overlappen; {in_force} daarvan van kracht"
        en = f"{measure.text_en}: {', '.join(shared)} overlap; {in_force} of them in force"
        yield Verdict.of("POWERS", measure.id, outcome, facts, nl, en, at)


_UNSURE = Confidence.UNCONFIRMED


def _cells(cells: list[Cell]) -> str:
    return ", ".join(f"{cell.route} ({cell.grade})" for cell in cells)
