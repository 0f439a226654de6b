"""Data records of the M-Bus application layer (EN 13757-3, 6): octets to values and back, nothing lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import IntEnum
from typing import Literal

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mbus import coding as codings
from meterkast.protocols.mbus import timepoint
from meterkast.protocols.mbus.coding import Coding
from meterkast.protocols.mbus.quantities import Form, Meaning
from meterkast.protocols.mbus.timepoint import TimePoint
from meterkast.protocols.mbus.vib import EXTENDED, PLAIN_TEXT, meaning

MANUFACTURER_DATA = 0x0F
MORE_FOLLOWS = 0x1F
IDLE = 0x2F
_SPECIAL = 0x0F
_MAXIMUM_EXTENSIONS = 10
_EXACT = Context(prec=120)

Value = Decimal | str | TimePoint | None


class Function(IntEnum):
    """What a value says of its interval (data information field, bits 4 and 5)."""

    INSTANTANEOUS = 0
    MAXIMUM = 1
    MINIMUM = 2
    ERROR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One value with its block of data and value information.

    Attributes:
        storage: 0 is the current value, higher numbers are stored ones.
        tariff: 0 is the total.
        subunit: the part of the device that measures.
        coding: how ``data`` is written.
        vib: VIF and VIFEs as they stand, without the characters of a plain-text VIF.
        text: the unit spelled out by a plain-text VIF, else None.
        data: the value's octets, low one first; a variable one begins with its LVAR.
        extensions: DIFEs on the wire; more than the numbers need is allowed and kept.
    """

    function: Function = Function.INSTANTANEOUS
    storage: int = 0
    tariff: int = 0
    subunit: int = 0
    coding: Coding
    vib: bytes
    text: str | None = None
    data: bytes
    extensions: int = 0

    @property
    def meaning(self) -> Meaning:
        """Quantity, unit and scale."""
        return meaning(self.vib, self.text)

    @property
    def value(self) -> Value:
        """The value in the unit of ``meaning``; text, a time, or None where the record holds none."""
        told = self.meaning
        if told.form is Form.TIME and self.coding.is_integer and len(self.data) in timepoint.SIZES:
            return TimePoint.decode(self.data)
        if told.form is Form.IDENTIFIER and self.coding.is_bcd:
            return self.data[::-1].hex().upper()
        sent = self._sent(signed=told.form is not Form.FLAGS)
        return _scaled(sent, told) if isinstance(sent, Decimal) else sent

    @property
    def number(self) -> Decimal | None:
        """The scaled number, whatever the extensions make of it and however odd its digits; None for text."""
        sent = codings.weighed_bcd(self.data) if self.coding.is_bcd else self._sent(signed=True)
        return _scaled(sent, self.meaning) if isinstance(sent, Decimal) else None

    def _sent(self, *, signed: bool) -> Decimal | str | None:
        if self.coding.is_integer:
            return codings.integer(self.data, signed=signed)
        if self.coding.is_bcd:
            return codings.bcd(self.data)
        if self.coding is Coding.REAL32:
            return codings.real(self.data)
        return codings.variable(self.data) if self.coding is Coding.VARIABLE else None

    def encode(self) -> bytes:
        """The record on the wire.

        Raises:
            LocalError: ``mbus-record-range`` where storage, tariff or subunit need more than 10 DIFEs.
        """
        return self._data_information() + self._value_information() + self.data

    def _data_information(self) -> bytes:
        storage, tariff, subunit = self.storage >> 1, self.tariff, self.subunit
        extensions: list[int] = []
        while storage or tariff or subunit or len(extensions) < self.extensions:
            extensions.append(storage & 0x0F | (tariff & 0x03) << 4 | (subunit & 0x01) << 6)
            storage, tariff, subunit = storage >> 4, tariff >> 2, subunit >> 1
        if len(extensions) > _MAXIMUM_EXTENSIONS:
            raise LocalError("mbus-record-range", "Storage, tariff or subunit is too great for a record.")
        field = self.coding | self.function << 4 | (self.storage & 1) << 6
        return _chained([field, *extensions])

    def _value_information(self) -> bytes:
        if self.text is None:
            return self.vib
        spelled = self.text.encode("latin-1")
        return self.vib[:1] + bytes((len(spelled),)) + spelled[::-1] + self.vib[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManufacturerData:
    """The end of a telegram that only its maker can read; ``more_follows`` announces a further telegram."""

    data: bytes
    more_follows: bool = False

    @property
    def value(self) -> str:
        """The octets as hex digits, as they stand."""
        return self.data.hex().upper()

    def encode(self) -> bytes:
        """The octets on the wire; nothing may follow them."""
        return bytes((MORE_FOLLOWS if self.more_follows else MANUFACTURER_DATA,)) + self.data


def _scaled(sent: Decimal, told: Meaning) -> Decimal:
    return _EXACT.add(_EXACT.multiply(sent, told.factor), told.offset)


def _chained(fields: list[int]) -> bytes:
    """Every octet but the last one says that another follows."""
    return bytes(field | EXTENDED for field in fields[:-1]) + bytes(fields[-1:])


def encode(records: Iterable[Record | ManufacturerData]) -> bytes:
    """The records in their order."""
    return b"".join(record.encode() for record in records)


def decode(octets: bytes, order: Literal["little", "big"] = "little") -> list[Record | ManufacturerData]:
    """All records, in order; idle fillers (2F) are passed over.

    Args:
        octets: the application data behind its header.
        order: ``big`` for the CI fields of mode 2, whose fields begin with the high octet.

    Raises:
        PeerError: ``mbus-record-cut``, ``mbus-extensions-many``, ``mbus-dif-reserved`` or
            ``mbus-lvar-reserved``, with the offset in ``octets``.
    """
    cursor = _Cursor(octets, order)
    records: list[Record | ManufacturerData] = []
    while not cursor.at_end:
        field = cursor.octet()
        if field == IDLE:
            continue
        if field in (MANUFACTURER_DATA, MORE_FOLLOWS):
            records.append(ManufacturerData(data=cursor.rest(), more_follows=field == MORE_FOLLOWS))
        elif field & 0x0F == _SPECIAL:
            raise PeerError(
                "mbus-dif-reserved", f"The data information {field:02X} is reserved.", where=cursor.place
            )
        else:
            records.append(_record(field, cursor, cursor))
    return records


def decode_split(heads: bytes, values: bytes) -> list[Record]:
    """Records whose data and value information stands apart from their values, as in a compact frame.

    Raises:
        PeerError: as ``decode``, and ``mbus-values-many`` where values are left.
    """
    head, value = _Cursor(heads, "little"), _Cursor(values, "little")
    records: list[Record] = []
    while not head.at_end:
        field = head.octet()
        if field & 0x0F == _SPECIAL:
            raise PeerError(
                "mbus-dif-reserved", f"The data information {field:02X} is reserved.", where=head.place
            )
        records.append(_record(field, head, value))
    if not value.at_end:
        raise PeerError("mbus-values-many", "More values follow than the format has records.")
    return records


_CODINGS = {int(coding): coding for coding in Coding}
_FUNCTIONS = tuple(Function)


class _Cursor:
    """Where we are in the octets; never reads past their end."""

    def __init__(self, octets: bytes, order: Literal["little", "big"]) -> None:
        self._octets = octets
        self._order = order
        self._offset = 0

    @property
    def at_end(self) -> bool:
        return self._offset >= len(self._octets)

    @property
    def place(self) -> str:
        """The octet read last."""
        return f"offset {self._offset - 1}"

    def octet(self) -> int:
        if self.at_end:
            raise PeerError("mbus-record-cut", "The record ends too early.", where=f"offset {self._offset}")
        self._offset += 1
        return self._octets[self._offset - 1]

    def field(self, size: int) -> bytes:
        """A field of several octets, low one first whatever the order on the wire."""
        if size > len(self._octets) - self._offset:
            raise PeerError("mbus-record-cut", "The record ends too early.", where=f"offset {self._offset}")
        taken = self._octets[self._offset : self._offset + size]
        self._offset += size
        return taken if self._order == "little" else taken[::-1]

    def rest(self) -> bytes:
        taken = self._octets[self._offset :]
        self._offset = len(self._octets)
        return taken

    def extensions(self, last: int) -> bytes:
        """The extensions that ``last`` and each of them announce."""
        taken = bytearray()
        while last & EXTENDED:
            last = self.octet()
            taken.append(last)
            if len(taken) > _MAXIMUM_EXTENSIONS:
                raise PeerError(
                    "mbus-extensions-many", "A field has more than 10 extensions.", where=self.place
                )
        return bytes(taken)


def _record(field: int, cursor: _Cursor, values: _Cursor) -> Record:
    storage, tariff, subunit = field >> 6 & 1, 0, 0
    extensions = cursor.extensions(field)
    for place, extension in enumerate(extensions):
        storage |= (extension & 0x0F) << 4 * place + 1
        tariff |= (extension >> 4 & 0x03) << 2 * place
        subunit |= (extension >> 6 & 0x01) << place
    vif = cursor.octet()
    text = cursor.field(cursor.octet()) if vif & ~EXTENDED == PLAIN_TEXT else None
    vib = bytes((vif,)) + cursor.extensions(vif)
    coding = _CODINGS[field & 0x0F]
    return Record(
        function=_FUNCTIONS[field >> 4 & 0x03],
        storage=storage,
        tariff=tariff,
        subunit=subunit,
        coding=coding,
        vib=vib,
        text=None if text is None else text[::-1].decode("latin-1"),
        data=_data(coding, values),
        extensions=len(extensions),
    )


def _data(coding: Coding, cursor: _Cursor) -> bytes:
    if coding is not Coding.VARIABLE:
        return cursor.field(coding.size)
    lvar = cursor.octet()
    size = codings.variable_size(lvar)
    if size is None:
        raise PeerError(
            "mbus-lvar-reserved", f"The variable length {lvar:02X} is reserved.", where=cursor.place
        )
    return bytes((lvar,)) + cursor.field(size)
