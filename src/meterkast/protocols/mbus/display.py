"""Records as a document shows them: plain JSON values that can be compared with other readers' output."""

from decimal import Decimal
from typing import Any

from meterkast.protocols.mbus.coding import Coding
from meterkast.protocols.mbus.quantities import Form, Meaning
from meterkast.protocols.mbus.records import ManufacturerData, Record, Value
from meterkast.protocols.mbus.timepoint import TimePoint

_MILLIONTH = Decimal("0.000001")


def record(shown: Record | ManufacturerData) -> dict[str, Any]:
    """One record. ``data`` holds its octets, so that whatever rounding ``value`` shows loses nothing.

    A number that extensions turn into the time of an event keeps ``value`` as sent and has the time under
    ``instant``; BCD digits that are not decimal are under ``digits``.
    """
    if isinstance(shown, ManufacturerData):
        name = "more records follow" if shown.more_follows else "manufacturer specific"
        return {"quantity": name, "value": shown.value, "unit": ""}
    return {
        **measured(shown.meaning, _comparable(shown)),
        **_besides(shown),
        "function": shown.function.name.lower(),
        "storage": shown.storage,
        "tariff": shown.tariff,
        "subunit": shown.subunit,
        "vib": shown.vib.hex().upper(),
        "data": shown.data.hex().upper(),
    }


def measured(told: Meaning, value: Value) -> dict[str, Any]:
    """Quantity, value and unit, with the qualifiers where there are any."""
    document: dict[str, Any] = {"quantity": told.quantity, "value": _plain(value), "unit": told.unit}
    return document | {"qualifiers": list(told.qualifiers)} if told.qualifiers else document


def _comparable(shown: Record) -> Value:
    value = shown.value
    if _besides(shown):
        return shown.number
    if shown.coding is Coding.REAL32 and isinstance(value, Decimal):
        return value.quantize(_MILLIONTH) if abs(value) < 1 else value
    return value


def _besides(shown: Record) -> dict[str, str]:
    """What the number of the record alone would not say."""
    value, told = shown.value, shown.meaning
    if isinstance(value, TimePoint) and told.qualifiers:
        return {"instant": str(value)}
    if isinstance(value, str) and shown.coding.is_bcd and told.form is not Form.IDENTIFIER:
        return {"digits": value}
    return {}


def _plain(value: Value) -> str | None:
    """A value as JSON carries it: numbers as decimal strings, without an exponent."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return None if value is None else str(value)
