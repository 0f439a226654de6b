"""What was asked, answered, said, decided, examined and audited."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from meterkast.assurance.dossier.fact import Confidence, Fact, Ref


class Disclosure(StrEnum):
    """Who may read it: everybody, parliament, the supervisor, or the owner and named auditors."""

    PUBLIC = "public"
    PARLIAMENT = "parliament"
    SUPERVISOR = "supervisor"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A parliamentary question, in our own short words.

    Attributes:
        answered_at: every place of the answer; empty while there is none.
        due: day on which the answer was due.
        asks: what it asks for, as topics that the rest of the dossier answers or leaves open.
        about: components, parties and contracts that it is about.
        origin: country whose parts it asks for, where it asks for parts.
    """

    id: str
    number: int
    text_nl: str
    text_en: str
    asked_at: Ref
    answered_at: tuple[Ref, ...]
    due: date
    asks: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an actor says. It is a *bewering*, never a proof.

    Attributes:
        quote: at most 20 words, as they stand in the source.
        text_nl: what is held, in our own words.
        about: components, parties and contracts that it is about.
        rests_on: components on which it can only hold if they do their work.
        article: article of law that it describes, with the ``limbs`` that it tells of.
    """

    id: str
    actor: str
    quote: str
    ref: Ref
    text_nl: str
    text_en: str
    about: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    article: str | None = None
    limbs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit, and the four fields that are public even where the report is not; None is not told.

    Attributes:
        outcome: what is said in public to have come out.
    """

    id: str
    component: str
    outcome: Fact[str]
    disclosure: Fact[Disclosure]
    scope: Fact[str] | None = None
    frequency: Fact[str] | None = None
    party: Fact[str] | None = None
    findings: Fact[int] | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the four are not told."""
        return tuple(
            name for name in ("scope", "frequency", "party", "findings") if getattr(self, name) is None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A risk analysis, a consultation, a threat report.

    Attributes:
        conclusions: None where they are not told.
        design: version of the design that it looked at; None where it is not told.
    """

    id: str
    by: tuple[str, ...]
    name_nl: str
    name_en: str
    about: tuple[str, ...]
    done: Fact[bool | None]
    disclosure: Disclosure = Disclosure.PUBLIC
    conclusions: Fact[str] | None = None
    design: Fact[str] | None = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decides, and what was decided; an outcome of None is not decided or not told."""

    id: str
    deciders: tuple[str, ...]
    text_nl: str
    text_en: str
    about: tuple[str, ...]
    outcome: Fact[str | None]
    decided_at: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """How a source names a document.

    Attributes:
        document: the document that is meant.
        written: the words of the citation.
    """

    document: str
    written: str
    places: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article of law, and what it holds, compared with what is said of it.

    Attributes:
        law_nl: its name in Dutch, where it is another.
        limbs: its parts, in order.
    """

    id: str
    law: str
    law_nl: str = ""
    limbs: tuple[str, ...]
    ref: Ref
    confidence: Confidence = Confidence.VERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Development:
    """Something that came after the texts, and changes how they read today.

    Attributes:
        since: day from which it holds.
        changes: places that read differently from then on.
    """

    id: str
    text_nl: str
    text_en: str
    since: date
    ref: Ref
    changes: tuple[Ref, ...] = ()
    confidence: Confidence = Confidence.VERIFIED
