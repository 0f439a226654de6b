"""The case as lines of text for people: a sign, a word, a sentence, and what keeps it from being better."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from meterkast.assurance.case.judgement import Judgement
from meterkast.assurance.case.mission import RowState
from meterkast.assurance.case.mission import tally as counted
from meterkast.assurance.case.reference import Kind, Outcome
from meterkast.assurance.case.standing import Standing
from meterkast.assurance.case.status import Status

_INDENT, _WORD = 2, 9
_NOT_RUN = {
    "nl": "Probes zijn hier nog niet uitgevoerd: meterkast assurance run",
    "en": "Probes have not been run here yet: meterkast assurance run",
}
_ADVICE = {
    "nl": "Aantekeningen voor software; geen juridisch advies.",
    "en": "Research notes for software; no legal advice.",
}
_ROWS = {"nl": "rijen", "en": "rows"}
_ATTACK = "⚔"


def whole(standing: Standing, *, language: str, width: int) -> Iterator[str]:
    """The tree from the goal down, what stands twice written once, and how many claims stand how."""
    head = standing.sources.dossier.head
    yield from wrapped(
        f"{head.id} · {standing.sources.day} · {getattr(head, f'title_{language}')}", 0, width=width
    )
    yield ""
    written: set[str] = set()
    for name in (standing.case.goal, *standing.case.claims):
        if name not in written:
            yield from _tree(standing, name, 0, language, width, written)
    yield ""
    found = Counter(each.status for each in standing.judged.values())
    words = (
        f"{found[status]} {getattr(status.label, language)}" for status in reversed(Status) if found[status]
    )
    yield " · ".join(words)
    if any(_not_run(each) for each in standing.judged.values()):
        yield _NOT_RUN[language]
    yield _ADVICE[language]


def one(standing: Standing, name: str, *, language: str, width: int) -> Iterator[str]:
    """One claim with everything that it rests on."""
    judgement = standing.judged[name]
    claim = judgement.claim
    yield f"{_stands(judgement.status, language)} {name}"
    yield from wrapped(getattr(claim, language), _INDENT, width=width)
    said = f"{claim.source}: “{claim.quote}”" if claim.quote else claim.source
    yield from wrapped(said, _INDENT, width=width)
    yield ""
    for below in standing.case.below(name):
        yield f"  {_stands(standing.judged[below].status, language)} claim:{below}"
    for outcome in judgement.outcomes:
        yield from _evidence(outcome, language, width)
    for defeater, attack in judgement.attacks:
        yield f"  {_ATTACK} {attack.value:<{_WORD}} {defeater.by}"
        yield from wrapped(getattr(defeater, language), _INDENT + _WORD + 3, width=width)


def row(stated: RowState, *, language: str, width: int, full: bool) -> Iterator[str]:
    """One row of the mission; in full with its quote and everything that it rests on."""
    state = stated.state
    word = state.nl if language == "nl" else state.value
    head = f"{state.sign} {word:<10} {stated.row.id}  {stated.row.source:<7} "
    yield from wrapped(stated.row.feature, len(head), width=width, first=head)
    if full:
        yield from wrapped(f"“{stated.row.quote}”", 2, width=width)
        for outcome in stated.outcomes:
            yield from _evidence(outcome, language, width)
    else:
        yield from wrapped(stated.why, len(head), width=width)


def tally(stated: Sequence[RowState], *, language: str) -> str:
    """How many rows there are of each state."""
    words = (
        f"{number} {state.nl if language == 'nl' else state.value}"
        for state, number in counted(stated).items()
    )
    return f"{len(stated)} {_ROWS[language]}: {' · '.join(words)}"


def wrapped(text: str, indent: int, *, width: int, first: str | None = None) -> Iterator[str]:
    """Lines that fit; none for no text."""
    pad = " " * indent
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=pad if first is None else first,
        subsequent_indent=pad,
        break_on_hyphens=False,
    )


def _tree(
    standing: Standing, name: str, depth: int, language: str, width: int, written: set[str]
) -> Iterator[str]:
    judgement = standing.judged[name]
    head = f"{' ' * _INDENT * depth}{_stands(judgement.status, language)} "
    if name in written:
        yield f"{head}[{name}] ↑"
        return
    written.add(name)
    text = f"{getattr(judgement.claim, language)}  [{name}]"
    yield from wrapped(text, len(head), width=width, first=head)
    pad = " " * len(head)
    for weak in _reasons(judgement, language):
        yield from wrapped(weak, len(head) + 2, width=width, first=f"{pad}↳ ")
    for below in standing.case.below(name):
        yield from _tree(standing, below, depth + 1, language, width, written)


def _reasons(judgement: Judgement, language: str) -> Iterator[str]:
    """What keeps a claim down, apart from the claims below it, which speak for themselves."""
    weak = set(judgement.because)
    for outcome in judgement.outcomes:
        if str(outcome.reference) in weak:
            words = [getattr(outcome, language), outcome.reason]
            yield f"{outcome.reference}: {'; '.join(each for each in words if each)}"
    for defeater, _ in judgement.attacks:
        if str(defeater.by) in weak:
            yield f"{_ATTACK} {defeater.by}: {getattr(defeater, language)}"


def _evidence(outcome: Outcome, language: str, width: int) -> Iterator[str]:
    yield f"  {_stands(outcome.status, language)} {outcome.reference}"
    for text in (getattr(outcome, language), outcome.reason, outcome.where):
        yield from wrapped(text, _INDENT + _WORD + 3, width=width)


def _stands(status: Status, language: str) -> str:
    return f"{status.label.sign} {getattr(status.label, language):<{_WORD}}"


def _not_run(judgement: Judgement) -> bool:
    return any(each.reference.kind is Kind.PROBE and not each.found for each in judgement.outcomes)
