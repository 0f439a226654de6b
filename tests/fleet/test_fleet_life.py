"""Twenty years of a small fleet with every fault (RQ-06, 07, 21, 30, 32; AT-21, AT-48)."""

from fleet.conftest import Live
from meterkast.street.fleet.plan import WEEKS
from meterkast.street.fleet.result import ROOTS


def test_twenty_years(live: Live) -> None:
    result = live(weeks=WEEKS)
    assert result.breaches == {}, result.examples
    assert result.holds
    counts = result.counts
    assert counts["readings-accepted"] == counts["readings-expected"] > 40_000
    assert result.renewals[0] >= 10
    # and what was to be survived did happen
    assert counts["roots-rolled"] == ROOTS - 1
    assert counts["tokens-lost"] == counts["services-down"] == counts["restored"] == 2
    assert counts["certificates-recovered"] >= 2
    assert counts["power-cuts"] >= 10
    assert counts["keys-destroyed"] >= 150
    assert counts["weeks-away"] >= 40
    assert counts["orders-obeyed"] >= 10
    assert counts["orders-refused"] >= 40
    assert counts["intrusions-refused"] >= 100
    assert counts["readings-flagged"] >= 100
    assert {name for name in counts if name.startswith("clock ")} == {
        f"clock {shown}" for shown in ("+60 s", "-60 s", "+1 d", "-1 d", "1970", "2106")
    }
    assert counts["decommissioned"] == counts["released"] == 1
    document = result.document()
    assert all(figure["holds"] for figure in document["figures"])
    assert {figure["name"] for figure in document["figures"]} >= {
        "fleet.readings-lost",
        "fleet.gateways-bricked",
    }
