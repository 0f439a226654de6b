"""Rows of a pushed message: the ways in which meters put OBIS codes and values together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data, Kind
from meterkast.protocols.explain.push_list import PushList

_LOGICAL_NAME: Final = 6
_UNITS: Final = {unit.value: unit for unit in Unit}


@dataclass(frozen=True, slots=True)
class Row:
    """A value of the message and what the message says about it."""

    obis: Obis | None
    value: Data
    scale: tuple[int, Unit] | None = None

    @property
    def group(self) -> tuple[int, int, int] | None:
        """Value groups C, D and E: what it is, without medium and channel."""
        return None if self.obis is None else (self.obis.c, self.obis.d, self.obis.e)


def find_rows(items: Sequence[Data], known: PushList | None) -> Iterator[Row]:
    """The values of a list in their order: by position, behind their object list, or after their codes."""
    if known is not None and len(items) in known.positions and not any(map(_obis, items)):
        return map(Row, known.positions[len(items)], items)
    described = _described(items)
    return described if described is not None else _alternating(items)


def _described(items: Sequence[Data]) -> Iterator[Row] | None:
    """A push object list in front of the values that it lists, itself among them."""
    descriptors = [_descriptor(item) for item in items[0].items]
    if len(items) < 2 or len(descriptors) != len(items) or None in descriptors:
        return None
    return map(Row, descriptors[1:], items[1:])


def _alternating(items: Iterable[Data]) -> Iterator[Row]:
    """OBIS code, value, and perhaps scaler and unit, over and over; or structures of these."""
    queue = list(reversed(list(items)))
    while queue:
        item = queue.pop()
        obis = _obis(item)
        if obis is not None and queue:
            value = queue.pop()
            scale = _scale(queue[-1]) if queue else None
            if scale is not None:
                queue.pop()
            yield Row(obis, value, scale)
        elif (named := _descriptor(item)) is not None:
            yield Row(named, item.items[3])
        elif item.items:
            yield from _alternating(item.items)
        else:
            yield Row(None, item)


def _descriptor(item: Data) -> Obis | None:
    """The logical name of a structure that begins with class, logical name and attribute."""
    kinds = [part.kind for part in item.items[:3]]
    if item.kind is not Kind.STRUCTURE or len(item.items) < 4:
        return None
    if kinds != [Kind.LONG_UNSIGNED, Kind.OCTET_STRING, Kind.INTEGER]:
        return None
    return _obis(item.items[1])


def _obis(item: Data) -> Obis | None:
    if item.kind is not Kind.OCTET_STRING or not isinstance(item.value, bytes):
        return None
    if len(item.value) != _LOGICAL_NAME or item.value[-1] != 0xFF:
        return None
    return Obis.from_bytes(item.value)


def _scale(item: Data) -> tuple[int, Unit] | None:
    """Scaler and unit, the structure that COSEM registers have; a unit unknown here counts as none."""
    if item.kind is not Kind.STRUCTURE or [part.kind for part in item.items] != [Kind.INTEGER, Kind.ENUM]:
        return None
    scaler, unit = (part.value for part in item.items)
    if not isinstance(scaler, int) or not isinstance(unit, int):
        return None
    return scaler, _UNITS.get(unit, Unit.NONE)
