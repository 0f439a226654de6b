"""A reference to what a claim rests on, such as ``probe:no_switch``, and what became of looking it up."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from meterkast.assurance.case.status import Status
from meterkast.model.errors import DataError


class Kind(StrEnum):
    """What can be referred to."""

    CLAIM = "claim"
    PROBE = "probe"
    RULE = "rule"
    MODEL = "model"
    FACT = "fact"
    GAP = "gap"
    ASSERTION = "assertion"
    SEALED = "sealed"
    TEST = "test"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A kind and a name, written ``kind:name``."""

    kind: Kind
    name: str

    @classmethod
    def parse(cls, text: str, *, where: str | None = None) -> "Reference":
        """Reads the written form.

        Raises:
            DataError: ``reference-malformed``.
        """
        kind, colon, name = text.partition(":")
        if not colon or not name or kind not in {each.value for each in Kind}:
            raise DataError(
                "reference-malformed",
                f"{text!r} is not a reference.",
                where=where,
                hint=f"Write kind:name with a kind from {', '.join(Kind)}.",
            )
        return cls(Kind(kind), name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a reference leads to today.

    Attributes:
        reference: what was looked up.
        found: whether there is anything behind it; what is not found can never support a claim.
        status: what it can lead to at best, already reduced by age and change.
        nl: one sentence for people, in Dutch.
        en: the same in English.
        where: where a reader finds it: a command, a file, a document with its line.
        at: when it was established, Unix seconds of real time; None where it is computed now.
        reason: why it is not as good as it could be: what changed, expired or is missing.
    """

    reference: Reference
    found: bool
    status: Status
    nl: str = ""
    en: str = ""
    where: str = ""
    at: float | None = None
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as the command line contract prints it."""
        return {
            "reference": str(self.reference),
            "found": self.found,
            "status": self.status.value,
            "text": {"nl": self.nl, "en": self.en},
            "where": self.where,
            "at": self.at,
            "reason": self.reason,
        }
