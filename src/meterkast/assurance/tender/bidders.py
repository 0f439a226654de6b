"""Who took part and how it ended: counts for everybody, names for nobody but the buyers and the court."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict

SMALLEST_CELL = 3
"""A count below this could name somebody, and is withheld."""


class Region(StrEnum):
    """Where a bidder is established, as coarse as can be published."""

    EEA = "eea"
    OTHER = "other"


class Ending(StrEnum):
    """How it ended for a bidder."""

    NOT_SELECTED = "not-selected"
    NO_BID = "no-bid"
    NOT_AWARDED = "not-awarded"
    AWARDED = "awarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One bidder. Names and reasons are sealed; ``repr`` shows neither."""

    bidder: str
    region: Region
    ending: Ending
    reason: str

    def __repr__(self) -> str:
        return f"Entry(region={self.region}, ending={self.ending})"


def publishable(entries: Sequence[Entry]) -> dict[str, int | None]:
    """Counts by region and ending that name nobody; None where a count is too small to tell."""
    counts = Counter(f"{entry.region}/{entry.ending}" for entry in entries)
    counts["total"] = len(entries)
    return {cell: count if count >= SMALLEST_CELL else None for cell, count in sorted(counts.items())}


def seal(entries: Sequence[Entry], key: bytes) -> str:
    """A keyed digest of the log: shows later that it was not changed, and tells nothing without the key."""
    lines = sorted(
        f"{entry.bidder}\x1f{entry.region}\x1f{entry.ending}\x1f{entry.reason}" for entry in entries
    )
    return hmac.new(key, "\x1e".join(lines).encode(), hashlib.sha256).hexdigest()


def bidders(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """BIDDERS: counts are told, names are not. A count is the fact ``bidders.PROCEDURE.CELL``."""
    for procedure in dossier.procedures:
        if procedure.bidders is None:
            continue
        prefix = f"bidders.{procedure.id}."
        told = {name: fact for name, fact in dossier.facts.items() if name.startswith(prefix)}
        named = procedure.bidders.value is not None
        facts = [Ground.of(name, fact) for name, fact in told.items()]
        # A name must not travel on in a verdict.
        sealed = Ground.at(f"{procedure.id} names", "told" if named else "sealed", procedure.bidders.ref)
        if named:
            outcome, nl, en = Outcome.FLAG, "namen zijn openbaar", "names are public"
        elif told:
            outcome = Outcome.PASS
            nl = en = ", ".join(f"{name.removeprefix(prefix)}: {fact.value}" for name, fact in told.items())
        else:
            outcome, nl, en = (
                Outcome.OPEN,
                "namen verzegeld, geen aantallen verteld",
                "names sealed, no counts told",
            )
        yield Verdict.of("BIDDERS", procedure.id, outcome, [sealed, *facts], nl, en, at)
