"""Reading an X1 document: any octets either are one, as the profile says and nothing more, or are refused."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NoReturn

from meterkast.model.calendar import iso_local
from meterkast.model.errors import PeerError
from meterkast.protocols.strict_json import Json, fraction, read_object
from meterkast.protocols.x1 import LINE_LIMIT, PROFILE
from meterkast.protocols.x1.document import (
    CHANNELS,
    CLOCK,
    EQUIPMENT,
    GAS_TYPE,
    MAX_INDEXES,
    MAX_RATE,
    NAME,
    RATE,
    Document,
    Gas,
)
from meterkast.protocols.x1.quantity import QUANTITIES, VOLUME

_DEPTH = 5
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")


def decode(line: bytes) -> Document:
    """Reads one line, with or without its line feed.

    Raises:
        PeerError: ``x1-too-long``, ``x1-profile-other`` for another profile or version, ``x1-malformed``.
    """
    if len(line) > LINE_LIMIT:
        raise PeerError("x1-too-long", f"A line of X1 has at most {LINE_LIMIT} octets.")
    try:
        document = read_object(line, depth=_DEPTH, fractions=fraction)
        if document.get("profile") != PROFILE:
            raise PeerError("x1-profile-other", f"The document is not one of {PROFILE}.")
        _only(document, {"profile", "objects"})
        return _document(_Objects(_mapping(document["objects"])))
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise PeerError("x1-malformed", "The line is no X1 document.") from error


class _Objects:
    """The objects by their codes; each is taken once, and nothing may be left over."""

    def __init__(self, objects: Mapping[str, Json]) -> None:
        self._left = dict(objects)

    def __contains__(self, code: str) -> bool:
        return code in self._left

    def take(self, code: str, *names: str) -> Mapping[str, Json]:
        """An object with exactly these fields."""
        taken = _mapping(self._left.pop(code))
        _only(taken, set(names))
        return taken

    def text(self, code: str) -> str:
        """An object that is a text."""
        return _text(self.take(code, "value")["value"])

    def whole(self, code: str) -> int:
        """An object that is a whole number."""
        return _whole(self.take(code, "value")["value"])

    def finish(self) -> None:
        """Refuses what nobody has taken."""
        _only(self._left, set())


def _document(objects: _Objects) -> Document:
    document = Document(
        at=_instant(objects.text(CLOCK)),
        equipment=_name(objects.text(EQUIPMENT)),
        rate=_at_most(objects.whole(RATE), MAX_RATE) if RATE in objects else None,
        values={code: _value(objects, code) for code in QUANTITIES if code in objects},
        gas={channel: _gas(objects, channel) for channel in CHANNELS if f"0-{channel}:24.1.0" in objects},
    )
    objects.finish()
    return document


def _value(objects: _Objects, code: str) -> Decimal:
    quantity, taken = QUANTITIES[code], objects.take(code, "value", "unit")
    value = quantity.read(_decimal(taken["value"]))
    if value is None or taken["unit"] != quantity.unit:
        _wrong()
    return value


def _gas(objects: _Objects, channel: int) -> Gas:
    if objects.whole(f"0-{channel}:24.1.0") != GAS_TYPE:
        _wrong()
    equipment = _name(objects.text(f"0-{channel}:96.1.0"))
    newest = objects.take(f"0-{channel}:24.2.1", "value", "unit", "at", "before")
    before = newest["before"]
    if newest["unit"] != VOLUME.unit or not isinstance(before, list) or len(before) >= MAX_INDEXES:
        _wrong()
    for each in before:
        _only(_mapping(each), {"value", "at"})
    indexes = tuple(
        (_instant(_text(each["at"])), _litres(each["value"])) for each in (*map(_mapping, before), newest)
    )
    return Gas(equipment=equipment, indexes=indexes)


def _litres(value: Json) -> int:
    cubic_metres = VOLUME.read(_decimal(value))
    return int(cubic_metres.scaleb(3)) if cubic_metres is not None else _wrong()


def _instant(text: str) -> int:
    if _TIME.fullmatch(text) is None:
        _wrong()
    at = int(datetime.fromisoformat(text).timestamp())
    return at if iso_local(at) == text else _wrong()


def _name(text: str) -> str:
    return text if NAME.fullmatch(text) else _wrong()


def _at_most(value: int, most: int) -> int:
    return value if 0 <= value <= most else _wrong()


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else _wrong()


def _text(value: Json) -> str:
    return value if isinstance(value, str) else _wrong()


def _whole(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else _wrong()


def _decimal(value: Json) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(_whole(value))


def _only(found: Mapping[str, Json], names: set[str]) -> None:
    if found.keys() != names:
        _wrong()


def _wrong() -> NoReturn:
    raise ValueError("it is not as the profile says")
