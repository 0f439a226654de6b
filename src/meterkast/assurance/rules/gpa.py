"""Who is a party to the Agreement on Government Procurement on a date: by country, never by name or seat."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.sheet import sheet

_UNION = "EU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One party of the list.

    Attributes:
        gpa1994: day on which the agreement of 1994 came to hold for it.
        gpa2012: day on which the revised agreement did.
        through: the party that covered it before ``gpa2012``, from ``through_from``.
        flag_nl: what to look at although it is a party.
    """

    country: str
    name: str
    gpa2012: date
    confidence: Confidence
    gpa1994: date | None = None
    through: str | None = None
    through_from: date | None = None
    flag_nl: str = ""
    flag_en: str = ""

    @property
    def since(self) -> date:
        """The first day on which the country was covered, by itself or through another."""
        return min(day for day in (self.gpa1994, self.gpa2012, self.through_from) if day is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A country that is no party, and how far it is from becoming one."""

    country: str
    standing: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where the list was read."""

    url: str
    what: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a country stands towards the agreement on a date.

    Attributes:
        party: whether the agreement holds for it.
        since: first day of that; None for a country that is no party.
        through: the party that covers it, or None where it is one itself.
        flag_nl: what to look at although it is a party; empty where nothing is.
        confidence: of the date.
    """

    country: str
    party: bool
    since: date | None = None
    through: str | None = None
    flag_nl: str = ""
    flag_en: str = ""
    confidence: Confidence = Confidence.VERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyList:
    """The parties with their dates, and what the agreement is and is not about."""

    as_of: str
    parties_count: int
    named_as_examples: tuple[str, ...]
    members_of_eu: tuple[str, ...]
    eea_outside_eu: tuple[str, ...]
    members_confidence: Confidence
    reciprocity_nl: str
    reciprocity_en: str
    nuance_nl: str
    nuance_en: str
    source: tuple[Reading, ...]
    party: tuple[Party, ...]
    watched: tuple[Watched, ...]

    @property
    def eea(self) -> tuple[str, ...]:
        """The European Economic Area; Switzerland is not in it."""
        return (*self.members_of_eu, *self.eea_outside_eu)

    def standing(self, country: str, at: date) -> Standing:
        """How a country, by two-letter code, stands on a day; an unknown code is no party."""
        sought = _UNION if country in self.members_of_eu else country
        for party in self.party:
            if party.country == sought and party.since <= at:
                return _standing(party, country, at)
        return Standing(country=country, party=False)

    def covered(self, at: date) -> frozenset[str]:
        """Every country for which the agreement holds on a day, members of the Union each by itself."""
        known = {party.country for party in self.party} | set(self.members_of_eu)
        return frozenset(country for country in known if self.standing(country, at).party)


@cache
def party_list() -> PartyList:
    """The packaged list."""
    return sheet(PartyList, "gpa")


def _standing(party: Party, country: str, at: date) -> Standing:
    through = party.through if at < party.gpa2012 else None
    return Standing(
        country=country,
        party=True,
        since=party.since if through or party.through is None else party.gpa2012,
        through=_UNION if country != party.country else through,
        flag_nl=party.flag_nl,
        flag_en=party.flag_en,
        confidence=party.confidence,
    )
