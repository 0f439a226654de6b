"""Home Assistant's descriptions: as documented, with the classes that its energy page needs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from exports.exports_measurements import GAS_METER, HOSTILE, HOUSE, METER, measurement
from meterkast.console.exports.discovery import (
    availability_topic,
    description,
    discovery_topic,
    state_topic,
)
from meterkast.console.exports.measurement import Measurement
from meterkast.console.exports.wording import slug
from meterkast.model.block import Medium

SCHEMA = json.loads(Path(__file__).with_name("homeassistant-sensor.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def described(each: Measurement, *, live: bool = True) -> dict[str, Any]:
    document = description("house", each, "en", live=live)
    VALIDATOR.validate(document)
    return document


@pytest.mark.parametrize("each", HOUSE, ids=lambda each: str(each.obis))
def test_every_description_is_as_home_assistant_documents_it(each: Measurement) -> None:
    document = described(each)
    assert document["availability_topic"] == availability_topic("house")
    assert re.fullmatch(r"homeassistant/sensor/[A-Za-z0-9_-]+/config", discovery_topic("homeassistant", each))


@pytest.mark.parametrize(
    ("obis", "classes"),
    [
        ("1-0:1.8.1", ("energy", "total_increasing", "kWh")),
        ("1-0:1.7.0", ("power", "measurement", "W")),
        ("0-1:24.2.1", ("gas", "total_increasing", "m³")),
        ("0-2:24.2.1", ("water", "total_increasing", "m³")),
        ("0-3:24.2.1", ("energy", "total_increasing", "GJ")),
        ("1-0:32.7.0", ("voltage", "measurement", "V")),
        ("0-0:96.7.21", (None, "total_increasing", None)),
        ("0-0:96.14.0", (None, None, None)),
    ],
)
def test_the_classes_that_the_energy_page_asks_for(obis: str, classes: tuple[str | None, ...]) -> None:
    (each,) = [each for each in HOUSE if str(each.obis) == obis]
    document = described(each)
    fields = ("device_class", "state_class", "unit_of_measurement")
    assert tuple(document.get(field) for field in fields) == classes


def test_a_gas_meter_is_a_device_of_its_own_behind_the_electricity_meter() -> None:
    (gas,) = [each for each in HOUSE if each.device == GAS_METER]
    device = described(gas)["device"]
    assert device["name"] == f"Gas meter {GAS_METER}"
    assert device["via_device"] == f"meterkast_{METER}"
    assert "via_device" not in described(HOUSE[0])["device"]


def test_the_description_in_the_documentation_is_the_one_that_is_published() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "p1-in-your-own-tools.md").read_text("utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert json.loads(shown) == description("meterkast", measurement(), "en")


def test_a_schema_that_accepts_everything_would_prove_nothing() -> None:
    document = described(HOUSE[0])
    for wrong in (
        {"state_class": "measurement"},
        {"unit_of_measurement": "m³"},
        {"device_class": "electricity"},
        {"state_topic": "house/#"},
        {"colour": "green"},
        {"device": {"name": "nameless"}},
    ):
        with pytest.raises(ValidationError):
            VALIDATOR.validate(document | wrong)


def test_in_belgium_rate_1_is_the_normal_one() -> None:
    from dataclasses import replace

    first = measurement("1-0:1.8.1")
    assert first.name("en") == "Energy import, low rate"
    assert replace(first, swapped=True).name("en") == "Energy import, normal rate"
    assert replace(first, swapped=True).name("nl") == "Verbruik, normaal tarief"
    total = measurement("1-0:1.8.0")
    assert replace(total, swapped=True).name("en") == total.name("en")


def test_only_live_sensors_fall_silent() -> None:
    assert described(HOUSE[0])["expire_after"] > 0
    assert "expire_after" not in described(HOUSE[0], live=False)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_meter_gets_no_say_in_topics_or_templates(name: str) -> None:
    each = measurement(device=name)
    document = described(each)
    topic = state_topic("house", each)
    assert re.fullmatch(r"house/[A-Za-z0-9_]+/1_0_1_8_1", topic)
    assert document["state_topic"] == topic
    assert document["value_template"] == "{{ value_json.value }}"
    assert re.fullmatch(r"homeassistant/sensor/[A-Za-z0-9_]+/config", discovery_topic("homeassistant", each))


@given(st.text(max_size=80))
def test_a_slug_is_a_plain_word_of_bounded_length(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_]{0,64}", slug(name))


@given(st.text("ab_/2f5 é", max_size=10))
def test_a_name_can_be_told_from_its_slug_so_that_two_never_become_one(name: str) -> None:
    assert re.sub("_([0-9a-f]+)_", lambda match: chr(int(match[1], 16)), slug(name)) == name


def test_long_names_keep_apart_too() -> None:
    assert slug("/" * 100) != slug("/" * 101)


def test_what_nobody_has_a_name_for_is_called_by_its_code() -> None:
    odd = measurement("1-0:99.99.99", unit="", medium=Medium.OTHER)
    assert described(odd)["name"] == "1-0:99.99.99"
