"""What an application hands in, before a key is put to work on it: bounded, readable, and of this house."""

from collections.abc import Mapping
from datetime import date

from meterkast.model.block import Medium, MeterDayBlock
from meterkast.model.errors import PeerError, TrustError
from meterkast.model.quality import Flag
from meterkast.protocols.block import Payload, decode_payload

MAX_OCTETS = 1 << 15
"""With the gateway's own events and the seal it still fits one wrapper frame of 64 KiB."""
MAX_EVENTS = 64
_UNREAD = frozenset({Flag.SILENT, Flag.GARBAGE, Flag.FLOOD})


def checked(octets: bytes, day: date, devices: Mapping[str, Medium]) -> Payload:
    """The content, where it is what this application was asked for.

    Args:
        octets: as handed in.
        day: the day it was asked for.
        devices: the devices of this house and what each measures.

    Raises:
        PeerError: ``payload-too-large``, or the decoder's own code.
        TrustError: ``payload-foreign`` for a device or a day that it was not asked for.
    """
    if len(octets) > MAX_OCTETS:
        raise PeerError("payload-too-large", f"An application hands in at most {MAX_OCTETS} octets.")
    payload = decode_payload(octets)
    named = [block.device for block in payload.blocks]
    own = all(devices.get(block.device) is block.medium and block.day == day for block in payload.blocks)
    if not own or len(set(named)) < len(named) or not devices.keys() >= {e.device for e in payload.events}:
        raise TrustError("payload-foreign", "The application hands in what it was not asked for.")
    if len(payload.events) > MAX_EVENTS:
        raise PeerError("payload-too-large", f"An application hands in at most {MAX_EVENTS} events.")
    return payload


def is_read(block: MeterDayBlock) -> bool:
    """Whether the device could be read; gaps in what it gave do not matter here."""
    return _UNREAD.isdisjoint(block.flags)


def is_empty(block: MeterDayBlock) -> bool:
    """Whether the block holds no value at all."""
    return all(value is None for column in block.columns for value in column.values)
