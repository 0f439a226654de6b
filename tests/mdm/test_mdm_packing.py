"""The payload of a stored block: nothing is lost at any width, on any day, with any gap."""

import contextlib
import struct
import zlib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.mdm.packing import FORMAT, pack, unpack
from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import QUARTER, grid
from meterkast.model.errors import DataError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit

DAY = date(2026, 3, 3)
IMPORT = Obis.parse("1-0:1.8.0")


def block_of(*columns: tuple[int | None, ...], times: tuple[int, ...] | None = None) -> MeterDayBlock:
    length = len(columns[0])
    return MeterDayBlock(
        device="KFM5000000000017",
        medium=Medium.ELECTRICITY,
        day=DAY,
        times=tuple(range(0, length * QUARTER, QUARTER)) if times is None else times,
        columns=tuple(
            Column(obis=IMPORT, unit=Unit.WATT_HOUR, scaler=0, values=values) for values in columns
        ),
        status=(None,) * length,
    )


def again(block: MeterDayBlock, payload: bytes | None = None) -> MeterDayBlock:
    octets = pack(block) if payload is None else payload
    return unpack(octets, device=block.device, medium=block.medium, day=block.day, flags=block.flags)


def widths(block: MeterDayBlock) -> int:
    """The width code of the only column: behind times (15), count (1), head (8), gaps (1), first (8)."""
    return zlib.decompress(pack(block)[1:])[15 + 1 + 8 + 1 + 8]


@pytest.mark.parametrize(
    ("step", "width"), [(0, 2), (65_535, 2), (65_536, 4), (2**32 - 1, 4), (2**32, 8), (-1, 8)]
)
def test_the_width_is_the_smallest_that_holds_every_difference(step: int, width: int) -> None:
    block = block_of((10, 10 + step, 10 + step))
    assert widths(block) == width
    assert again(block) == block


@pytest.mark.parametrize(
    "values",
    [
        pytest.param((100, 101, None, None, 140, 141), id="gap"),
        pytest.param((None, None, 5, 6), id="gap-at-start"),
        pytest.param((5, 6, None), id="gap-at-end"),
        pytest.param((None, None), id="nothing"),
        pytest.param((7,), id="one"),
        pytest.param((999_999_998, 999_999_999, 0, 1), id="rollover"),
        pytest.param((48_213_991, 48_214_030, 12, 19), id="swap"),
        pytest.param((0, 65_535, 131_070), id="65535"),
        pytest.param((0, 65_536, 131_072), id="65536"),
        pytest.param((-(2**63), 2**63 - 1, -(2**63)), id="extremes"),
    ],
)
def test_every_kind_of_series_comes_back(values: tuple[int | None, ...]) -> None:
    block = block_of(values)
    assert again(block) == block


def test_a_gap_is_not_a_zero_difference() -> None:
    assert again(block_of((5, None, 5))) != again(block_of((5, 5, 5)))


@pytest.mark.parametrize(
    ("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 3, 3), 96), (date(2026, 10, 25), 100)]
)
def test_a_day_has_its_own_number_of_quarters(day: date, quarters: int) -> None:
    times = grid(day, QUARTER)
    assert len(times) == quarters + 1
    block = block_of(tuple(range(0, 40 * len(times), 40)), times=times)
    assert again(block).times == times


def test_a_day_of_two_registers_is_small() -> None:
    times = grid(DAY, QUARTER)
    steps = [(37 * n * n) % 700 for n in range(len(times))]
    values = tuple(sum(steps[: n + 1]) for n in range(len(times)))
    assert len(pack(block_of(values, tuple(0 for _ in times), times=times))) < 300


COLUMNS = st.builds(
    lambda obis, unit, scaler, values: (obis, unit, scaler, values),
    st.builds(Obis.from_bytes, st.binary(min_size=6, max_size=6)),
    st.sampled_from(Unit),
    st.integers(-128, 127),
    st.lists(
        st.none() | st.integers(0, 200_000) | st.integers(-(2**63), 2**63 - 1), min_size=24, max_size=24
    ),
)


@given(data=st.data())
def test_any_block_comes_back(data: st.DataObject) -> None:
    irregular = st.lists(st.integers(-(2**40), 2**40), unique=True, max_size=24).map(sorted)
    regular = st.builds(
        lambda start, period, count: list(range(start, start + period * count, period)),
        st.integers(0, 2**33),
        st.sampled_from([1, 900, 3600, 2**32 - 1, 2**32]),
        st.integers(0, 24),
    )
    times: tuple[int, ...] = tuple(data.draw(irregular | regular))
    drawn: list[Any] = data.draw(st.lists(COLUMNS, max_size=4))
    status = data.draw(st.lists(st.none() | st.integers(0, 255), min_size=len(times), max_size=len(times)))
    block = MeterDayBlock(
        device="device",
        medium=Medium.GAS,
        day=DAY,
        times=times,
        columns=tuple(
            Column(obis=obis, unit=unit, scaler=scaler, values=tuple(values[: len(times)]))
            for obis, unit, scaler, values in drawn
        ),
        status=tuple(status),
        flags=("MISSING",),
    )
    assert again(block) == block


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1])
def test_a_value_beyond_64_bits_is_refused(value: int) -> None:
    with pytest.raises(DataError) as caught:
        pack(block_of((0, value)))
    assert caught.value.code == "block-too-wide"


@given(octets=st.binary(max_size=300))
def test_garbage_is_unreadable_and_nothing_else(octets: bytes) -> None:
    for payload in (octets, bytes((FORMAT,)) + octets, bytes((FORMAT,)) + zlib.compress(octets)):
        with pytest.raises(DataError):
            again(block_of((1,)), payload)


@given(place=st.integers(min_value=0), octet=st.integers(0, 255))
def test_a_changed_octet_gives_a_block_or_is_unreadable(place: int, octet: int) -> None:
    block = block_of((1, 2, None, 70_000), (5, None, 4, 3))
    body = bytearray(zlib.decompress(pack(block)[1:]))
    body[place % len(body)] = octet
    with contextlib.suppress(DataError):
        again(block, bytes((FORMAT,)) + zlib.compress(bytes(body)))


def test_a_bomb_is_not_blown_up() -> None:
    with pytest.raises(DataError):
        again(block_of((1,)), bytes((FORMAT,)) + zlib.compress(bytes(1 << 26)))


def test_the_layout_is_the_one_written_down() -> None:
    """Format 1 octet by octet, from its description; a store written today is read by every later version."""
    body = (
        struct.pack("<HBqI", 3, 1, 0, 900)
        + b"\x01"
        + bytes((1, 0, 1, 8, 0, 255, 30, 0))
        + b"\x01\xa0"
        + struct.pack("<qB", 1000, 2)
        + b"\x05\x01"
        + b"\x01\x20\x08"
    )
    block = again(block_of((0,)), bytes((1,)) + zlib.compress(body))
    assert block.columns[0].values == (1000, None, 1000 + 0x0105)
    assert block.status == (None, None, 8)
    assert zlib.decompress(pack(block)[1:]) == body
