"""The content of an envelope: what goes in comes out, in one encoding, and nothing else does."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import grid
from meterkast.model.errors import DataError, PeerError
from meterkast.model.event import DeviceEvent
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data, Kind, array, decode, encode, long64, null
from meterkast.protocols.block import decode_payload, encode_payload
from meterkast.protocols.series import decode_runs, decode_series, encode_runs, encode_series

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(max_size=20)


def block(day: date, values: tuple[int | None, ...] | None = None) -> MeterDayBlock:
    times = grid(day, 900)
    ours = tuple(100_000 + 77 * place for place in range(len(times)))
    return MeterDayBlock(
        device="KFM5000000000017",
        medium=Medium.ELECTRICITY,
        day=day,
        times=times,
        columns=(Column(obis=Obis(1, 0, 1, 8, 0), unit=Unit.WATT_HOUR, scaler=0, values=values or ours),),
        status=(0,) * len(times),
        flags=("MISSING", "STATUS"),
    )


@st.composite
def blocks(draw: st.DrawFn) -> MeterDayBlock:
    times = tuple(sorted(draw(st.sets(INT64, min_size=1, max_size=8))))
    gaps = st.none() | INT64
    row = st.lists(gaps, min_size=len(times), max_size=len(times)).map(tuple)
    column = st.builds(
        Column,
        obis=st.builds(Obis, *[st.integers(0, 255)] * 6),
        unit=st.sampled_from(Unit),
        scaler=st.integers(-128, 127),
        values=row,
    )
    steps_fit = all(after - before < 2**63 for before, after in pairwise(times))
    return MeterDayBlock(
        device=draw(TEXT),
        medium=draw(st.sampled_from(Medium)),
        day=draw(st.dates()),
        times=times if steps_fit else times[:1],
        columns=tuple(draw(st.lists(column, max_size=2))) if steps_fit else (),
        status=draw(row) if steps_fit else (None,),
        flags=tuple(sorted(draw(st.sets(TEXT, max_size=3)))),
    )


EVENTS = st.builds(DeviceEvent, code=TEXT, device=TEXT, at=INT64, detail=TEXT)


@settings(max_examples=60)
@given(st.lists(blocks(), max_size=2), st.lists(EVENTS, max_size=2))
def test_round_trip(given_blocks: list[MeterDayBlock], events: list[DeviceEvent]) -> None:
    read = decode_payload(encode_payload(given_blocks, events))
    assert (list(read.blocks), list(read.events)) == (given_blocks, events)


@pytest.mark.parametrize(
    ("day", "instants"), [(date(2026, 3, 29), 93), (date(2026, 7, 1), 97), (date(2026, 10, 25), 101)]
)
def test_days_of_23_24_and_25_hours(day: date, instants: int) -> None:
    content = encode_payload([block(day)], [])
    read = decode_payload(content).blocks[0]
    assert read == block(day)
    assert len(read.times) == instants
    assert len(content) < 350  # two octets per quarter, the rest is said once


def test_known_series() -> None:
    # By hand: a whole value, delta-integer, a gap, delta-long, delta-double-long, a whole value again.
    values: tuple[int | None, ...] = (1000, 1100, None, 900, 100_000, 2**40)
    assert encode(encode_series(values)).hex() == (
        "0106" "1400000000000003e8" "1c64" "00" "1dff38" "1e0001831c" "140000010000000000"
    )  # fmt: skip
    assert decode_series(encode_series(values), 6) == values


def test_a_gap_is_not_a_difference_of_zero() -> None:
    assert decode_series(encode_series((5, None, 5)), 3) == (5, None, 5)
    assert encode(encode_series((5, None, 5))) != encode(encode_series((5, 5, 5)))


@given(st.lists(st.none() | INT64, max_size=40))
def test_runs_round_trip(values: list[int | None]) -> None:
    assert decode_runs(encode_runs(values)) == tuple(values)


@given(st.binary(max_size=300))
def test_garbage_raises_only_peer_errors(octets: bytes) -> None:
    prefix = encode_payload([block(date(2026, 7, 1))], [])[:40]
    for candidate in (octets, prefix + octets):
        with pytest.raises(PeerError):
            decode_payload(candidate)


@given(st.data())
def test_a_changed_octet_is_refused_or_reads_as_itself(data: st.DataObject) -> None:
    content = bytearray(encode_payload([block(date(2026, 7, 1))], []))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    try:
        read = decode_payload(bytes(content))
    except PeerError:
        return
    assert encode_payload(read.blocks, read.events) == content


def test_truncated_at_every_octet() -> None:
    content = encode_payload([block(date(2026, 7, 1))], [])
    for length in range(len(content)):
        with pytest.raises(PeerError):
            decode_payload(content[:length])


def test_another_encoding_of_the_same_is_refused() -> None:
    content = encode_payload([], [])
    payload = decode(content)
    assert content == bytes.fromhex("0203110101000100")
    long_form = bytes.fromhex("020311010181000100")
    assert decode(long_form) == payload
    with pytest.raises(PeerError) as caught:
        decode_payload(long_form)
    assert caught.value.code == "payload-not-canonical"


@pytest.mark.parametrize(
    "series",
    [
        array([Data(Kind.DELTA_INTEGER, 1)]),  # a difference to nothing
        array([long64(2**63 - 1), Data(Kind.DELTA_INTEGER, 1)]),  # beyond 64 bits
        array([null()]),  # too few
        long64(1),
    ],
)
def test_series_that_cannot_be(series: Data) -> None:
    with pytest.raises(PeerError):
        decode_series(series, 1 if len(series.items) == 1 and series.items[0].kind is not Kind.NULL else 2)


def test_a_run_bomb_is_refused_before_it_is_laid_out() -> None:
    run = Data(Kind.STRUCTURE, (null(), Data(Kind.LONG_UNSIGNED, 65535)))
    with pytest.raises(PeerError):
        decode_runs(array([run] * 1000))


def test_limits_on_the_way_out() -> None:
    day = block(date(2026, 7, 1))
    with pytest.raises(DataError):
        encode_payload([day] * 257, [])
    with pytest.raises(DataError):
        encode_payload([], [DeviceEvent(code="x" * 257, device="d", at=0)])
    with pytest.raises(DataError):
        encode_payload([block(date(2026, 7, 1), (2**63,) * 97)], [])
    with pytest.raises(DataError):
        encode_series([0] * 4097)
