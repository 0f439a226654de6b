"""Versions in time: which text of a rule holds on a day, and whether a day was forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Protocol, TypeVar

from meterkast.assurance.dossier.fact import Confidence
from meterkast.model.finding import Finding, Severity


class Status(StrEnum):
    """How far a text has come."""

    PLAN = "plan"
    DRAFT = "draft"
    PASSED = "passed"
    LAW = "law"
    POLICY = "policy"

    @property
    def binding(self) -> bool:
        """Whether meeting the text counts; of the others one can only be prepared for it."""
        return self in (Status.LAW, Status.POLICY)

    @property
    def nl(self) -> str:
        """The word in Dutch."""
        return _DUTCH[self]

    @property
    def en(self) -> str:
        """The word in English."""
        return _ENGLISH[self]


_DUTCH = {
    Status.PLAN: "aangekondigd",
    Status.DRAFT: "in voorbereiding",
    Status.PASSED: "aangenomen, nog niet geheel van toepassing",
    Status.LAW: "van kracht",
    Status.POLICY: "eigen regel van de kopers",
}
_ENGLISH = {
    Status.PLAN: "announced",
    Status.DRAFT: "in preparation",
    Status.PASSED: "passed, not yet fully applicable",
    Status.LAW: "in force",
    Status.POLICY: "the buyers' own rule",
}


class Dated(Protocol):
    """Anything that holds from a day, up to but not including another."""

    @property
    def valid_from(self) -> date:
        """The first day."""

    @property
    def valid_to(self) -> date | None:
        """The first day on which it no longer holds; None where no end is known."""


D = TypeVar("D", bound=Dated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One text of a rule, from ``valid_from`` up to but not including ``valid_to``."""

    valid_from: date
    status: Status
    valid_to: date | None = None
    confidence: Confidence = Confidence.UNCONFIRMED
    source: str = ""
    note_nl: str = ""
    note_en: str = ""


def version_at(versions: Sequence[D], at: date) -> D | None:
    """The version that holds on a day, or None before the first and after the last."""
    for version in versions:
        if version.valid_from <= at and (version.valid_to is None or at < version.valid_to):
            return version
    return None


def check(versions: Sequence[Dated], where: str) -> list[Finding]:
    """What is wrong with the versions of a rule; ``where`` names its file and record.

    The codes are ``rule-no-version``, ``rule-backwards``, ``rule-overlap`` and ``rule-gap-in-time``.
    """
    if not versions:
        return [_finding("rule-no-version", f"{where}.version: the rule never holds.")]
    findings = [
        _finding("rule-backwards", f"{where}.valid-to: a version ends before it starts.")
        for version in versions
        if version.valid_to is not None and version.valid_to <= version.valid_from
    ]
    ordered = sorted(versions, key=lambda version: version.valid_from)
    for earlier, later in pairwise(ordered):
        if earlier.valid_to is None or earlier.valid_to > later.valid_from:
            message = f"{where}.valid-to: two versions hold on {later.valid_from}."
            findings.append(_finding("rule-overlap", message))
        elif earlier.valid_to < later.valid_from:
            message = f"{where}.valid-to: no version holds on {earlier.valid_to}."
            findings.append(_finding("rule-gap-in-time", message))
    return findings


def _finding(code: str, message: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message)
