"""COSEM date-time: known moments, open parts, daylight saving, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError, PeerError
from meterkast.protocols.datetime import CosemDateTime, from_unix, from_unix_local

WINTER = 1_769_950_800  # 2026-02-01T13:00:00Z
SUMMER = 1_783_000_800  # 2026-07-02T14:00:00Z


@pytest.mark.parametrize(
    ("octets", "unix"),
    [
        ("07E704010615202300FF8880", 1680377555),  # summer, deviation -120
        ("07E5031002FF000000FFC400", None),  # any hour
        ("07E60B03FF0F2619FFFF4CFF", 1667479105),  # weekday and hundredths open, three hours from UTC
        ("07E30C1001073B28FF8000FF", 1576479580),  # deviation open: Dutch local time
        ("FFFFFFFFFFFFFFFFFF8000FF", None),
        ("07E5021EFF000000FF800000", None),  # 30 February
    ],
)
def test_known_moments(octets: str, unix: int | None) -> None:
    moment = CosemDateTime.parse(bytes.fromhex(octets))
    assert moment.unix() == unix
    assert moment.encode().hex().upper() == octets


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("07E5031002310000FF800000", "datetime-range"),  # no hour 49
        ("07E5031000000000FF800000", "datetime-range"),  # no weekday 0
        ("07E5001002000000FF800000", "datetime-range"),  # no month 0
        ("07E5031002000000FF7FFF00", "datetime-range"),  # no clock is 22 days away
        ("07E5031002000000FF8000", "datetime-length"),
    ],
)
def test_what_no_calendar_has_is_refused(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        CosemDateTime.parse(bytes.fromhex(octets))
    assert refusal.value.code == code


@given(st.integers(0, 2**32), st.sampled_from([-120, -60, 0, 345]), st.integers(0, 255))
def test_moments_survive_the_wire(at: int, deviation: int, status: int) -> None:
    moment = from_unix(at, deviation, status)
    assert CosemDateTime.parse(moment.encode()) == moment
    assert moment.unix() == at


@given(st.binary(min_size=0, max_size=14))
def test_any_octets_parse_or_are_refused(octets: bytes) -> None:
    try:
        moment = CosemDateTime.parse(octets)
    except PeerError:
        return
    assert CosemDateTime.parse(moment.encode()) == moment
    moment.unix()


@pytest.mark.parametrize(("at", "deviation", "saving"), [(WINTER, -60, False), (SUMMER, -120, True)])
def test_dutch_clocks(at: int, deviation: int, saving: bool) -> None:
    moment = from_unix_local(at)
    assert (moment.deviation, moment.daylight_saving, moment.unix()) == (deviation, saving, at)


def test_the_hour_that_comes_twice_is_told_apart_by_the_status() -> None:
    first = CosemDateTime.parse(bytes.fromhex("07EA0A1907021E00FF800080"))  # 2026-10-25 02:30, summer
    second = CosemDateTime.parse(bytes.fromhex("07EA0A1907021E00FF800000"))  # an hour later
    earlier, later = first.unix(), second.unix()
    assert earlier is not None
    assert later == earlier + 3600


def test_beyond_the_calendar() -> None:
    with pytest.raises(DataError):
        from_unix(10**14, 0)
    assert CosemDateTime(year=9999, month=12, day=31, hour=23, deviation=720).unix() is None
