"""One home in the register, and blocks as its gateway would hand them in."""

from dataclasses import replace
from datetime import date

from sqlalchemy import Engine, insert

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, QUARTER, grid
from meterkast.model.ean import Ean
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.outside.database import schema
from meterkast.outside.database.engine import writing

OPERATOR = "alliander"
EAN = str(Ean.from_number("871685900", 17))
GATEWAY = SystemTitle.of("MKG", 1)
MODULE = "KFM5000000000017"
GAS_METER = "MKM12345678"
DAY = date(2026, 3, 3)
IMPORT, EXPORT = Obis.parse("1-0:1.8.0"), Obis.parse("1-0:2.8.0")
GAS = Obis.parse("0-1:24.2.1")


def register(database: Engine) -> None:
    with writing(database) as connection:
        connection.execute(insert(schema.operator).values(code=OPERATOR, name="Alliander"))
        connection.execute(insert(schema.connection).values(ean=EAN, operator=OPERATOR, phases=3, ampere=25))
        connection.execute(insert(schema.gateway).values(title=str(GATEWAY), ean=EAN, operator=OPERATOR))
        for name, medium, vendor in ((MODULE, "electricity", "KFM"), (GAS_METER, "gas", "MKM")):
            connection.execute(
                insert(schema.device).values(
                    name=name, ean=EAN, gateway=str(GATEWAY), medium=medium, vendor=vendor
                )
            )


def day_block(day: date = DAY, *, start: int = 1_000_000, step: int = 40) -> MeterDayBlock:
    """A whole day of electricity: import rises by ``step`` Wh per quarter, export stands still."""
    times = grid(day, QUARTER)
    return MeterDayBlock(
        device=MODULE,
        medium=Medium.ELECTRICITY,
        day=day,
        times=times,
        columns=(
            _column(IMPORT, Unit.WATT_HOUR, 0, tuple(start + step * n for n in range(len(times)))),
            _column(EXPORT, Unit.WATT_HOUR, 0, (5,) * len(times)),
        ),
        status=(0,) * len(times),
    )


def gas_block(day: date = DAY) -> MeterDayBlock:
    """A whole day of gas: 120 litres an hour."""
    times = grid(day, HOUR)
    column = _column(GAS, Unit.CUBIC_METRE, -3, tuple(7_000_000 + 120 * n for n in range(len(times))))
    return MeterDayBlock(
        device=GAS_METER,
        medium=Medium.GAS,
        day=day,
        times=times,
        columns=(column,),
        status=(None,) * len(times),
    )


def with_value(block: MeterDayBlock, place: int, value: int | None) -> MeterDayBlock:
    """The block with another value at this place of its first column."""
    first, *others = block.columns
    values = (*first.values[:place], value, *first.values[place + 1 :])
    return replace(block, columns=(replace(first, values=values), *others))


def _column(obis: Obis, unit: Unit, scaler: int, values: tuple[int, ...]) -> Column:
    return Column(obis=obis, unit=unit, scaler=scaler, values=values)
