"""Numbers and times as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.console.language import Language, clock, day_text, moment, number
from meterkast.model.calendar import local_day

NEW_YEAR = 1_767_222_000  # 2026-01-01T00:00+01:00
SUMMER_STARTS = 1_774_746_000  # 2026-03-29T03:00+02:00, one hour after 01:00+01:00


@pytest.mark.parametrize(
    ("value", "decimals", "dutch", "english"),
    [
        (1234567, 0, "1.234.567", "1,234,567"),
        (Decimal("1234.5"), 3, "1.234,500", "1,234.500"),
        (-820, 0, "−820", "−820"),
        (Decimal("-0.4"), 0, "0", "0"),
        (0, 2, "0,00", "0.00"),
    ],
)
def test_numbers_follow_the_language(value: Decimal | int, decimals: int, dutch: str, english: str) -> None:
    assert number(value, decimals, Language.NL) == dutch
    assert number(value, decimals, Language.EN) == english


@given(st.integers(-(10**12), 10**12))
def test_a_written_number_can_be_read_back(value: int) -> None:
    for language, group in ((Language.NL, "."), (Language.EN, ",")):
        assert int(number(value, 0, language).replace(group, "").replace("−", "-")) == value


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("nl-NL,nl;q=0.9,en;q=0.8", Language.NL),
        ("en-GB,en;q=0.9", Language.EN),
        ("fr, en;q=0.4, nl;q=0.6", Language.NL),
        ("fr-FR", Language.NL),
        ("", Language.NL),
        ("en;q=zwart, nl", Language.NL),
    ],
)
def test_the_browser_says_which_language(accepted: str, language: Language) -> None:
    assert Language.preferred(accepted) is language


@given(st.text())
def test_any_header_gives_a_language(accepted: str) -> None:
    assert Language.preferred(accepted) in Language


def test_instants_are_told_in_dutch_time() -> None:
    assert clock(NEW_YEAR) == "00:00"
    assert clock(SUMMER_STARTS - 1) == "01:59"
    assert clock(SUMMER_STARTS) == "03:00"
    assert moment(NEW_YEAR, Language.NL) == "1 jan 00:00"
    assert day_text(local_day(SUMMER_STARTS), Language.NL) == "zo 29 maart 2026"
    assert day_text(local_day(SUMMER_STARTS), Language.EN) == "Sun 29 March 2026"
