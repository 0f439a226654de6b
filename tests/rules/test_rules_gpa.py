"""Who is a party on a date, and the rules of origin that ask for it (reference: section 5.2)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from meterkast.assurance.dossier.component import Criticality, Part, Status
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Ref
from meterkast.assurance.rules import Outcome, Verdict, party_list
from meterkast.assurance.rules.gpa import PartyList
from meterkast.assurance.rules.origin import gpa_one_of_two, gpa_part, gpa_party, origin_known, part_verdict
from meterkast.assurance.rules.sheet import sheet
from meterkast.model.errors import DataError
from rules.rules_world import DAY, component, owner, owns, part, vendor, world


def one(verdicts: Iterable[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def with_parts(*parts: Part) -> Dossier:
    return world(parts=parts)


@pytest.mark.parametrize("country", ["CA", "JP", "NO", "CH", "FR", "NL", "GB", "US"])
def test_parties(country: str) -> None:
    assert party_list().standing(country, DAY).party


@pytest.mark.parametrize("country", ["CN", "IN", "TR", "RU", "MO", "AL", "BR", "XX"])
def test_no_parties(country: str) -> None:
    assert not party_list().standing(country, DAY).party


@pytest.mark.parametrize("country", ["HK", "TW"])
def test_parties_with_a_flag(country: str) -> None:
    standing = party_list().standing(country, DAY)
    assert standing.party
    assert standing.flag_nl
    assert standing.flag_en


@pytest.mark.parametrize(
    ("country", "first_day"),
    [
        ("MK", date(2023, 10, 30)),
        ("AU", date(2019, 5, 5)),
        ("UA", date(2016, 5, 18)),
        ("GB", date(1996, 1, 1)),
        ("CH", date(1996, 1, 1)),
        ("TW", date(2009, 7, 15)),
    ],
)
def test_a_party_from_its_first_day_on(country: str, first_day: date) -> None:
    assert not party_list().standing(country, date.fromordinal(first_day.toordinal() - 1)).party
    assert party_list().standing(country, first_day).party


def test_the_united_kingdom_changes_from_the_union_to_itself() -> None:
    assert party_list().standing("GB", date(2020, 12, 31)).through == "EU"
    after = party_list().standing("GB", date(2021, 1, 1))
    assert (after.through, after.since) == (None, date(2021, 1, 1))


def test_the_list_has_as_many_parties_as_its_source_says() -> None:
    assert len(party_list().party) == party_list().parties_count == 22
    # With the 27 members of the Union beside it these are the 49 members of the WTO that its source counts.
    assert len(party_list().covered(DAY)) == 22 + 27


def test_switzerland_is_a_party_and_not_in_the_economic_area() -> None:
    assert "CH" not in party_list().eea
    assert {"NO", "FR"} < set(party_list().eea)


def test_norway_read_as_a_truth_value_is_refused() -> None:
    table = {"party": [{"country": False, "name": "Norway", "gpa2012": DAY, "confidence": "verified"}]}
    with pytest.raises(DataError, match="text") as raised:
        sheet(PartyList, "gpa", {**_head(), **table})
    assert "country" in (raised.value.where or "")


def _head() -> dict[str, object]:
    texts = ("as-of", "reciprocity-nl", "reciprocity-en", "nuance-nl", "nuance-en")
    lists = ("named-as-examples", "members-of-eu", "eea-outside-eu", "source", "watched")
    return {
        **dict.fromkeys(texts, "-"),
        **{name: [] for name in lists},
        "parties-count": 0,
        "members-confidence": "verified",
    }


def test_being_a_party_is_explained_as_reciprocity_and_never_as_safety() -> None:
    verdict = one(gpa_party(world(), DAY))
    assert verdict.outcome is Outcome.PASS
    assert "never raises a cyber score" in verdict.explanation_en
    assert "annexes" in verdict.explanation_en
    assert "nooit een oordeel over cybersecurity" in verdict.explanation_nl


@pytest.mark.parametrize(
    ("production", "assembly", "outcome"),
    [
        ("CA", "CA", Outcome.PASS),
        ("JP", "NO", Outcome.PASS),
        ("CH", "FR", Outcome.PASS),
        ("CN", "CN", Outcome.FAIL),
        ("CN", "FR", Outcome.FAIL),
        ("FR", "CN", Outcome.FAIL),
        ("HK", "JP", Outcome.FLAG),
        ("TW", "TW", Outcome.FLAG),
        (None, "FR", Outcome.OPEN),
        ("FR", None, Outcome.OPEN),
        ("CN", None, Outcome.FAIL),
    ],
)
def test_a_critical_part(production: str | None, assembly: str | None, outcome: Outcome) -> None:
    chip = part("chip", production=production, assembly=assembly)
    verdict = one(gpa_part(with_parts(chip), DAY))
    assert verdict.outcome is outcome
    assert verdict.facts[0].value in {str(production), str(assembly), "unknown"}
    assert "G1/chip" in verdict.explanation_nl
    assert "G1/chip" in verdict.explanation_en


def test_a_part_that_is_not_critical_passes_wherever_it_comes_from() -> None:
    screw = part("screw", critical=False, production="CN", assembly="CN")
    assert part_verdict(screw, DAY).outcome is Outcome.PASS
    assert one(gpa_part(with_parts(part("chip"), screw), DAY)).outcome is Outcome.PASS


def test_one_critical_part_fails_the_component_and_is_named() -> None:
    verdict = one(gpa_part(with_parts(part("a"), part("b", production="CN"), part("c")), DAY))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.facts[0].what == "G1/b production"
    assert verdict.facts[0].value == "CN"


def test_a_rule_without_a_subject_is_open() -> None:
    verdict = one(gpa_part(with_parts(part("screw", critical=False)), DAY))
    assert verdict.outcome is Outcome.OPEN
    assert verdict.facts[0].value == "unknown"


def test_criticality_has_its_days() -> None:
    ended = Criticality(since=date(2026, 1, 1), until=date(2026, 6, 1), decider="noord", ref=Ref(source="X1"))
    chip = replace(part("chip", production="CN"), critical=ended)
    assert part_verdict(chip, date(2026, 5, 31)).outcome is Outcome.FAIL
    assert part_verdict(chip, date(2026, 6, 1)).outcome is Outcome.PASS


def test_the_date_of_a_party_decides_over_a_part() -> None:
    old = replace(
        part("chip", production="MK"),
        critical=Criticality(since=date(2020, 1, 1), decider="noord", ref=Ref(source="X1")),
    )
    assert part_verdict(old, date(2023, 10, 29)).outcome is Outcome.FAIL
    assert part_verdict(old, date(2023, 10, 30)).outcome is Outcome.PASS


def test_a_vendor_seated_in_the_netherlands_and_coming_from_china_is_no_gpa_origin() -> None:
    both = (vendor("berg", origin="CN", seat="NL"), vendor("dal", origin="CN", seat="FR"))
    verdict = one(gpa_one_of_two(world(parties=both), DAY))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.facts[0].value == "CN"


def test_one_vendor_of_two_is_enough() -> None:
    both = (vendor("berg", origin="CN"), vendor("dal", origin="FR"))
    verdict = one(gpa_one_of_two(world(parties=both), DAY))
    assert verdict.outcome is Outcome.PASS
    assert "Dal" in verdict.explanation_en


def test_hong_kong_counts_with_a_flag() -> None:
    both = (vendor("berg", origin="CN"), vendor("dal", origin="HK"))
    assert one(gpa_one_of_two(world(parties=both), DAY)).outcome is Outcome.FLAG


def test_an_unknown_origin_is_open_and_never_european() -> None:
    both = (vendor("berg", origin="CN"), vendor("dal", origin=None, seat="FR"))
    assert one(gpa_one_of_two(world(parties=both), DAY)).outcome is Outcome.OPEN


def test_a_vendor_controlled_from_elsewhere_does_not_count_whatever_its_origin() -> None:
    parties = (vendor("berg", origin="NL"), vendor("dal", origin="CN"), owner("far", "CN"))
    held = world(parties=parties, ownerships=(owns("far", "berg", "majority"),))
    assert one(gpa_one_of_two(held, DAY)).outcome is Outcome.FAIL
    minority = world(parties=parties, ownerships=(owns("far", "berg", 0.2),))
    assert one(gpa_one_of_two(minority, DAY)).outcome is Outcome.PASS


def test_before_the_award_the_rule_waits() -> None:
    tender = replace(component(), vendors=(), status=replace(component().status, value=Status.TENDER))
    assert one(gpa_one_of_two(world(components=(tender,)), DAY)).outcome is Outcome.PENDING


def test_origin_is_known_only_where_every_country_is_told() -> None:
    assert one(origin_known(with_parts(part("chip")), DAY)).outcome is Outcome.PASS
    hole = one(origin_known(with_parts(part("chip"), part("board", design=None)), DAY))
    assert hole.outcome is Outcome.OPEN
    assert hole.facts[0].what == "G1/board design"
    assert one(origin_known(world(), DAY)).outcome is Outcome.OPEN
