"""The rule book: every rule with its source, the rows of the mission it serves, and its days."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from meterkast.assurance.dossier.fact import Ref
from meterkast.assurance.rules.routes import Routes, routes
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.timeline import Version, check, version_at
from meterkast.assurance.rules.verdict import Outcome, Verdict
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        room: the room that evaluates it: ``rules``, ``framework`` or ``tender``.
        quote: words of the source, as they stand there.
        mission: rows of the mission that it serves.
        law: id of the legal route whose versions are its own; else it has versions itself.
    """

    id: str
    room: str
    title_nl: str
    title_en: str
    quote: str
    ref: Ref
    mission: tuple[str, ...]
    law: str = ""
    version: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """All rules, in the order in which verdicts are shown."""

    rule: tuple[Rule, ...]

    def get(self, id: str) -> Rule:
        """The rule of that id.

        Raises:
            DataError: ``rule-unknown``.
        """
        for rule in self.rule:
            if rule.id == id:
                return rule
        raise DataError("rule-unknown", f"There is no rule {id!r}.", where="rules.toml")

    def serving(self, mission: str) -> tuple[str, ...]:
        """The rules that serve a row of the mission, such as ``M060``."""
        return tuple(rule.id for rule in self.rule if mission in rule.mission)

    def versions(self, rule: Rule, law: Routes) -> tuple[Version, ...]:
        """The versions of a rule: those of its law, or its own."""
        return law.get(rule.law).version if rule.law else rule.version

    def check(self, law: Routes) -> list[Finding]:
        """Rules named twice (``rule-twice``), and gaps and overlaps in time."""
        findings = [
            Finding(
                code="rule-twice", severity=Severity.ERROR, message=f"rules.toml: {rule.id} stands twice."
            )
            for number, rule in enumerate(self.rule)
            if rule.id in {earlier.id for earlier in self.rule[:number]}
        ]
        for rule in self.rule:
            findings += check(self.versions(rule, law), f"rules.toml: {rule.id}")
        return findings

    def bound(self, verdict: Verdict, law: Routes) -> Verdict:
        """A verdict as far as its rule reaches on that day.

        Before and after its days a rule decides nothing: ``OPEN``. Under a text that does not bind yet,
        meeting it is being ``PREPARED`` and failing it is still ``OPEN``.
        """
        version = version_at(self.versions(self.get(verdict.rule), law), verdict.at)
        if version is None:
            return replace(
                verdict,
                outcome=Outcome.OPEN,
                explanation_nl=f"De regel geldt niet op {verdict.at}.",
                explanation_en=f"The rule does not hold on {verdict.at}.",
            )
        if version.status.binding:
            return verdict
        return replace(
            verdict,
            outcome=_UNBOUND.get(verdict.outcome, Outcome.OPEN),
            explanation_nl=f"{verdict.explanation_nl} De tekst is {version.status.nl}.",
            explanation_en=f"{verdict.explanation_en} The text is {version.status.en}.",
        )


_UNBOUND = {
    Outcome.PASS: Outcome.PREPARED,
    Outcome.FLAG: Outcome.PREPARED,
    Outcome.PREPARED: Outcome.PREPARED,
    Outcome.PENDING: Outcome.PENDING,
}


@cache
def rule_book() -> RuleBook:
    """The packaged rule book."""
    return sheet(RuleBook, "rules")


def bounded(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Verdicts as far as their rules reach on their day, by the packaged book and law."""
    book, law = rule_book(), routes()
    return [book.bound(verdict, law) for verdict in verdicts]
