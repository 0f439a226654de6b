"""Logs and histories of a telegram: the failures, and the peaks of the capacity tariff."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from meterkast.protocols.p1.history import past_readings
from meterkast.protocols.p1.telegram import emit, parse


def past(*values: str) -> list[tuple[str, str, str, int | None]]:
    telegram = parse(emit("/MKV5TEST", [("0-0:98.1.0", values)]))
    return [(str(each.obis), str(each.value), each.unit.symbol, each.at) for each in past_readings(telegram)]


def test_a_month_of_the_capacity_tariff_is_its_peak_when_it_occurred() -> None:
    assert past(
        *("2", "1-0:1.6.0", "1-0:1.6.0"),
        *("200501000000S", "200423192538S", "03.695*kW", "200401000000S", "200305122139W", "05.980*kW"),
    ) == [
        ("1-0:1.6.0", "3695", "W", 1_587_662_738),
        ("1-0:1.6.0", "5980", "W", 1_583_407_299),
    ]


@pytest.mark.parametrize(
    "values",
    [
        ("0", "1-0:1.6.0", "1-0:1.6.0", ""),
        ("",),
        ("170102161005W", "00000.107*m3"),
        ("230701000000S", "000040.777*kWh", "000008.950*kWh"),
        ("x", "1-0:1.6.0", "200423192538S", "03.695*kW"),
    ],
)
def test_what_is_no_history_gives_nothing(values: tuple[str, ...]) -> None:
    assert past(*values) == []


def test_an_entry_that_cannot_be_read_costs_itself_only() -> None:
    assert [
        value for _, value, _, _ in past("2", "0-0:96.7.19", "170520130938S", "x", "170325044014W", "7*s")
    ] == ["7"]


@pytest.mark.captures
@pytest.mark.parametrize(
    ("name", "count", "first"),
    [("dp-telegram_fluvius_v171", 3, ("1-0:1.6.0", "3695", "W")), ("amshan-example_data_b", 2, None)],
)
def test_histories_of_real_meters(name: str, count: int, first: tuple[str, str, str] | None) -> None:
    telegram = parse((captures_dir() / "p1" / f"{name}.txt").read_bytes())
    found = list(past_readings(telegram))
    assert len(found) == count
    if first is not None:
        assert (str(found[0].obis), str(found[0].value), found[0].unit.symbol) == first


@given(st.lists(st.text("0123456789-:.*kWhSW", max_size=14), max_size=10))
def test_any_values_are_read_or_left_out(values: list[str]) -> None:
    past(*values)
