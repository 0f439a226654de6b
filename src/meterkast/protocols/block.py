"""What an envelope holds: meter-day blocks and device events, as one A-XDR value in one encoding only.

The layout, in COSEM types::

    payload  structure { version unsigned = 1, array of block, array of event }
    block    structure { device utf8, medium enum, day date, start long64, steps runs,
                         status runs, flags array of utf8, array of column }
    column   structure { obis octet-string(6), unit enum, scaler integer, values series }
    event    structure { code utf8, device utf8, at long64, detail utf8 }

Runs and series are those of ``protocols.series``; the steps are the seconds between the instants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.errors import DataError, PeerError
from meterkast.model.event import DeviceEvent
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import (
    Data,
    Kind,
    Limits,
    array,
    decode,
    encode,
    enum,
    integer,
    long64,
    octets,
    structure,
    unsigned,
    utf8,
)
from meterkast.protocols.series import (
    MAX_LENGTH,
    decode_runs,
    decode_series,
    encode_runs,
    encode_series,
    fields,
    typed,
)

MAX_BLOCKS = 256
MAX_EVENTS = 4096
MAX_COLUMNS = 64
MAX_FLAGS = 32
MAX_TEXT = 256

_VERSION = 1
_LIMITS = Limits(depth=8, items=1 << 19, octets=1 << 20)
_MEDIA = {1: Medium.ELECTRICITY, 2: Medium.GAS, 3: Medium.HEAT, 4: Medium.WATER, 255: Medium.OTHER}
_MEDIUM_NUMBERS = {medium: number for number, medium in _MEDIA.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The content of one envelope."""

    blocks: tuple[MeterDayBlock, ...]
    events: tuple[DeviceEvent, ...]


def encode_payload(blocks: Sequence[MeterDayBlock], events: Sequence[DeviceEvent]) -> bytes:
    """The octets to seal.

    Raises:
        DataError: ``payload-too-large``, ``payload-value-range`` or ``payload-no-instants``.
    """
    _fits(len(blocks), MAX_BLOCKS)
    _fits(len(events), MAX_EVENTS)
    payload = (unsigned(_VERSION), array(map(_encode_block, blocks)), array(map(_encode_event, events)))
    return encode(structure(payload))


def decode_payload(content: bytes) -> Payload:
    """Reads what ``encode_payload`` wrote; every other encoding of the same is refused.

    Raises:
        PeerError: ``payload-malformed``, ``payload-version-unknown``, ``payload-not-canonical``,
            or ``axdr-…``.
    """
    version, blocks, events = fields(decode(content, limits=_LIMITS), 3)
    if typed(version, Kind.UNSIGNED, int) != _VERSION:
        raise PeerError("payload-version-unknown", "The version of the content is unknown.")
    try:
        payload = Payload(
            blocks=tuple(map(_decode_block, typed(blocks, Kind.ARRAY, tuple))),
            events=tuple(map(_decode_event, typed(events, Kind.ARRAY, tuple))),
        )
        canonical = encode_payload(payload.blocks, payload.events)
    except (DataError, ValueError) as cause:
        raise PeerError("payload-malformed", "A value of the content is outside its range.") from cause
    if canonical != content:
        raise PeerError("payload-not-canonical", "The content is not written in its one encoding.")
    return payload


def _encode_block(block: MeterDayBlock) -> Data:
    _fits(len(block.columns), MAX_COLUMNS)
    _fits(len(block.flags), MAX_FLAGS)
    if not block.times:
        raise DataError("payload-no-instants", "A meter-day block without instants is not sent.")
    steps = [after - before for before, after in pairwise(block.times)]
    return structure(
        (
            _text(block.device),
            enum(_MEDIUM_NUMBERS[block.medium]),
            Data(Kind.DATE, _date_octets(block.day)),
            _instant(block.times[0]),
            encode_runs(steps),
            encode_runs(block.status),
            array(_text(flag) for flag in sorted(set(block.flags))),
            array(map(_encode_column, block.columns)),
        )
    )


def _decode_block(data: Data) -> MeterDayBlock:
    device, medium, day, start, steps, status, flags, columns = fields(data, 8)
    times = _times(typed(start, Kind.LONG64, int), decode_runs(steps))
    return MeterDayBlock(
        device=typed(device, Kind.UTF8_STRING, str),
        medium=_medium(typed(medium, Kind.ENUM, int)),
        day=_date(typed(day, Kind.DATE, bytes)),
        times=times,
        status=decode_runs(status),
        flags=tuple(typed(flag, Kind.UTF8_STRING, str) for flag in typed(flags, Kind.ARRAY, tuple)),
        columns=tuple(_decode_column(column, len(times)) for column in typed(columns, Kind.ARRAY, tuple)),
    )


def _encode_column(column: Column) -> Data:
    return structure(
        (
            octets(column.obis.to_bytes()),
            enum(column.unit),
            integer(_within(column.scaler, -128, 127)),
            encode_series(column.values),
        )
    )


def _decode_column(data: Data, length: int) -> Column:
    obis, unit, scaler, values = fields(data, 4)
    return Column(
        obis=Obis.from_bytes(typed(obis, Kind.OCTET_STRING, bytes)),
        unit=Unit(typed(unit, Kind.ENUM, int)),
        scaler=typed(scaler, Kind.INTEGER, int),
        values=decode_series(values, length),
    )


def _encode_event(event: DeviceEvent) -> Data:
    return structure((_text(event.code), _text(event.device), _instant(event.at), _text(event.detail)))


def _decode_event(data: Data) -> DeviceEvent:
    code, device, at, detail = fields(data, 4)
    return DeviceEvent(
        code=typed(code, Kind.UTF8_STRING, str),
        device=typed(device, Kind.UTF8_STRING, str),
        at=typed(at, Kind.LONG64, int),
        detail=typed(detail, Kind.UTF8_STRING, str),
    )


def _times(start: int, steps: tuple[int | None, ...]) -> tuple[int, ...]:
    if len(steps) >= MAX_LENGTH or any(step is None or step <= 0 for step in steps):
        raise PeerError("payload-malformed", "The instants of a block rise.")
    return tuple(accumulate((step for step in steps if step is not None), initial=start))


def _medium(number: int) -> Medium:
    if number not in _MEDIA:
        raise PeerError("payload-malformed", "The medium is unknown.")
    return _MEDIA[number]


def _date_octets(day: date) -> bytes:
    return day.year.to_bytes(2, "big") + bytes((day.month, day.day, day.isoweekday()))


def _date(moment: bytes) -> date:
    return date(int.from_bytes(moment[:2], "big"), moment[2], moment[3])


def _instant(at: int) -> Data:
    return long64(_within(at, -(1 << 63), (1 << 63) - 1))


def _within(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise DataError("payload-value-range", "A number of the content is outside its range.")
    return value


def _text(text: str) -> Data:
    _fits(len(text), MAX_TEXT)
    return utf8(text)


def _fits(count: int, limit: int) -> None:
    if count > limit:
        raise DataError("payload-too-large", f"At most {limit} of these fit one envelope.")
