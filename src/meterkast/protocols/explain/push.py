"""Readings of a pushed message: which value belongs to which OBIS code, in which unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from meterkast.model.calendar import utc
from meterkast.model.errors import PeerError
from meterkast.model.finding import Finding, Severity
from meterkast.model.reading import Reading
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data, Kind
from meterkast.protocols.datetime import CosemDateTime
from meterkast.protocols.explain.push_list import PushList, push_lists, quantity_of
from meterkast.protocols.explain.push_rows import Row, find_rows

_DATE_TIME: Final = 12
_WEEKDAY: Final = 4
_SHORTEST_IDENTIFIER: Final = 8
_IDENTIFIERS: Final = ((96, 1, 0), (0, 0, 5), (0, 0, 1), (96, 1, 1), (42, 0, 0))
_DEVICE_NAME: Final = (42, 0, 0)
_CLOCK: Final = (1, 0, 0)


@dataclass(slots=True, kw_only=True)
class Push:
    """What a pushed message says.

    Attributes:
        readings: values with their OBIS codes, in the order of the message.
        at: Unix seconds, from the notification or from its clock value.
        meter_id: the meter's identifier, where one is in the message.
        maker: three-letter code, where the message gives one away.
        findings: what was unusual.
    """

    readings: list[Reading] = field(default_factory=list)
    at: int | None = None
    meter_id: str | None = None
    maker: str | None = None
    findings: list[Finding] = field(default_factory=list)


def read_push(body: Data, at: int | None, shapes: Sequence[str] = ()) -> Push:
    """Finds the readings in the body of a notification.

    Args:
        body: the decoded body.
        at: Unix seconds of the notification's own date-time.
        shapes: codes of the deviations in which the message was written.
    """
    items = body.items or (body,)
    known = _recognised(body, shapes)
    rows = list(find_rows(items, known))
    push = Push(at=at if at is not None else _clock(rows), maker=_maker(rows, known))
    push.meter_id = _meter_id(rows)
    push.readings = [reading for row in rows if (reading := _reading(row, known, push.at))]
    push.findings = list(_findings(rows, known))
    return push


def _reading(row: Row, known: PushList | None, at: int | None) -> Reading | None:
    if row.obis is None:
        return None
    number = _number(row.value)
    if number is not None:
        scaler, unit = _scale_of(row, known) or (0, Unit.NONE)
        scaled = number.scaleb(scaler) if scaler < 0 else number * 10**scaler
        return Reading(obis=row.obis, value=scaled, unit=unit, at=at)
    moment = _moment_text(row.value) if row.group == _CLOCK else None
    text = moment or _text(row.value)
    return None if text is None else Reading(obis=row.obis, value=text, at=at)


def _scale_of(row: Row, known: PushList | None) -> tuple[int, Unit] | None:
    if row.scale is None and row.obis is not None and known is not None:
        return known.scale(row.obis)
    return row.scale


def _findings(rows: Sequence[Row], known: PushList | None) -> Iterator[Finding]:
    physical = [row for row in rows if row.obis is not None and quantity_of(row.obis)[0]]
    unscaled = sum(_scale_of(row, known) is None for row in physical)
    if unscaled:
        message = f"{unscaled} values came without scaler and unit: given as sent."
        yield Finding(code="unit-not-sent", severity=Severity.INFO, message=message)
    if any(_weekday_is_zero(row.value) for row in rows if row.group == _CLOCK):
        message = "The clock value has weekday 00: read as not specified."
        yield Finding(code="weekday-zero", severity=Severity.WARNING, message=message)


def _number(data: Data) -> Decimal | None:
    if isinstance(data.value, bool) or not isinstance(data.value, int | float):
        return None
    number = Decimal(str(data.value))
    return number if number.is_finite() else None


def _text(data: Data) -> str | None:
    """A string as text without its padding, in hexadecimal where not printable; None for other kinds."""
    printable = _printable(data)
    if printable is None and isinstance(data.value, bytes):
        return data.value.hex().upper()
    return printable


def _printable(data: Data) -> str | None:
    if data.kind is Kind.BIT_STRING or not isinstance(data.value, bytes | str):
        return None
    raw = data.value.decode("latin-1") if isinstance(data.value, bytes) else data.value
    text = raw.rstrip("\0 ")
    return text if text.isascii() and text.isprintable() else None


def _recognised(body: Data, shapes: Sequence[str]) -> PushList | None:
    texts = {text for leaf in _leaves(body) if (text := _printable(leaf))}
    for candidate in push_lists():
        if candidate.marker in texts or candidate.shape in shapes:
            return candidate
    return None


def _leaves(data: Data) -> Iterator[Data]:
    if not data.items:
        yield data
    for item in data.items:
        yield from _leaves(item)


def _clock(rows: Sequence[Row]) -> int | None:
    """The first moment that stands under a clock's name or under none."""
    moments = (_moment(row.value) for row in rows if row.group in (_CLOCK, None))
    return next((at for moment in moments if moment is not None and (at := moment.unix()) is not None), None)


def _moment(data: Data) -> CosemDateTime | None:
    octets = data.value
    if not isinstance(octets, bytes) or len(octets) != _DATE_TIME:
        return None
    if _weekday_is_zero(data):
        octets = octets[:_WEEKDAY] + b"\xff" + octets[_WEEKDAY + 1 :]
    try:
        return CosemDateTime.parse(octets)
    except PeerError:
        return None


def _weekday_is_zero(data: Data) -> bool:
    return isinstance(data.value, bytes) and len(data.value) == _DATE_TIME and data.value[_WEEKDAY] == 0


def _moment_text(data: Data) -> str | None:
    moment = _moment(data)
    at = None if moment is None else moment.unix()
    return None if at is None else utc(at).isoformat()


def _meter_id(rows: Sequence[Row]) -> str | None:
    for group in _IDENTIFIERS:
        for row in rows:
            if row.group == group and (found := identifier(row.value)):
                return found
    nameless = (identifier(row.value) for row in rows if row.obis is None)
    return next((text for text in nameless if text and len(text) >= _SHORTEST_IDENTIFIER), None)


def identifier(data: Data) -> str | None:
    """What a meter may be called by: a number, or letters and digits; None for anything else."""
    if isinstance(data.value, int) and not isinstance(data.value, bool):
        return str(data.value)
    text = _printable(data)
    return text if text and text.isalnum() and any(map(str.isdigit, text)) else None


def _maker(rows: Sequence[Row], known: PushList | None) -> str | None:
    for row in rows:
        name = _printable(row.value) if row.group == _DEVICE_NAME else None
        if name and name[:3].isalpha() and name[:3].isupper():
            return name[:3]
    return known.maker if known else None
