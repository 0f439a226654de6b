"""From a site and a dossier to the report: everything is read, judged and put into words, once."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from meterkast.assurance import dossier as dossiers
from meterkast.assurance import framework, rules, tender
from meterkast.assurance.case.pack import make
from meterkast.assurance.case.record import Entry, Record
from meterkast.assurance.case.standing import CASE_FILE, Standing
from meterkast.assurance.case.statement import Predicate
from meterkast.assurance.dossier import Dossier, Source, gaps
from meterkast.assurance.report.answer import answer, asked_at
from meterkast.assurance.report.deadline import Deadline, due_on
from meterkast.assurance.report.disclosure import Audience, Sentinel
from meterkast.assurance.report.document import Report, numbered
from meterkast.assurance.report.factsheet import fact_sheet
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.matter import actors, judged, purchase, tenders
from meterkast.assurance.report.matter.citing import Citing
from meterkast.assurance.report.question import QuestionSet, of_dossier, read_questions
from meterkast.assurance.report.row import Matter
from meterkast.assurance.report.sentence import load_templates

_FILED, _TERM, _ANSWERED = "questions-put", "answer-term-weeks", "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A report, and what is needed to publish it.

    Attributes:
        sentinel: what every octet passes on its way out.
        evidence: the signed record behind it as a pack of its own; None where there is none to give, or where
            it holds what this audience may not read.
        signatories: ids of those who must sign.
    """

    report: Report
    sentinel: Sentinel
    evidence: dict[str, Any] | None
    signatories: tuple[str, ...]


def prepare(
    site: Path,
    *,
    now: float,
    dossier: Path | None = None,
    questions: Path | None = None,
    at: date | None = None,
    audience: Audience = Audience.PUBLIC,
) -> Prepared:
    """Answers every question of a dossier, or of a question set, from the case of a site.

    Args:
        site: state folder with the evidence.
        now: Unix seconds of real time.
        dossier: folder of another dossier; None takes the packaged one.
        questions: file with a question set; None takes the dossier's own.
        at: day for which rules are evaluated; today where it is None.
        audience: who will read it.

    Raises:
        DataError, TrustError: a file is not what it should be, or the evidence was tampered with.
    """
    facts = dossiers.load(dossier)
    day = at or datetime.fromtimestamp(now, UTC).date()
    asked = of_dossier(facts) if questions is None else read_questions(questions)
    record = Record(site)
    entries = record.entries()
    standing = _standing(site, dossier, now)
    matter = _matter(facts, standing, entries, day)
    report = _report(asked, facts, matter, day, now, audience)
    return Prepared(
        report=report,
        sentinel=Sentinel(matter.guarded(), audience),
        evidence=_evidence(record, standing, entries, facts.head.id, now, audience),
        signatories=asked.signatories,
    )


def _standing(site: Path, dossier: Path | None, now: float) -> Standing | None:
    """The case; a dossier of somebody's own may come without one, and then no claim is judged."""
    if dossier is not None and not (dossier / "case" / CASE_FILE).is_file():
        return None
    return Standing.at(site, dossier=dossier, now=now)


def _matter(facts: Dossier, standing: Standing | None, entries: tuple[Entry, ...], day: date) -> Matter:
    citing = Citing(facts)
    return Matter(
        chain(
            purchase.rows(citing),
            tenders.rows(citing),
            actors.rows(citing, day),
            judged.claims(standing.judged if standing else {}, entries),
            judged.verdicts(
                [*rules.evaluate(facts, day), *framework.evaluate(facts, day), *tender.evaluate(facts, day)],
                facts,
            ),
            judged.models(facts),
            judged.gaps(gaps.find(facts), citing),
        )
    )


def _report(
    asked: QuestionSet, facts: Dossier, matter: Matter, day: date, now: float, audience: Audience
) -> Report:
    templates = (*load_templates(), *asked.templates)
    answers = tuple(answer(each, matter, templates, audience) for each in asked.questions)
    place = asked_at(asked.questions[0])
    sheet = fact_sheet(matter, templates, place, audience)
    names = {party.id: party.name("nl") for party in facts.parties}
    return Report(
        id=asked.id,
        title=asked.title,
        at=day,
        made_at=now,
        audience=audience,
        signatories=tuple(names.get(each, each) for each in asked.signatories),
        answers=answers,
        sheet=sheet,
        deadline=_deadline(asked, facts, now),
        notes=(notes := numbered(answers, sheet)),
        sources=tuple(source for source in facts.sources if any(_cites(note, source) for note in notes)),
    )


def _cites(note: Footnote, source: Source) -> bool:
    return any(place.partition(":")[0] == source.id for place in note.place.split(", "))


def _deadline(asked: QuestionSet, facts: Dossier, now: float) -> Deadline | None:
    due = [question.due for question in asked.questions if question.due]
    if not due:
        return None
    own = facts.facts if asked.id == facts.head.id else {}
    filed, weeks, fact = own.get(_FILED), own.get(_TERM), own.get(_ANSWERED)
    return Deadline(
        due=due_on(filed.value, timedelta(weeks=weeks.value)) if filed and weeks else min(due),
        filed=filed.value if filed else None,
        answered=fact.value if fact else None,
        confidence=fact.confidence.value if fact else "",
        today=datetime.fromtimestamp(now, UTC).date(),
    )


def _evidence(
    record: Record,
    standing: Standing | None,
    entries: tuple[Entry, ...],
    dossier: str,
    now: float,
    audience: Audience,
) -> dict[str, Any] | None:
    readable = all(
        each.statement.predicate is Predicate.AUDIT
        or audience.may_read(Audience(each.statement.disclosure.value))
        for each in entries
    )
    if not entries or not readable or standing is None:
        return None
    return make(record, standing.judged, dossier=dossier, now=now)
