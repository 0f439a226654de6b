"""What a consumer may on a date, and which generation of meter is on offer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence, Ref
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.timeline import check, version_at
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding

REFUSE = "refuse-replacement"
ALTERNATIVES = ("communication-off", "digital-meter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Whether a right exists, from a day up to but not including another."""

    valid_from: date
    allowed: bool
    ref: Ref
    confidence: Confidence
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Something that a consumer may do, or may not."""

    id: str
    text_nl: str
    text_en: str
    version: tuple[Version, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """All of them."""

    right: tuple[Right, ...]

    def get(self, id: str) -> Right:
        """The right of that id.

        Raises:
            DataError: ``right-unknown``.
        """
        for right in self.right:
            if right.id == id:
                return right
        raise DataError("right-unknown", f"There is no right {id!r}.", where="consumer.toml")

    def may(self, id: str, at: date) -> bool | None:
        """Whether a consumer may, on a day; None where the data say nothing of that day."""
        version = version_at(self.get(id).version, at)
        return None if version is None else version.allowed

    def check(self) -> list[Finding]:
        """Gaps and overlaps in time."""
        return [each for right in self.right for each in check(right.version, f"consumer.toml: {right.id}")]


@cache
def rights() -> Rights:
    """The packaged rights."""
    return sheet(Rights, "consumer")


def refusal(_dossier: Dossier, at: date) -> Iterator[Verdict]:
    """REFUSAL: who may not refuse has both alternatives."""
    known = rights()
    refuse = known.may(REFUSE, at)
    missing = [id for id in ALTERNATIVES if not known.may(id, at)]
    facts = [_ground(known.get(id), at) for id in (REFUSE, *ALTERNATIVES)]
    if refuse is None:
        outcome, nl, en = Outcome.OPEN, "niet bekend voor deze dag", "not known for this day"
    elif refuse:
        outcome = Outcome.PASS
        nl, en = f"weigeren kan op {at}", f"refusing is possible on {at}"
    elif missing:
        outcome = Outcome.FAIL
        nl = f"weigeren kan niet, en een alternatief ontbreekt: {', '.join(missing)}"
        en = f"refusing is not possible, and an alternative is missing: {', '.join(missing)}"
    else:
        outcome = Outcome.PASS
        nl = f"weigeren kan niet meer op {at}; communicatie uit of een digitale meter kan wel"
        en = f"refusing is no longer possible on {at}; communication off or a digital meter is"
    yield Verdict.of("REFUSAL", "consumer", outcome, facts, nl, en, at)


def generation(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """GENERATION: which meter is on offer on the date, by what the dossier tells of years."""
    current, years = dossier.facts.get("current-generation"), dossier.facts.get("current-generation-years")
    facts = [Ground.of("years of the current generation", years), Ground.of("current generation", current)]
    told = tuple(years.value) if years is not None and isinstance(years.value, list | tuple) else ()
    if current is not None and current.value is not None and at.year in told:
        nl = f"op {at} wordt generatie {current.value} aangeboden, nog niet de nieuwe"
        en = f"on {at} generation {current.value} is on offer, not yet the new one"
        yield Verdict.of("GENERATION", "meter", Outcome.PASS, facts, nl, en, at)
    else:
        nl, en = (
            f"niet verteld welke generatie op {at} wordt aangeboden",
            f"not told which generation is on offer on {at}",
        )
        yield Verdict.of("GENERATION", "meter", Outcome.OPEN, facts, nl, en, at)


def _ground(right: Right, at: date) -> Ground:
    version = version_at(right.version, at)
    if version is None:
        return Ground.at(right.id, None)
    value = "allowed" if version.allowed else "not allowed"
    return Ground(what=right.id, value=value, ref=str(version.ref), confidence=version.confidence)
