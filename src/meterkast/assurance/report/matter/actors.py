"""What actors say, own, decide, examine and audit. What somebody says is an assertion, whoever it is."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Fact
from meterkast.assurance.dossier.party import MAJORITY, Ownership
from meterkast.assurance.dossier.record import Analysis, Audit, Decision, Development, Disclosure, Statement
from meterkast.assurance.report.disclosure import Audience, Guarded
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.matter.citing import Citing, lower
from meterkast.assurance.report.row import Row, yes
from meterkast.assurance.report.words import UNKNOWN, Words, day, figure, listing, percent

_AUDIT_FIELDS = {
    "scope": Words("reikwijdte", "scope"),
    "frequency": Words("frequentie", "frequency"),
    "party": Words("onafhankelijke partij", "independent party"),
    "findings": Words("bevindingen", "findings"),
}


def rows(citing: Citing, at: date) -> Iterator[Row]:
    """Everything about actors, in the order of the dossier; what came after ``at`` is unknown."""
    dossier = citing.dossier
    for statement in dossier.statements:
        yield _statement(statement, citing)
    told: set[str] = set()
    for ownership in dossier.ownerships:
        if ownership.id not in told:
            others = [other for other in dossier.ownerships if ownership.contradicts(other)]
            told.update(other.id for other in others)
            yield _ownership(ownership, others, citing)
    for audit in dossier.audits:
        yield from _audit(audit, citing)
    for analysis in dossier.analyses:
        yield _analysis(analysis, citing)
    for decision in dossier.decisions:
        yield _decision(decision, citing)
    for development in dossier.developments:
        if development.since <= at:
            yield _development(development, citing)
    for name, fact in dossier.facts.items():
        yield _fact(name, fact, citing)


def _statement(statement: Statement, citing: Citing) -> Row:
    quote = " ".join(statement.quote.split())
    note = citing.place(
        "statement",
        statement.id,
        statement.ref,
        Words.same(f"“{quote}”"),
        Mark.ASSERTED,
        {"actor": citing.name(statement.actor).to_dict(), "quote": quote, "asserted_only": True},
    )
    return Row(
        table="statement",
        tags={"id": statement.id, "actor": statement.actor},
        fields={
            "actor": citing.name(statement.actor),
            "text": _within(Words(statement.text_nl, statement.text_en)),
            "quote": Words.same(quote),
        },
        notes=(note,),
        mark=Mark.ASSERTED,
        places=frozenset({str(statement.ref)}),
    )


def _ownership(ownership: Ownership, others: list[Ownership], citing: Citing) -> Row:
    return Row(
        table="ownership",
        tags={
            "owner": ownership.owner,
            "owned": ownership.owned,
            "told": yes(ownership.share.value is not None),
            "conflict": yes(bool(others)),
            "controls": yes(ownership.controls),
        },
        fields={
            "owner": citing.name(ownership.owner),
            "owned": citing.name(ownership.owned),
            "share": _share(ownership),
            "place": Words.same(str(ownership.share.ref)),
            "others": listing(
                [Words(f"{_share(o).nl} ({o.share.ref})", f"{_share(o).en} ({o.share.ref})") for o in others]
            ),
        },
        notes=tuple(citing.fact(each.share) for each in (ownership, *others)),
        mark=Mark.OPEN if ownership.share.value is None else Mark.ASSERTED,
        places=frozenset({str(ownership.share.ref)}),
    )


def _share(ownership: Ownership) -> Words:
    value = ownership.share.value
    if value == MAJORITY:
        return Words("een meerderheid", "a majority")
    return percent(value) if isinstance(value, float) else UNKNOWN


def _audit(audit: Audit, citing: Citing) -> Iterator[Row]:
    component = lower(citing.component(audit.component))
    missing = listing([_AUDIT_FIELDS[name] for name in audit.missing])
    yield Row(
        table="audit",
        tags={"id": audit.id, "disclosure": audit.disclosure.value.value, "complete": yes(not audit.missing)},
        fields={
            "component": component,
            "missing": missing,
            "outcome": Words.same(f"“{' '.join((audit.outcome.quote or audit.outcome.value).split())}”"),
        },
        notes=(citing.fact(audit.outcome), citing.fact(audit.disclosure)),
        mark=Mark.OPEN if audit.missing else Mark.RECORDED,
    )
    for name, words in _AUDIT_FIELDS.items():
        fact: Fact[Any] | None = getattr(audit, name)
        yield Row(
            table="audit-field",
            tags={"audit": audit.id, "field": name, "told": yes(fact is not None)},
            fields={
                "component": component,
                "field": words,
                "value": _audit_value(name, fact, citing),
            },
            notes=(citing.fact(fact or audit.disclosure),),
            mark=Mark.OPEN if fact is None else Mark.RECORDED,
        )


def _audit_value(name: str, fact: Fact[Any] | None, citing: Citing) -> Words:
    if fact is None or fact.value is None:
        return UNKNOWN
    if name == "party":
        return citing.name(str(fact.value))
    return figure(fact.value) if isinstance(fact.value, int) else Words.same(str(fact.value))


def _analysis(analysis: Analysis, citing: Citing) -> Row:
    notes = [citing.fact(analysis.done)]
    told: Words | Guarded = UNKNOWN
    if analysis.conclusions is not None:
        said = Words.same(analysis.conclusions.quote or analysis.conclusions.value)
        # what a public source quotes is public; only a conclusion of somebody's own files is kept back
        disclosed = analysis.disclosure is Disclosure.PUBLIC or bool(analysis.conclusions.quote)
        told = said if disclosed else Guarded(said, Audience(analysis.disclosure.value))
        notes.append(citing.fact(analysis.conclusions, value=told))
    return Row(
        table="analysis",
        tags={
            "id": analysis.id,
            "by": analysis.by[0] if len(analysis.by) == 1 else "several",
            "done": yes(analysis.done.value),
            "conclusions": yes(analysis.conclusions is not None),
            "disclosure": analysis.disclosure.value,
        },
        fields={
            "name": Words(analysis.name_nl, analysis.name_en),
            "by": listing([citing.name(each) for each in analysis.by]),
            "conclusions": told,
        },
        notes=tuple(notes),
        mark=Mark.OPEN if analysis.done.value is None else Mark.ASSERTED,
        places=frozenset({str(analysis.done.ref)}),
    )


def _decision(decision: Decision, citing: Citing) -> Row:
    fact = decision.outcome
    return Row(
        table="decision",
        tags={"id": decision.id, "decided": yes(fact.value is not None)},
        fields={
            "text": lower(Words(decision.text_nl, decision.text_en)),
            "deciders": listing([citing.name(each) for each in decision.deciders]),
            "outcome": Words.same(f"“{' '.join((fact.quote or str(fact.value)).split())}”"),
            "day": day(decision.decided_at),
        },
        notes=(citing.fact(fact),),
        mark=Mark.OPEN if fact.value is None else Mark.ASSERTED,
        places=frozenset({str(fact.ref)}),
    )


def _development(development: Development, citing: Citing) -> Row:
    words = Words(development.text_nl, development.text_en)
    note = citing.place(
        "development",
        development.id,
        development.ref,
        words,
        Mark.RECORDED,
        {"since": str(development.since)},
    )
    return Row(
        table="development",
        tags={"id": development.id},
        fields={"text": words, "day": day(development.since)},
        notes=(note,),
        places=frozenset(str(place) for place in development.changes),
    )


def _fact(name: str, fact: Fact[Any], citing: Citing) -> Row:
    return Row(
        table="fact",
        tags={"name": name, "told": yes(fact.value is not None)},
        fields={
            "name": Words.same(name),
            "quote": Words.same(" ".join(fact.quote.split())),
            "source": Words.same(_title(fact, citing.dossier)),
        },
        notes=(citing.fact(fact),),
        mark=Mark.OPEN if fact.value is None else Mark.RECORDED,
        places=frozenset({str(fact.ref)}),
    )


def _title(fact: Fact[Any], dossier: Dossier) -> str:
    return dossier.source(fact.ref.source).title


def _within(words: Words) -> Words:
    """A sentence as it stands within another: without its full stop."""
    return Words(words.nl.rstrip("."), words.en.rstrip("."))
