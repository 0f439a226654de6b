"""How it was bought: the procedure, who took part, what was published, which room was used and examined."""

from collections.abc import Iterator

from meterkast.assurance.dossier.fact import Fact
from meterkast.assurance.dossier.procedure import Examination, Instrument, Kind, Notice, Procedure
from meterkast.assurance.report.disclosure import Guarded
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.matter.citing import Citing, lower
from meterkast.assurance.report.row import Row, yes
from meterkast.assurance.report.words import UNKNOWN, WITHHELD, Words, day

_KINDS = {
    Kind.OPEN: Words("een openbare procedure", "an open procedure"),
    Kind.SELECTIVE: Words("een procedure met selectie vooraf", "a procedure with prior selection"),
}
_TOPICS = {
    "abnormally-low-tender": Words("een abnormaal lage inschrijving", "an abnormally low tender"),
    "foreign-subsidy": Words("subsidie van buiten de EU", "a subsidy from outside the EU"),
    "union-state-aid": Words("staatssteun binnen de EU", "state aid within the EU"),
}
_INQUIRIES = {
    "fsr-notification": Words(
        "een melding onder de Foreign Subsidies Regulation",
        "a notification under the Foreign Subsidies Regulation",
    ),
    "cost-explanation": Words("een kostentoelichting van de inschrijver", "a cost explanation by the bidder"),
    "state-aid-review": Words("een toets op staatssteun", "a state-aid review"),
}


def rows(citing: Citing) -> Iterator[Row]:
    """Everything about tenders, one after the other."""
    for procedure in citing.dossier.procedures:
        component = lower(citing.component(procedure.component))
        if procedure.phases:
            yield _phases(procedure, component, citing)
        if procedure.restricted_to_countries is not None:
            yield _restriction(procedure.id, procedure.restricted_to_countries, component, citing)
        if procedure.bidders is not None:
            yield _bidders(procedure.id, procedure.bidders, component, citing)
        for notice in procedure.notices:
            yield _notice(procedure.id, notice, component, citing)
        for instrument in procedure.instruments:
            yield _instrument(procedure.id, instrument, component, citing)
        for examination in procedure.examinations:
            yield _examination(procedure.id, examination, component, citing)


def _phases(procedure: Procedure, component: Words, citing: Citing) -> Row:
    return Row(
        table="procedure",
        tags={"id": procedure.id, "kind": procedure.kind.value if procedure.kind else "unknown"},
        fields={"component": component, "kind": _KINDS[procedure.kind] if procedure.kind else UNKNOWN},
        notes=tuple(citing.fact(fact) for fact in procedure.phases),
        mark=Mark.COMPUTED,
    )


def _restriction(id: str, restricted: Fact[bool], component: Words, citing: Citing) -> Row:
    return Row(
        table="restriction",
        tags={"id": id, "restricted": yes(restricted.value)},
        fields={"component": component},
        notes=(citing.fact(restricted),),
        mark=Mark.ASSERTED,
    )


def _bidders(id: str, bidders: Fact[str | None], component: Words, citing: Citing) -> Row:
    names = WITHHELD if bidders.value is None else Guarded(Words.same(bidders.value))
    return Row(
        table="bidders",
        tags={"id": id},
        fields={"component": component, "names": names},
        notes=(citing.fact(bidders, value=names),),
    )


def _notice(id: str, notice: Notice, component: Words, citing: Citing) -> Row:
    title = Words.same(notice.title)
    note = citing.place("notice", notice.title, notice.ref, title, Mark.RECORDED, {"url": notice.url or None})
    return Row(
        table="notice",
        tags={"procedure": id, "dated": yes(notice.date is not None)},
        fields={"title": title, "day": day(notice.date), "component": component},
        notes=(note,),
    )


def _instrument(id: str, instrument: Instrument, component: Words, citing: Citing) -> Row:
    facts = [instrument.used, *([instrument.reason] if instrument.reason else [])]
    return Row(
        table="instrument",
        tags={
            "id": instrument.id,
            "procedure": id,
            "used": yes(instrument.used.value),
            "reason": yes(bool(instrument.reason)),
        },
        fields={
            "name": lower(Words(instrument.name_nl, instrument.name_en)),
            "law": Words.same(instrument.law),
            "reason": Words.same(instrument.reason.value) if instrument.reason else UNKNOWN,
            "component": component,
        },
        notes=tuple(citing.fact(fact) for fact in facts),
        mark=Mark.OPEN if instrument.used.value is None else Mark.RECORDED,
    )


def _examination(id: str, examination: Examination, component: Words, citing: Citing) -> Row:
    speaks = examination.topic in examination.inquiry.speaks_to
    return Row(
        table="examination",
        tags={"procedure": id, "topic": examination.topic.value, "speaks": yes(speaks)},
        fields={
            "topic": _TOPICS[examination.topic.value],
            "inquiry": _INQUIRIES[examination.inquiry.value],
            "outcome": Words.same(f"“{examination.outcome.quote or examination.outcome.value}”"),
            "component": component,
        },
        notes=(citing.fact(examination.outcome),),
        mark=Mark.RECORDED if speaks else Mark.OPEN,
    )
