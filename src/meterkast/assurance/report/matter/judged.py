"""What is judged: claims by the case, rules by their verdicts, gaps by the finder."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from meterkast.assurance.case.claim import Effect
from meterkast.assurance.case.judgement import Attack, Judgement
from meterkast.assurance.case.models import answer
from meterkast.assurance.case.record import Entry
from meterkast.assurance.case.statement import Predicate
from meterkast.assurance.dossier import Dossier
from meterkast.assurance.dossier.gaps import Gap
from meterkast.assurance.report.disclosure import Audience, Guarded
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.matter.citing import Citing
from meterkast.assurance.report.row import Row, yes
from meterkast.assurance.report.words import Words, listing
from meterkast.assurance.rules.book import Rule, rule_book
from meterkast.assurance.rules.verdict import NO_LEGAL_ADVICE_EN, NO_LEGAL_ADVICE_NL, Outcome, Verdict

_DECIDED = {Outcome.PASS, Outcome.FLAG, Outcome.FAIL}
_TOLD_APART = 6
_RULES_OF = "2026Z00004"
_MODELS = ("continuity.take-over", "continuity.channels", "continuity.n-minus-one", "continuity.bridge")


def claims(judged: Mapping[str, Judgement], entries: Sequence[Entry]) -> Iterator[Row]:
    """Every claim of the case, with the evidence that it stands on."""
    latest = {str(entry.statement.reference): entry for entry in entries}
    for judgement in judged.values():
        yield _claim(judgement, latest)


def verdicts(found: Iterable[Verdict], dossier: Dossier) -> Iterator[Row]:
    """What every rule says: one row for each of its outcomes, with all subjects that it is said of.

    Where a rule was put in words means something for the dossier that it was taken from, and for no other.
    """
    groups: dict[tuple[str, Outcome], list[Verdict]] = {}
    for verdict in found:
        groups.setdefault((verdict.rule, verdict.outcome), []).append(verdict)
    for (rule, outcome), said in groups.items():
        yield _verdict(rule_book().get(rule), outcome, said, own=dossier.head.id == _RULES_OF)


def gaps(found: Iterable[Gap], citing: Citing) -> Iterator[Row]:
    """Every contradiction and gap that was found, with all its places."""
    for gap in found:
        places = [str(place) for place in gap.places]
        words = Words(gap.text_nl, gap.text_en)
        note = Footnote(
            id=f"gap:{gap.id}",
            mark=Mark.GAP,
            words=words,
            place=", ".join(places),
            proof={
                "gap": gap.id,
                "kind": str(gap.kind),
                "subject": str(gap.subject),
                "text": words.to_dict(),
                "missing": list(gap.missing),
                "would_settle_it": {"nl": gap.settled_nl, "en": gap.settled_en},
                "sources": [citing.source(place) for place in gap.places],
            },
        )
        yield Row(
            table="gap",
            tags={"id": gap.id, "kind": str(gap.kind), "subject": str(gap.subject)},
            fields={"id": Words.same(gap.id), "text": words, "places": Words.same(", ".join(places))},
            notes=(note,),
            mark=Mark.GAP,
            places=frozenset(places),
        )


def models(dossier: Dossier) -> Iterator[Row]:
    """What the models of continuity say; a what-if rests on assumptions and settles nothing."""
    for name in _MODELS:
        said = answer(name, dossier)
        if said is not None:
            mark = Mark.OPEN if said.holds is None else Mark.COMPUTED
            words = Words(said.nl, said.en)
            proof = {
                "model": name,
                "holds": said.holds,
                "text": words.to_dict(),
                "inputs": dict(said.grounds),
            }
            note = Footnote(id=f"model:{name}", mark=mark, words=Words.same(f"model {name}"), proof=proof)
            yield Row(
                table="model", tags={"name": name}, fields={"explanation": words}, notes=(note,), mark=mark
            )


def _verdict(rule: Rule, outcome: Outcome, said: Sequence[Verdict], *, own: bool) -> Row:
    mark = Mark.COMPUTED if outcome in _DECIDED else Mark.OPEN
    title, word = Words(rule.title_nl, rule.title_en), Words(outcome.nl, outcome.en)
    note = Footnote(
        id=f"rule:{rule.id}/{outcome.value}",
        mark=mark,
        words=Words(f"regel {rule.id}, {title.nl}: {word.nl}", f"rule {rule.id}, {title.en}: {word.en}"),
        place=str(rule.ref) if own else "",
        day=said[0].at,
        proof={
            "rule": rule.id,
            "title": title.to_dict(),
            "quote": rule.quote if own else None,
            "verdicts": [each.to_dict() for each in said],
            "no_legal_advice": {"nl": NO_LEGAL_ADVICE_NL, "en": NO_LEGAL_ADVICE_EN},
        },
    )
    told = said if len(said) <= _TOLD_APART else ()
    return Row(
        table="verdict",
        tags={"rule": rule.id, "outcome": outcome.value},
        fields={
            "rule": title,
            "subjects": listing([Words.same(each) for each in dict.fromkeys(each.subject for each in said)]),
            "outcome": word,
            "explanation": Words(
                " ".join(dict.fromkeys(each.explanation_nl for each in told)),
                " ".join(dict.fromkeys(each.explanation_en for each in told)),
            ),
        },
        notes=(note,),
        mark=mark,
        places=frozenset({str(rule.ref)}) if own else frozenset(),
    )


def _claim(judgement: Judgement, latest: Mapping[str, Entry]) -> Row:
    claim, mark = judgement.claim, Mark(judgement.status.value)
    words = Words(claim.nl, claim.en)
    entries = [latest[str(each.reference)] for each in judgement.outcomes if str(each.reference) in latest]
    note = Footnote(
        id=f"claim:{claim.id}",
        mark=mark,
        words=Words(f"bewering {claim.id}: {mark.words.nl}", f"claim {claim.id}: {mark.words.en}"),
        place=_place(claim.source),
        day=_day(judgement.at),
        proof={
            "claim": claim.id,
            "text": words.to_dict(),
            "status": judgement.status.value,
            "because": list(judgement.because),
            "rests_on": [
                {
                    "reference": str(each.reference),
                    "found": each.found,
                    "status": each.status.value,
                    "text": {"nl": each.nl, "en": each.en},
                    "where": each.where,
                    "reason": each.reason,
                }
                for each in judgement.outcomes
                if str(each.reference) not in latest
            ],
            "evidence": [_evidence(entry) for entry in entries],
            "attacked_by": [
                {
                    "by": str(each.by),
                    "stands": stands.value,
                    "rebuts": each.effect is Effect.REBUTS,
                    "text": {"nl": each.nl, "en": each.en},
                }
                for each, stands in judgement.attacks
            ],
        },
    )
    holding = [each for each, stands in judgement.attacks if stands is Attack.HOLDS]
    attacks = Words(
        "; ".join(each.nl.rstrip(".") for each in holding), "; ".join(each.en.rstrip(".") for each in holding)
    )
    return Row(
        table="claim",
        tags={
            "id": claim.id,
            "status": judgement.status.value,
            "attacked": yes(bool(holding)),
            "executed": yes(any(each.statement.predicate is Predicate.TEST for each in entries)),
        },
        fields={
            "text": Words(words.nl.rstrip("."), words.en.rstrip(".")),
            "status": mark.words,
            "meaning": mark.meaning,
            "attacks": attacks,
        },
        notes=(note,),
        mark=mark,
        places=frozenset({_place(claim.source)}),
    )


def _evidence(entry: Entry) -> dict[str, Any]:
    """What the record holds; of confidential evidence verdict, signer, scope and date, and nothing else."""
    statement = entry.statement
    public = {
        "entry": entry.number,
        "sha256": entry.digest,
        "signer": entry.signer,
        "reference": str(statement.reference),
        "verdict": statement.verdict,
        "date": _moment(statement.finished),
        "valid_until": _moment(statement.valid_until),
        "disclosure": statement.disclosure.value,
    }
    if statement.predicate is Predicate.AUDIT:
        return {
            **public,
            **{name: statement.own.get(name) for name in ("scope", "frequency", "party", "findings")},
        }
    inner = {
        "subjects": dict(statement.subjects),
        "run": statement.run,
        "tool": statement.tool,
        **statement.own,
    }
    disclosure = Audience(statement.disclosure.value)
    if disclosure is Audience.PUBLIC:
        return {**public, **inner}
    return {**public, "content": [Guarded(Words.same(str(value)), disclosure) for value in inner.values()]}


def _place(source: str) -> str:
    """``S3:29`` of ``2026Z00004, S3:29``."""
    return source.rpartition(" ")[2]


def _day(at: float | None) -> date | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).date()


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
