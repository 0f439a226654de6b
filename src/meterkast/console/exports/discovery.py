"""Home Assistant's MQTT discovery, generated from what is measured; nothing about a sensor is kept by hand.

Fields as documented at https://www.home-assistant.io/integrations/sensor.mqtt and
https://www.home-assistant.io/integrations/mqtt#discovery-messages.
"""

import json
from decimal import Context
from typing import Any

from meterkast import __version__
from meterkast.console.exports.measurement import Measurement
from meterkast.console.exports.quantity import quantity
from meterkast.console.exports.wording import obis_slug, slug
from meterkast.model.block import Medium
from meterkast.model.calendar import iso_local
from meterkast.protocols.cosem.catalogue import Language

SECONDS_TO_EXPIRE = 300
"""A value that has not come again in this time is shown as unavailable: the meter has fallen silent."""

_EXACT = Context(prec=64)
_METERS: dict[Language, dict[Medium, str]] = {
    "en": {
        Medium.ELECTRICITY: "Electricity meter",
        Medium.GAS: "Gas meter",
        Medium.WATER: "Water meter",
        Medium.HEAT: "Heat meter",
        Medium.OTHER: "Meter",
    },
    "nl": {
        Medium.ELECTRICITY: "Elektriciteitsmeter",
        Medium.GAS: "Gasmeter",
        Medium.WATER: "Watermeter",
        Medium.HEAT: "Warmtemeter",
        Medium.OTHER: "Meter",
    },
}


def state_topic(prefix: str, measurement: Measurement) -> str:
    """Where the value is published."""
    return f"{prefix}/{slug(measurement.device)}/{obis_slug(measurement.obis)}"


def state(measurement: Measurement) -> str:
    """The message with the value as people read it, exact: a JSON number is written as it stands."""
    kind = quantity(measurement)
    value = measurement.value.scaleb(-kind.exponent, _EXACT)
    unit, at = json.dumps(kind.unit, ensure_ascii=False), json.dumps(iso_local(measurement.at))
    return f'{{"value": {value:f}, "unit": {unit}, "at": {at}}}'


def availability_topic(prefix: str) -> str:
    """Where it is told whether we are there."""
    return f"{prefix}/status"


def discovery_topic(discovery: str, measurement: Measurement) -> str:
    """Where Home Assistant looks for the description of the sensor."""
    return f"{discovery}/sensor/{_unique(measurement)}/config"


def description(
    prefix: str, measurement: Measurement, language: Language, *, live: bool = True
) -> dict[str, Any]:
    """The description of the sensor; only a live one falls silent."""
    kind = quantity(measurement)
    described = {
        "name": measurement.name(language),
        "unique_id": _unique(measurement),
        "state_topic": state_topic(prefix, measurement),
        "value_template": "{{ value_json.value }}",
        "device_class": kind.device_class,
        "state_class": kind.state_class,
        "unit_of_measurement": kind.unit,
        "availability_topic": availability_topic(prefix),
        "payload_available": "online",
        "payload_not_available": "offline",
        "expire_after": SECONDS_TO_EXPIRE if live else None,
        "entity_category": None if kind.device_class or kind.state_class else "diagnostic",
        "device": _device(measurement, language),
        "origin": {"name": "Meterkast", "sw_version": __version__},
    }
    return {name: value for name, value in described.items() if value is not None}


def _device(measurement: Measurement, language: Language) -> dict[str, Any]:
    device: dict[str, Any] = {
        "identifiers": [_identifier(measurement.device)],
        "name": f"{_METERS[language][measurement.medium]} {measurement.device}",
        "serial_number": measurement.device,
    }
    if measurement.behind is not None:
        device["via_device"] = _identifier(measurement.behind)
    return device


def _unique(measurement: Measurement) -> str:
    return f"{_identifier(measurement.device)}_{obis_slug(measurement.obis)}"


def _identifier(device: str) -> str:
    return f"meterkast_{slug(device)}"
