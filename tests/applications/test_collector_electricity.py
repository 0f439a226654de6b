"""The electricity block from what a module answers: honest, vendor by vendor, or anything else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.applications.collector.electricity import collect
from meterkast.applications.collector.reader import Reader
from meterkast.model.calendar import QUARTER, grid
from meterkast.model.errors import UnreachableError
from meterkast.model.obis import Obis
from meterkast.model.quality import Flag
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import (
    Data,
    array,
    double_long_unsigned,
    encode,
    enum,
    float64,
    integer,
    long64_unsigned,
    long_unsigned,
    null,
    octets,
    structure,
    unsigned,
)
from meterkast.protocols.datetime import from_unix_local
from meterkast.protocols.dlms.apdu import (
    DataAccessResult,
    GetRequestNext,
    GetRequestNormal,
    GetResponseNormal,
    GetResponseWithBlock,
    decode,
)

DAY = date(2026, 3, 29)
TIMES = grid(DAY, QUARTER)
NAME = "KFM5000000000017"
_BLOCK = 400


def _clock(at: int) -> Data:
    return octets(from_unix_local(at).encode())


def honest(times: tuple[int, ...] = TIMES) -> list[Data]:
    """One row per quarter: import rises by one, export by two."""
    return [
        structure((_clock(at), unsigned(8), double_long_unsigned(1000 + n), double_long_unsigned(2 * n)))
        for n, at in enumerate(times)
    ]


@dataclass
class PaperModule:
    """Answers GETs from a table; long values in blocks."""

    rows: list[Data] = field(default_factory=honest)
    name: str = NAME
    scaler_unit: Data = field(default_factory=lambda: structure((integer(0), enum(Unit.WATT_HOUR))))
    rest: bytes = b""
    COLUMNS: ClassVar = (
        (8, Obis(0, 0, 1, 0, 0)),
        (1, Obis(0, 0, 96, 10, 2)),
        (3, Obis(1, 0, 1, 8, 0)),
        (3, Obis(1, 0, 2, 8, 0)),
    )

    def value(self, request: GetRequestNormal) -> Data:
        wanted = (str(request.attribute.instance), request.attribute.attribute)
        if wanted == ("0-0:42.0.0", 2):
            return octets(self.name.encode())
        if wanted == ("1-0:99.1.0", 3):
            return array(
                structure((long_unsigned(number), octets(obis.to_bytes()), integer(2), long_unsigned(0)))
                for number, obis in self.COLUMNS
            )
        if wanted == ("1-0:99.1.0", 4):
            return double_long_unsigned(QUARTER)
        if wanted == ("1-0:99.1.0", 2):
            return array(self.rows)
        return self.scaler_unit

    def exchange(self, asked: bytes) -> bytes:
        request = decode(asked)
        if isinstance(request, GetRequestNormal):
            data = self.value(request)
            if len(encode(data)) <= _BLOCK:
                return GetResponseNormal(request.invoke, data).encode()
            self.rest, number = encode(data), 0
        else:
            assert isinstance(request, GetRequestNext)
            number = request.block_number
        block, self.rest = self.rest[:_BLOCK], self.rest[_BLOCK:]
        return GetResponseWithBlock(request.invoke, not self.rest, number + 1, block).encode()


def _collect(module: PaperModule) -> tuple[list[tuple[int | None, ...]], tuple[str, ...]]:
    block, error = collect(Reader(module.exchange), NAME, DAY)
    assert error is None
    assert block.times == TIMES
    return [column.values for column in block.columns], block.flags


def test_an_honest_module_on_a_day_of_23_hours() -> None:
    block, error = collect(Reader(PaperModule().exchange), NAME, DAY)
    assert error is None
    assert len(block.times) == 93
    assert [str(column.obis) for column in block.columns] == ["1-0:1.8.0", "1-0:2.8.0"]
    assert {(column.unit, column.scaler) for column in block.columns} == {(Unit.WATT_HOUR, 0)}
    assert block.columns[0].values == tuple(range(1000, 1093))
    assert block.columns[1].values == tuple(range(0, 186, 2))
    assert block.status == (8,) * 93
    assert block.flags == ()


def test_null_data_means_as_before() -> None:
    rows = honest()
    rows[5] = structure((null(), null(), null(), double_long_unsigned(10)))
    (imported, exported), flags = _collect(PaperModule(rows=rows))
    assert imported[4:7] == (1004, 1004, 1006)
    assert exported[5] == 10
    assert flags == ()


def test_rows_that_are_missing_are_gaps() -> None:
    rows = honest()
    del rows[10:13]
    (imported, _), flags = _collect(PaperModule(rows=rows))
    assert imported[9:14] == (1009, None, None, None, 1013)
    assert flags == (Flag.MISSING,)


def test_the_first_of_two_rows_counts_and_both_show() -> None:
    rows = honest()
    rows.insert(11, structure((_clock(TIMES[10]), unsigned(8), *[double_long_unsigned(7)] * 2)))
    (imported, _), flags = _collect(PaperModule(rows=rows))
    assert imported[10] == 1010
    assert flags == (Flag.CLOCK,)


def test_a_clock_that_goes_back_or_stands_between_shows() -> None:
    rows = honest()
    rows[20], rows[21] = rows[21], rows[20]
    assert Flag.CLOCK in _collect(PaperModule(rows=rows))[1]
    rows = honest()
    rows[20] = structure((_clock(TIMES[20] + 17), *rows[20].items[1:]))
    (imported, _), flags = _collect(PaperModule(rows=rows))
    assert imported[20] is None
    assert flags == (Flag.CLOCK, Flag.MISSING)


def test_a_register_that_runs_back_is_passed_on_as_it_is() -> None:
    rows = honest()
    rows[30] = structure((*rows[30].items[:2], double_long_unsigned(5), rows[30].items[3]))
    (imported, _), flags = _collect(PaperModule(rows=rows))
    assert imported[29:32] == (1029, 5, 1031)
    assert flags == (Flag.REGISTER_DECREASED,)


def test_a_module_that_ignores_the_selection_does_no_harm() -> None:
    earlier = tuple(range(TIMES[0] - 86400, TIMES[0], QUARTER))
    rows = honest(earlier) + honest()
    (imported, _), flags = _collect(PaperModule(rows=rows))
    assert imported == tuple(range(1000, 1093))
    assert flags == ()


@pytest.mark.parametrize(
    "wrong", [float64(float("nan")), float64(1.5), octets(b"1"), long64_unsigned(1 << 63)]
)
def test_a_value_that_is_no_register_value_is_a_gap(wrong: Data) -> None:
    rows = honest()
    rows[3] = structure((*rows[3].items[:2], wrong, rows[3].items[3]))
    (imported, exported), flags = _collect(PaperModule(rows=rows))
    assert imported[2:5] == (1002, None, 1004)
    assert exported[3] == 6
    assert flags == (Flag.GARBAGE, Flag.MISSING)


@pytest.mark.parametrize(
    "module",
    [
        PaperModule(name="KFM5000000000018"),
        PaperModule(scaler_unit=structure((integer(0), enum(200)))),
        PaperModule(scaler_unit=octets(b"Wh")),
        PaperModule(rows=[structure((null(),))]),
        PaperModule(rows=[structure((integer(1), unsigned(8), integer(1), integer(1)))]),
        PaperModule(rows=[structure((octets(b"12 octets.."), unsigned(8), integer(1), integer(1)))]),
    ],
    ids=["another name", "unknown unit", "no unit", "short row", "no time", "wrong time"],
)
def test_nonsense_gives_a_flagged_block_of_gaps(module: PaperModule) -> None:
    block, error = collect(Reader(module.exchange), NAME, DAY)
    assert error is not None
    assert block.flags == (Flag.GARBAGE, Flag.MISSING)
    assert [str(column.obis) for column in block.columns] == ["1-0:1.8.0", "1-0:2.8.0"]
    assert block.missing == 2 * 93


@pytest.mark.parametrize(
    ("code", "flag"),
    [("module-silent", Flag.SILENT), ("module-flood", Flag.FLOOD), ("module-garbage", Flag.GARBAGE)],
)
def test_the_gateways_trouble_becomes_a_flag(code: str, flag: Flag) -> None:
    def exchange(_apdu: bytes) -> bytes:
        raise UnreachableError(code, "The gateway refuses.")

    block, error = collect(Reader(exchange), NAME, DAY)
    assert error is not None
    assert error.code == code
    assert set(block.flags) == {flag, Flag.MISSING}


def test_a_refused_attribute_is_an_event_not_a_crash() -> None:
    def exchange(asked: bytes) -> bytes:
        request = decode(asked)
        assert isinstance(request, GetRequestNormal)
        return GetResponseNormal(request.invoke, DataAccessResult.READ_WRITE_DENIED).encode()

    block, error = collect(Reader(exchange), NAME, DAY)
    assert error is not None
    assert error.code == "module-no-access"
    assert block.missing == 2 * 93


@given(st.binary(max_size=60))
def test_any_octets_give_a_block(answer: bytes) -> None:
    block, error = collect(Reader(lambda _asked: answer), NAME, DAY)
    assert error is not None
    assert block.missing == 2 * 93


def _answering(change: Callable[[bytes], bytes]) -> PaperModule:
    class Changing(PaperModule):
        def exchange(self, asked: bytes) -> bytes:
            return change(super().exchange(asked))

    return Changing()


@given(st.integers(0, 60), st.integers(0, 7))
def test_a_flipped_bit_in_every_answer_gives_a_block(place: int, bit: int) -> None:
    def flip(answer: bytes) -> bytes:
        changed = bytearray(answer)
        changed[place % len(changed)] ^= 1 << bit
        return bytes(changed)

    block, _ = collect(Reader(_answering(flip).exchange), NAME, DAY)
    assert block.times == TIMES


def test_a_value_without_end_is_cut_off() -> None:
    asked_for = 0

    def exchange(asked: bytes) -> bytes:
        nonlocal asked_for
        asked_for += 1
        request = decode(asked)
        assert isinstance(request, GetRequestNormal | GetRequestNext)
        number = request.block_number + 1 if isinstance(request, GetRequestNext) else 1
        return GetResponseWithBlock(request.invoke, False, number, b"\x00" * 4096).encode()

    block, error = collect(Reader(exchange), NAME, DAY)
    assert error is not None
    assert Flag.GARBAGE in block.flags
    assert asked_for <= 65
