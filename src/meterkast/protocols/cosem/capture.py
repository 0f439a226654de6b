"""Columns and rows of a profile."""

from collections.abc import Sequence
from dataclasses import dataclass

from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, Kind, integer, long_unsigned, octets, structure

_CLOCK_CLASS, _CLOCK_TIME = 8, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureObject:
    """One column: an attribute of an object, or an element of it (``data_index`` 0: the whole attribute)."""

    class_id: int
    logical_name: Obis
    attribute: int
    data_index: int = 0

    @property
    def is_clock(self) -> bool:
        """Whether the column holds a time of the clock."""
        return (self.class_id, self.attribute) == (_CLOCK_CLASS, _CLOCK_TIME)

    def to_data(self) -> Data:
        """The capture object definition (Blue Book 4.3.6)."""
        return structure(
            (
                long_unsigned(self.class_id),
                octets(self.logical_name.to_bytes()),
                integer(self.attribute),
                long_unsigned(self.data_index),
            )
        )

    @classmethod
    def from_data(cls, data: Data) -> "CaptureObject":
        """Reads a capture object definition.

        Raises:
            PeerError: ``profile-capture-object``.
        """
        kinds = (Kind.LONG_UNSIGNED, Kind.OCTET_STRING, Kind.INTEGER, Kind.LONG_UNSIGNED)
        if data.kind is Kind.STRUCTURE and tuple(item.kind for item in data.items) == kinds:
            match [item.value for item in data.items]:
                case [int(class_id), bytes(name), int(attribute), int(data_index)] if len(name) == 6:
                    return cls(
                        class_id=class_id,
                        logical_name=Obis.from_bytes(name),
                        attribute=attribute,
                        data_index=data_index,
                    )
        raise PeerError("profile-capture-object", "A capture object definition is malformed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a profile.

    Attributes:
        at: Unix seconds; None where the profile has no clock column.
        values: all other columns in their order; null-data where the meter gave none.
    """

    at: int | None
    values: tuple[Data, ...]


def clock_place(capture_objects: Sequence[CaptureObject]) -> int | None:
    """Which column holds the time of the row; None where none does."""
    return next((place for place, column in enumerate(capture_objects) if column.is_clock), None)


def decode_capture_objects(data: Data) -> tuple[CaptureObject, ...]:
    """Attribute 3 of a profile.

    Raises:
        PeerError: ``profile-capture-object``.
    """
    if data.kind is not Kind.ARRAY:
        raise PeerError("profile-capture-object", "The capture objects of a profile are an array.")
    return tuple(CaptureObject.from_data(item) for item in data.items)
