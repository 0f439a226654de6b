"""A verdict: what a rule says of a subject on a date, and which fact decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from meterkast.assurance.dossier.fact import Confidence, Fact, Ref

NO_LEGAL_ADVICE_NL = "Aantekeningen voor software; geen juridisch advies."
NO_LEGAL_ADVICE_EN = "Research notes for software; no legal advice."

UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a rule can say. Only ``PASS`` and ``FLAG`` mean that it is met."""

    FAIL = "fail"
    OPEN = "open"
    PENDING = "pending"
    PREPARED = "prepared"
    FLAG = "flag"
    PASS = "pass"

    @property
    def sign(self) -> str:
        """One character, so that colour is never alone."""
        return _WORDS[self][0]

    @property
    def nl(self) -> str:
        """The word in Dutch."""
        return _WORDS[self][1]

    @property
    def en(self) -> str:
        """The word in English."""
        return _WORDS[self][2]

    @property
    def met(self) -> bool:
        """Whether the rule is met."""
        return self in (Outcome.PASS, Outcome.FLAG)


_WORDS = {
    Outcome.FAIL: ("✗", "voldoet niet", "fails"),
    Outcome.OPEN: ("?", "open", "open"),
    Outcome.PENDING: ("…", "in afwachting", "pending"),
    Outcome.PREPARED: ("✎", "voorbereid", "prepared"),
    Outcome.FLAG: ("⚑", "voldoet, met vlag", "passes, flagged"),
    Outcome.PASS: ("✓", "voldoet", "passes"),
}
_ORDER = tuple(_WORDS)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of several; ``OPEN`` of none, as nothing seen proves nothing."""
    return min(outcomes, key=_ORDER.index, default=Outcome.OPEN)


def best(outcomes: Iterable[Outcome]) -> Outcome:
    """The best of several, where one is enough; ``OPEN`` of none."""
    return max(outcomes, key=_ORDER.index, default=Outcome.OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A fact that a verdict rests on.

    Attributes:
        what: subject and field, for example ``C2/P7 production``.
        value: as text; ``unknown`` where nobody said.
        ref: document and line, or the data file that holds it; empty where the fact is missing.
    """

    what: str
    value: str
    ref: str = ""
    confidence: Confidence = Confidence.VERIFIED

    @classmethod
    def of(cls, what: str, fact: Fact[object] | None) -> "Ground":
        """A fact of the dossier; None is a fact that nobody told."""
        if fact is None:
            return cls(what=what, value=UNKNOWN)
        return cls(what=what, value=_text(fact.value), ref=str(fact.ref), confidence=fact.confidence)

    @classmethod
    def at(cls, what: str, value: object, ref: Ref | None = None) -> "Ground":
        """A field of a record that stands at ``ref``."""
        return cls(what=what, value=_text(value), ref="" if ref is None else str(ref))


def _text(value: object) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, tuple | list):
        return ", ".join(str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What ``rule`` says of ``subject`` on the day ``at``; the first of ``facts`` decides."""

    rule: str
    subject: str
    outcome: Outcome
    facts: tuple[Ground, ...]
    explanation_nl: str
    explanation_en: str
    at: date

    @classmethod
    def of(
        cls, rule: str, subject: str, outcome: Outcome, facts: Iterable[Ground], nl: str, en: str, at: date
    ) -> "Verdict":
        """A verdict whose two explanations are made into sentences."""
        return cls(
            rule=rule,
            subject=subject,
            outcome=outcome,
            facts=tuple(facts),
            explanation_nl=_sentence(nl),
            explanation_en=_sentence(en),
            at=at,
        )

    def to_dict(self) -> dict[str, object]:
        """The verdict as the command line contract prints it."""
        return {
            "rule": self.rule,
            "subject": self.subject,
            "outcome": self.outcome.value,
            "explanation": {"nl": self.explanation_nl, "en": self.explanation_en},
            "facts": [
                {"what": fact.what, "value": fact.value, "ref": fact.ref, "confidence": fact.confidence}
                for fact in self.facts
            ],
            "at": self.at.isoformat(),
        }


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")
