"""The readings of a gateway in the simulation: local days, each with the flags of what is known about it."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from meterkast.model.errors import PeerError

_HEAD = struct.Struct(">I")
CLOCK = 1
"""The gateway's clock did not agree with that of the module."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of readings: its number since the start, and its flags."""

    number: int
    flags: int = 0


def encode_days(days: Sequence[Day]) -> bytes:
    """Days in a row, as the payload of an envelope."""
    return _HEAD.pack(days[0].number) + bytes(day.flags for day in days)


def decode_days(octets: bytes) -> list[Day]:
    """Raises PeerError ``payload-malformed`` for what is no row of days."""
    if len(octets) <= _HEAD.size:
        raise PeerError("payload-malformed", "The payload holds no days.")
    (first,) = _HEAD.unpack_from(octets)
    return [Day(first + count, flags) for count, flags in enumerate(octets[_HEAD.size :])]
