"""The policy: criteria, levels and vetoes as versioned data, and what changed between two versions."""

import hashlib
from dataclasses import dataclass
from functools import cache

import rfc8785

from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.risk import RiskClass
from meterkast.assurance.rules.sheet import sheet
from meterkast.model.finding import Finding, Severity

HIGHEST = 3
_EVERY = "every"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing to look at.

    Attributes:
        evidence: kinds of evidence that can carry a level.
        veto_nl: what makes the supplier untrusted for this component, whatever else is good.
    """

    id: str
    group: str
    text_nl: str
    text_en: str
    evidence: tuple[str, ...]
    veto_nl: str
    veto_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the framework.

    Attributes:
        reply_days: term in which the supplier may answer a draft verdict.
        required: least level by risk class and criterion; ``every`` is for criteria that are not named.
    """

    version: str
    confidence: Confidence
    reply_days: int
    decision_months: int
    refusal_reasons_days: int
    withdrawal_notice_days: int
    review_months: int
    groups_nl: dict[str, str]
    groups_en: dict[str, str]
    required: dict[str, dict[str, int]]
    criterion: tuple[Criterion, ...]

    def least(self, risk: RiskClass, criterion: str) -> int:
        """The least level that a component of a class needs on a criterion."""
        levels = self.required[risk]
        return levels.get(criterion, levels[_EVERY])

    def entries(self) -> dict[str, str]:
        """Every rule of the policy by its path, as text; what ``diff`` compares."""
        found = {name: str(getattr(self, name)) for name in _TERMS}
        for risk, levels in self.required.items():
            found |= {f"required.{risk}.{criterion}": str(level) for criterion, level in levels.items()}
        for criterion in self.criterion:
            found |= {
                f"criterion.{criterion.id}.group": criterion.group,
                f"criterion.{criterion.id}.text": criterion.text_en,
                f"criterion.{criterion.id}.veto": criterion.veto_en,
                f"criterion.{criterion.id}.evidence": ", ".join(criterion.evidence),
            }
        return found

    @property
    def digest(self) -> str:
        """SHA-256 over version and entries in canonical JSON: what a verdict was made with."""
        return hashlib.sha256(rfc8785.dumps({"version": self.version, **self.entries()})).hexdigest()

    def check(self) -> list[Finding]:
        """What is wrong with the policy: ``policy-*``, each with file and field."""
        known = {criterion.id for criterion in self.criterion}
        faults = [
            ("policy-class-missing", f"required.{risk}") for risk in RiskClass if risk not in self.required
        ]
        for risk, levels in self.required.items():
            faults += [("policy-default-missing", f"required.{risk}.every")] if _EVERY not in levels else []
            for criterion, level in levels.items():
                where = f"required.{risk}.{criterion}"
                if criterion not in known | {_EVERY}:
                    faults.append(("policy-criterion-unknown", where))
                if not 0 <= level <= HIGHEST:
                    faults.append(("policy-level-wrong", where))
        faults += [
            ("policy-group-empty", f"groups.{group}")
            for group in self.groups_en
            if group not in {criterion.group for criterion in self.criterion}
        ]
        return [
            Finding(code=code, severity=Severity.ERROR, message=f"framework.toml:{where}")
            for code, where in faults
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule that differs between two versions; None where a version has no such rule."""

    path: str
    before: str | None
    after: str | None


def diff(before: Policy, after: Policy) -> tuple[Change, ...]:
    """What changed from one version to another, by path."""
    old, new = before.entries(), after.entries()
    return tuple(
        Change(path=path, before=old.get(path), after=new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


@cache
def policy() -> Policy:
    """The packaged version."""
    return sheet(Policy, "framework")


_TERMS = (
    "reply_days",
    "decision_months",
    "refusal_reasons_days",
    "withdrawal_notice_days",
    "review_months",
)
