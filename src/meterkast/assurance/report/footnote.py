"""A footnote: what one sentence rests on, and the proof behind it. From sentence to proof: two steps."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from meterkast.assurance.report.disclosure import Audience, revealed
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.words import Words

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_READABLE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Footnote:
    """What a sentence refers to.

    Attributes:
        id: ``fact:…``, ``statement:…``, ``claim:…``, ``rule:…``, ``gap:…``, ``model:…`` or ``place:…``.
        words: one line for people.
        place: document and line, or the data file or command that holds it.
        day: of the source or of the proof.
        confidence: ``verified`` or ``unconfirmed``, where the footnote is about a text.
        proof: the document behind it, with everything needed to check it; may hold guarded values.
    """

    id: str
    mark: Mark
    words: Words
    place: str = ""
    day: date | None = None
    confidence: str = ""
    proof: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Name of its proof in the evidence pack and on the page; no two ids share one."""
        readable = _UNSAFE.sub("-", self.id).strip("-")[:_READABLE]
        return f"{readable}.{hashlib.sha256(self.id.encode()).hexdigest()[:8]}.json"

    def to_dict(self, audience: Audience) -> dict[str, Any]:
        """The footnote with its proof, as far as this audience may read it."""
        return {
            "id": self.id,
            "mark": self.mark.value,
            "text": self.words.to_dict(),
            "place": self.place,
            "date": self.day.isoformat() if self.day else None,
            "confidence": self.confidence or None,
            "proof": revealed(self.proof, audience),
        }
