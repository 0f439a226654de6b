"""One lint, and what it raises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from meterkast.model.errors import LocalError

Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint(Generic[Checked]):
    """One rule.

    Attributes:
        name: stable, kebab-case.
        source: the clause it comes from.
        holds: whether what is to be signed keeps the rule.
    """

    name: str
    source: str
    holds: Callable[[Checked], bool]


class LintError(LocalError):
    """What was to be signed breaks its profile: our own fault, and nothing was signed.

    Attributes:
        findings: names of the lints that failed.
    """

    def __init__(self, findings: list[str]) -> None:
        super().__init__(
            "pki-lint-failed",
            "What was to be signed breaks its profile; nothing was signed.",
            where=", ".join(findings),
            hint="Report it: the authority builds something that its own rules refuse.",
        )
        self.findings = findings
