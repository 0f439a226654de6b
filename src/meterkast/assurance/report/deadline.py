"""The term for answering: three weeks from the day on which the questions were sent in."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from meterkast.assurance.report.words import Words, day

TERM = timedelta(weeks=3)


def due_on(filed: date, term: timedelta = TERM) -> date:
    """The last day of the term."""
    return filed + term


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How the answers stand towards their term.

    Attributes:
        filed: the day on which the questions were sent in, where it is known.
        answered: the day of the answers that the dossier holds; None while there are none.
        confidence: of that day.
        today: the day on which this was computed.
    """

    due: date
    answered: date | None
    confidence: str
    today: date
    filed: date | None = None

    @property
    def days_late(self) -> int:
        """Days after the term on which they were answered, or today while they are not; 0 within it."""
        return max(0, ((self.answered or self.today) - self.due).days)

    @property
    def words(self) -> Words:
        """For people: when the term began, when it ends, and how the answers stand towards it."""
        if self.filed is None:
            return self._standing
        filed, length = day(self.filed), (self.due - self.filed).days
        return Words(
            f"Ingezonden op {filed.nl}; de termijn is {length} dagen. {self._standing.nl}",
            f"Sent in on {filed.en}; the term is {length} days. {self._standing.en}",
        )

    @property
    def _standing(self) -> Words:
        due, late = day(self.due), self.days_late
        if self.answered is None:
            left = (self.due - self.today).days
            if late:
                return Words(
                    f"De antwoorden moesten er op {due.nl} zijn: {late} dagen geleden.",
                    f"The answers were due on {due.en}: {late} days ago.",
                )
            return Words(
                f"De antwoorden moeten er op {due.nl} zijn: over {left} dagen.",
                f"The answers are due on {due.en}: in {left} days.",
            )
        when = day(self.answered)
        doubt = (
            Words("", "")
            if self.confidence == "verified"
            else Words(" (datum onbevestigd)", " (day unconfirmed)")
        )
        how = Words(f"{late} dagen te laat", f"{late} days late") if late else Words("op tijd", "in time")
        return Words(
            f"De antwoorden moesten er op {due.nl} zijn en zijn van {when.nl}{doubt.nl}: {how.nl}.",
            f"The answers were due on {due.en} and are of {when.en}{doubt.en}: {how.en}.",
        )

    def to_dict(self) -> dict[str, Any]:
        """The deadline as JSON-able values."""
        return {
            "filed": self.filed.isoformat() if self.filed else None,
            "due": self.due.isoformat(),
            "answered": self.answered.isoformat() if self.answered else None,
            "confidence": self.confidence,
            "days_late": self.days_late,
            "text": self.words.to_dict(),
        }
