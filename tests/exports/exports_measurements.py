"""Measurements of an invented house, and of one whose names mean harm."""

from decimal import Decimal

from meterkast.console.exports.measurement import Measurement
from meterkast.model.block import Medium
from meterkast.model.obis import Obis

AT = 1_772_449_200
METER, GAS_METER = "MKV00000000000126", "MKM04000000000126"
HOSTILE = (
    "a/b",
    "#",
    "+",
    "a b,c=d",
    'x"}\nmeterkast_power_watts{device="y"} 9',
    "back\\",
    "a,unit=W value=9 1\nmeterkast,device=other value=1",
    "{{ states('secret') }}",
    "é" * 60,
    "a\u2028b",
    "$SYS",
    "..",
)


def measurement(
    obis: str = "1-0:1.8.1",
    value: str = "1234567",
    unit: str = "Wh",
    *,
    device: str = METER,
    medium: Medium = Medium.ELECTRICITY,
    at: int = AT,
) -> Measurement:
    return Measurement(
        device=device,
        behind=METER if device == GAS_METER else None,
        medium=medium,
        obis=Obis.parse(obis),
        value=Decimal(value),
        unit=unit,
        at=at,
    )


HOUSE = (
    measurement(),
    measurement("1-0:1.7.0", "482", "W"),
    measurement("1-0:32.7.0", "231.4", "V"),
    measurement("1-0:31.7.0", "2", "A"),
    measurement("1-0:14.7.0", "50.00", "Hz"),
    measurement("1-0:3.7.0", "20", "var"),
    measurement("1-0:3.8.0", "2000", "varh"),
    measurement("1-0:13.7.0", "0.98", ""),
    measurement("0-0:96.7.21", "13", ""),
    measurement("0-0:96.14.0", "2", ""),
    measurement("0-1:24.2.1", "4321.098", "m3", device=GAS_METER, medium=Medium.GAS),
    measurement("0-2:24.2.1", "872.234", "m3", device="MKW1", medium=Medium.WATER),
    measurement("0-3:24.2.1", "240860000000", "J", device="MKH1", medium=Medium.HEAT),
)
