"""The ledger of a simulated life: what happened, and every promise that was broken."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ledger:
    """Counts and breaches.

    Attributes:
        counts: of everything that happened, by name.
        breaches: promises broken, as ``code`` and whose; the life is good where there are none.
    """

    counts: Counter[str] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    _serials: set[int] = field(default_factory=set)
    _lists: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def count(self, name: str, by: int = 1) -> None:
        """One more of these."""
        self.counts[name] += by

    def breach(self, code: str, whose: str) -> None:
        """A promise is broken."""
        self.breaches[code] += 1
        self.examples.setdefault(code, whose)

    def serial(self, number: int, whose: str) -> None:
        """A certificate was issued; no number may come twice."""
        self.count("certificates-issued")
        if number in self._serials:
            self.breach("serial-twice", whose)
        self._serials.add(number)

    def revocation_list(self, name: str, number: int, digest: bytes) -> None:
        """A list is out; numbers rise, and one number is one list."""
        before = self._lists.get(name)
        if before is not None and (number < before[0] or (number == before[0] and digest != before[1])):
            self.breach("list-number-reused", name)
        if before is None or before[0] != number:
            self.count("lists-published")
        self._lists[name] = number, digest
