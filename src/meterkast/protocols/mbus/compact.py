"""Compact frames (EN 13757-3, CI 79): the values alone, under the signature of a format both ends know."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from meterkast.model.errors import PeerError
from meterkast.protocols.mbus import records
from meterkast.protocols.mbus.crc import crc16
from meterkast.protocols.mbus.records import ManufacturerData, Record

HEADER_SIZE = 4
_KAMSTRUP_WATER = (
    "02FF20 0413 4413 615B 6167",
    "02FF20 0413 4413 615B 5167",
    "02FF20 0413 4413 A1015B 8101E7FF0F",
    "02FF20 0413 9201 3BA1015B 8101E7FF0F",
    "02FF20 0413 4413",
    "02FF20 0413 523B",
)
"""Formats of widespread water meters. Each proves itself: its signature is the CRC of its octets."""


def signature(heads: bytes) -> int:
    """The signature of a format: the CRC of its records' data and value information, in order."""
    return crc16(heads)


def heads(received: Iterable[Record]) -> bytes:
    """Data and value information of the records, without their values."""
    return b"".join(record.encode()[: -len(record.data) or None] for record in received)


def encode(told: Iterable[Record]) -> bytes:
    """Signature, CRC of the full frame, and the values. Text and variable lengths stay with their values."""
    told = tuple(told)
    full = records.encode(told)
    head = signature(heads(told)).to_bytes(2, "little") + crc16(full).to_bytes(2, "little")
    return head + b"".join(record.data for record in told)


def signature_of(octets: bytes) -> int:
    """The signature in front of the values.

    Raises:
        PeerError: ``mbus-compact-cut``.
    """
    if len(octets) < HEADER_SIZE:
        raise PeerError("mbus-compact-cut", "A compact frame begins with four octets of signature and CRC.")
    return int.from_bytes(octets[:2], "little")


def decode(octets: bytes, formats: Mapping[int, bytes]) -> list[Record | ManufacturerData]:
    """The records, from the octets behind the CI field.

    Args:
        octets: signature, CRC and values.
        formats: the heads of full frames that are known, by their signature.

    Raises:
        PeerError: ``mbus-compact-cut``, ``mbus-format-unknown``, ``mbus-compact-crc-wrong`` where the
            values do not make the full frame, and those of ``records.decode``.
    """
    known = formats.get(signature_of(octets))
    if known is None:
        raise PeerError("mbus-format-unknown", "The format of this compact frame is not known.")
    told = records.decode_split(known, octets[HEADER_SIZE:])
    if crc16(records.encode(told)) != int.from_bytes(octets[2:HEADER_SIZE], "little"):
        raise PeerError("mbus-compact-crc-wrong", "The values do not make the full frame they stand for.")
    return list(told)


FORMATS: Mapping[int, bytes] = MappingProxyType(
    {signature(octets): octets for octets in map(bytes.fromhex, _KAMSTRUP_WATER)}
)
"""Formats known without having heard a full frame."""
