"""Exclude a named vendor from designated parts: who orders it, why, on what grounds, and from when.

The order of Cbw art. 21a and Wwke art. 15a, with the words of the Bvit. Two ministers sign, a purpose is
named, lesser measures are weighed and rejected one by one, and what is in use gets a term for replacement.
Whether a measurement module is a part of a network and information system is a legal question, not answered
here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from meterkast.assurance.dossier.contract import Award, Contract
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.rules.routes import routes
from meterkast.assurance.rules.timeline import Status
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict
from meterkast.assurance.tender.effect import effect
from meterkast.model.errors import LocalError
from meterkast.model.finding import Finding, Severity

LAWS = ("CBW-21A", "WWKE-15A")
LINE_MINISTER = "line-minister"
JUSTICE = "minister-of-justice-and-security"


class Reason(StrEnum):
    """The two grounds of the law: (a) intention to harm, (b) close ties with or influence of such a one."""

    INTENTION = "a"
    TIES = "b"


class Purpose(StrEnum):
    """What the order is to do with a risk for national security."""

    PREVENT = "prevent"
    LIMIT = "limit"
    CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class LesserMeans:
    """A control measure that would have been lighter, and why it does not protect enough."""

    measure: str
    rejected_because: str = ""


class State(StrEnum):
    """Where an order is."""

    DRAFT = "draft"
    ASSESSED = "assessed"
    SIGNED_ONCE = "signed-once"
    IN_FORCE = "in-force"
    LIFTED = "lifted"


class Step(StrEnum):
    """What moves it on."""

    ASSESS = "assess"
    SIGN = "sign"
    COUNTERSIGN = "countersign"
    LIFT = "lift"


TRANSITIONS: dict[State, dict[Step, State]] = {
    State.DRAFT: {Step.ASSESS: State.ASSESSED},
    State.ASSESSED: {Step.SIGN: State.SIGNED_ONCE},
    State.SIGNED_ONCE: {Step.COUNTERSIGN: State.IN_FORCE},
    State.IN_FORCE: {Step.LIFT: State.LIFTED},
    State.LIFTED: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order not to use products or services of a named party; every step gives a new one.

    Attributes:
        party: who is named.
        law: one of ``LAWS``.
        facts: what the ground rests on; the seat, the name or the flag of a party is none.
        parts: designated components or parts.
        replacement_days: term for replacing what is in use.
        signatures: role and day, in order.
    """

    party: str
    law: str
    reason: Reason | None = None
    facts: tuple[Ground, ...] = ()
    parts: tuple[str, ...] = ()
    purpose: Purpose | None = None
    lesser_means: tuple[LesserMeans, ...] = ()
    replacement_days: int | None = None
    state: State = State.DRAFT
    signatures: tuple[tuple[str, date], ...] = ()

    @property
    def necessary(self) -> bool | None:
        """Whether it is shown to be necessary: lesser means were weighed and each was rejected with a reason.

        None where none were weighed.
        """
        if not self.lesser_means:
            return None
        return all(means.rejected_because.strip() for means in self.lesser_means)

    def check(self, at: date) -> list[Finding]:
        """What is missing before anybody can sign, each with the field it concerns."""
        status = routes().get(self.law).status(at) if self.law in LAWS else None
        faults = {
            "order-law": ("law", status is not Status.LAW),
            "order-reason": ("reason", self.reason is None),
            "order-facts": ("facts", not [fact for fact in self.facts if fact.ref]),
            "order-nationality": ("facts", any(_by_flag(fact) for fact in self.facts)),
            "order-parts": ("parts", not self.parts),
            "order-purpose": ("purpose", self.purpose is None),
            "order-not-necessary": ("lesser_means", not self.necessary),
            "order-no-term": ("replacement_days", not self.replacement_days),
        }
        return [
            Finding(
                code=code, severity=Severity.ERROR, message=f"order on {self.party}: {field}: {_FAULTS[code]}"
            )
            for code, (field, wrong) in faults.items()
            if wrong
        ]

    def assess(self, at: date) -> "Order":
        """Walks the assessment framework; nothing may be missing.

        Raises:
            LocalError: with the code of the first finding of ``check``.
        """
        for finding in self.check(at):
            raise LocalError(finding.code, finding.message)
        return replace(self, state=self._after(Step.ASSESS))

    def sign(self, role: str, on: date) -> "Order":
        """The first or the second signature; the order holds from the second on.

        Raises:
            LocalError: ``order-signer-wrong``; the two ministers sign, each once.
        """
        if role not in (LINE_MINISTER, JUSTICE) or role in {signer for signer, _ in self.signatures}:
            raise LocalError(
                "order-signer-wrong",
                "The line minister and Justice and Security sign, each once.",
                where=role,
            )
        step = Step.COUNTERSIGN if self.state is State.SIGNED_ONCE else Step.SIGN
        return replace(self, state=self._after(step), signatures=(*self.signatures, (role, on)))

    def lift(self) -> "Order":
        """Ends it."""
        return replace(self, state=self._after(Step.LIFT))

    def valid(self, at: date) -> bool:
        """Whether it binds on a day: two signatures, in force, and a law behind it."""
        signed = self.state is State.IN_FORCE and all(day <= at for _, day in self.signatures)
        return signed and not self.check(at)

    def _after(self, step: Step) -> State:
        following = TRANSITIONS[self.state].get(step)
        if following is None:
            raise LocalError("order-wrong-step", f"An order that is {self.state} cannot {step}.")
        return following


def exclusion(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """EXCLUSION: what an order on each awarded vendor would touch; pending, as no order is known."""
    for decision in dossier.decisions:
        if not decision.id.startswith("forbid"):
            continue
        known = decision.outcome.value is not None
        facts = [Ground.of(decision.id, decision.outcome)]
        nl = "een besluit is genoemd" if known else "geen besluit bekend; gevolgen per leverancier volgen"
        en = "a decision is told" if known else "no decision known; effects by vendor follow"
        outcome = Outcome.FLAG if known else Outcome.PENDING
        yield Verdict.of("EXCLUSION", decision.id, outcome, facts, nl, en, at)
    for contract in dossier.contracts:
        for award in contract.awards:
            yield _what_if(dossier, contract, award, at)


def _what_if(dossier: Dossier, contract: Contract, award: Award, at: date) -> Verdict:
    found, party = effect(dossier, award.party), dossier.party(award.party)
    nl = (
        f"een order op {party.name('nl')} zou {found.households} eenheden en evenveel huishoudens raken, "
        f"€ {found.hardware_eur:.0f} aan modules en {found.weeks:.0f} weken bij het tempo van het contract"
    )
    en = (
        f"an order on {party.name('en')} would touch {found.households} units and as many households, "
        f"EUR {found.hardware_eur:.0f} of modules and {found.weeks:.0f} weeks at the contract's pace"
    )
    facts = [
        Ground.of(f"{contract.id} units", contract.units),
        Ground.of(f"{award.party} share", award.share),
        Ground.at(f"{award.party} installed already", found.units_installed),
    ]
    return Verdict.of("EXCLUSION", f"{contract.id}/{award.party}", Outcome.PENDING, facts, nl, en, at)


_FLAGS = ("seat", "nationality", "name", "origin")
_FAULTS = {
    "order-law": "no law carries it on this day",
    "order-reason": "neither ground (a) nor (b) is named",
    "order-facts": "no fact with a source",
    "order-nationality": "seat, name or nationality is no ground",
    "order-parts": "no part is designated",
    "order-purpose": "a purpose is needed: prevent, limit or control",
    "order-not-necessary": "lesser means must be weighed and rejected, each with a reason",
    "order-no-term": "a term for replacement is needed",
}


def _by_flag(fact: Ground) -> bool:
    return fact.what.split()[-1:] in [[flag] for flag in _FLAGS]
