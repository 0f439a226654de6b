"""Which records become readings, and under which OBIS code."""

from decimal import Decimal

import pytest

from meterkast.model.unit import Unit
from meterkast.protocols.mbus import media, records
from meterkast.protocols.mbus.readings import volume_readings

STAMPED = "46 6D 00 00 0B 32 16 00"
AT = 1_245_322_800


def of(
    octets: str, device_type: int = media.GAS, channel: int = 1
) -> list[tuple[str, Decimal | str, int | None]]:
    found = volume_readings(records.decode(bytes.fromhex(octets)), device_type=device_type, channel=channel)
    return [(str(reading.obis), reading.value, reading.at) for reading in found]


def test_the_current_volume_of_a_gas_meter() -> None:
    assert of("0C 13 91 03 00 00") == [("0-1:24.2.1", Decimal("0.391"), None)]
    assert of("0C 13 91 03 00 00", channel=3) == [("0-3:24.2.1", Decimal("0.391"), None)]


def test_a_stored_volume_counts_where_it_is_dated() -> None:
    assert of(STAMPED + "4C 13 91 03 00 00") == [("0-1:24.2.1", Decimal("0.391"), AT)]
    assert of("4C 13 91 03 00 00") == []


@pytest.mark.parametrize(
    "octets",
    [
        "1C 13 91 03 00 00",
        "8C 40 13 91 03 00 00",
        "8C 10 13 91 03 00 00",
        "0C 93 12 91 03 00 00",
        "0C 13 91 03 00 DD",
        "0C 06 91 03 00 00",
        "0F 0C 13 91 03 00 00",
    ],
    ids=["maximum", "subunit", "tariff", "average", "odd digits", "energy", "manufacturer data"],
)
def test_what_is_no_reading_of_a_gas_meter(octets: str) -> None:
    assert of(octets) == []


@pytest.mark.parametrize(
    ("octets", "device_type", "obis"),
    [
        ("84 10 03 01 00 00 00", media.ELECTRICITY, "1-0:1.8.1"),
        ("04 2B 01 00 00 00", media.ELECTRICITY, "1-0:1.7.0"),
        ("04 06 01 00 00 00", 0x04, "6-0:1.0.0"),
        ("04 06 01 00 00 00", 0x0A, "5-0:1.0.0"),
        ("04 13 01 00 00 00", 0x07, "8-0:1.0.0"),
        ("04 13 01 00 00 00", 0x06, "9-0:1.0.0"),
    ],
)
def test_other_devices(octets: str, device_type: int, obis: str) -> None:
    ((code, _, _),) = of(octets, device_type)
    assert code == obis


def test_the_unit_is_that_of_the_value() -> None:
    (reading,) = volume_readings(records.decode(bytes.fromhex("0C 13 91 03 00 00")))
    assert reading.unit is Unit.CUBIC_METRE
