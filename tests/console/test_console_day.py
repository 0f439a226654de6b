"""A home's day out of its stored blocks."""

from dataclasses import replace
from datetime import date

import pytest

from console.console_street import FIRST_DAY, ean, electricity, gas
from meterkast.console.web.day import day_of
from meterkast.model.block import Column, MeterDayBlock
from meterkast.model.calendar import HOUR, QUARTER, day_bounds
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit


def _with(block: MeterDayBlock, place: int, values: tuple[int | None, ...]) -> MeterDayBlock:
    columns = list(block.columns)
    columns[place] = replace(columns[place], values=values)
    return replace(block, columns=tuple(columns))


def test_a_day_has_quarters_of_electricity_and_hours_of_gas() -> None:
    day = day_of(ean(1), FIRST_DAY, (electricity(FIRST_DAY), gas(FIRST_DAY)))
    start, end = day_bounds(FIRST_DAY)
    assert [each.start for each in day.electricity] == list(range(start, end, QUARTER))
    assert [each.end - each.start for each in day.gas] == [HOUR] * 24
    assert day.electricity[0].import_wh == 65
    assert day.electricity[0].import_w == 260
    assert day.gas[6].gas_l == 451
    assert day.gaps == 0


def test_sums_are_the_difference_of_the_registers() -> None:
    block = electricity(FIRST_DAY)
    day = day_of(ean(1), FIRST_DAY, (block, gas(FIRST_DAY)))
    for column, total in zip(block.columns, (day.import_wh, day.export_wh), strict=True):
        first, last = column.values[0], column.values[-1]
        assert first is not None
        assert last is not None
        assert total == last - first


@pytest.mark.parametrize(("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_days_on_which_the_clock_changes(day: date, quarters: int) -> None:
    shown = day_of(ean(1), day, (electricity(day), gas(day)))
    assert len(shown.electricity) == quarters
    assert len(shown.gas) == quarters // 4


def test_a_gap_is_not_zero_and_is_counted() -> None:
    block = electricity(FIRST_DAY)
    values = block.columns[0].values
    day = day_of(ean(1), FIRST_DAY, (_with(block, 0, (*values[:10], None, *values[11:])),))
    assert [each.import_wh for each in day.electricity[9:11]] == [None, None]
    assert day.electricity[9].export_wh == 0
    assert day.gaps == 2
    assert day.to_dict()["electricity"][9]["import_w"] is None


def test_a_meter_that_profiles_tariffs_shows_their_sum() -> None:
    block = electricity(FIRST_DAY)
    low = Column(obis=Obis(1, 0, 1, 8, 1), unit=Unit.WATT_HOUR, scaler=0, values=block.columns[0].values)
    normal = replace(low, obis=Obis(1, 0, 1, 8, 2))
    day = day_of(ean(1), FIRST_DAY, (replace(block, columns=(low, normal)),))
    assert day.electricity[0].import_wh == 2 * 65
    assert day.electricity[0].export_wh is None


def test_scalers_are_honoured() -> None:
    block = electricity(FIRST_DAY)
    in_kilowatt_hours = replace(block.columns[0], scaler=3, values=tuple(range(97)))
    day = day_of(ean(1), FIRST_DAY, (replace(block, columns=(in_kilowatt_hours,)),))
    assert day.import_wh == 96_000


def test_flags_of_all_meters_are_told_once() -> None:
    blocks = (
        replace(electricity(FIRST_DAY), flags=("CAP", "MISSING")),
        replace(gas(FIRST_DAY), flags=("CAP",)),
    )
    assert day_of(ean(1), FIRST_DAY, blocks).flags == ("CAP", "MISSING")


def test_a_day_without_blocks_is_empty() -> None:
    document = day_of(ean(1), FIRST_DAY, ()).to_dict()
    assert document["electricity"] == document["gas"] == []
    assert document["sum"] == {"import_wh": 0, "export_wh": 0, "gas_l": 0}
