"""Names of OBIS codes: in both languages, per channel, and nothing invented."""

from importlib import resources

import pytest

from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.cosem import catalogue


@pytest.mark.parametrize(
    ("code", "en", "nl", "unit"),
    [
        ("1-0:1.8.0", "Energy import, total", "Verbruik, totaal", Unit.WATT_HOUR),
        ("1-0:2.8.2", "Energy export, normal rate", "Teruglevering, normaal tarief", Unit.WATT_HOUR),
        ("0-1:24.2.1", "Meter reading, channel 1", "Meterstand, kanaal 1", None),
        ("0-4:24.2.1", "Meter reading, channel 4", "Meterstand, kanaal 4", None),
        ("0-0:96.1.1", "Equipment identifier", "Meternummer", None),
        ("0-2:96.1.1", "Equipment identifier, channel 2", "Meternummer, kanaal 2", None),
    ],
)
def test_known_names(code: str, en: str, nl: str, unit: Unit | None) -> None:
    obis = Obis.parse(code)
    assert (catalogue.name(obis), catalogue.name(obis, "nl"), catalogue.unit(obis)) == (en, nl, unit)


@pytest.mark.parametrize("code", ["0-0:24.2.1", "1-1:1.7.0", "1-0:1.8.0.1", "9-9:9.9.9"])
def test_unknown_codes_have_no_name(code: str) -> None:
    assert catalogue.name(Obis.parse(code)) is None
    assert catalogue.unit(Obis.parse(code)) is None


def test_every_entry_of_the_data_file_can_be_asked_for() -> None:
    text = resources.files("meterkast.protocols.cosem").joinpath("catalogue.toml").read_text("utf-8")
    codes = [line[2:-2] for line in text.splitlines() if line.startswith('["')]
    assert len(codes) > 90
    for code in codes:
        obis = Obis.parse(code.replace("-n:", "-3:"))
        for language in ("en", "nl"):
            name = catalogue.name(obis, "nl" if language == "nl" else "en")
            assert name
            assert "{" not in name
