"""Messages that nobody asked for: data and event notifications (Green Book 9.3.10, 9.3.11)."""

from dataclasses import dataclass
from typing import ClassVar

from meterkast.protocols.axdr import Data, Reader, Writer
from meterkast.protocols.dlms.apdu.descriptor import AttributeDescriptor
from meterkast.protocols.dlms.apdu.invoke import LongInvokeId


@dataclass(frozen=True, slots=True)
class DataNotification:
    """A push. ``date_time`` is a COSEM date-time of twelve octets, or None."""

    TYPE: ClassVar = (0x0F,)
    invoke: LongInvokeId
    date_time: bytes | None
    body: Data

    @classmethod
    def parse(cls, reader: Reader) -> "DataNotification":
        """What follows the tag."""
        return cls(LongInvokeId.parse(reader), _date_time(reader), reader.data())

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode())
        return writer.string(self.date_time or b"").data(self.body).finish()


@dataclass(frozen=True, slots=True)
class DataNotificationConfirm:
    """A push with this invoke-id has arrived."""

    TYPE: ClassVar = (0x10,)
    invoke: LongInvokeId
    date_time: bytes | None = None

    @classmethod
    def parse(cls, reader: Reader) -> "DataNotificationConfirm":
        """What follows the tag."""
        return cls(LongInvokeId.parse(reader), _date_time(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).string(self.date_time or b"").finish()


@dataclass(frozen=True, slots=True)
class EventNotification:
    """One attribute has something to say, such as an alarm."""

    TYPE: ClassVar = (0xC2,)
    date_time: bytes | None
    attribute: AttributeDescriptor
    value: Data

    @classmethod
    def parse(cls, reader: Reader) -> "EventNotification":
        """What follows the tag."""
        moment = _date_time(reader) if reader.flag() else None
        return cls(moment, AttributeDescriptor.parse(reader), reader.data())

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE)
        if self.date_time is None:
            writer.flag(False)
        else:
            writer.flag(True).string(self.date_time)
        return writer.raw(self.attribute.encode()).data(self.value).finish()


def _date_time(reader: Reader) -> bytes | None:
    start = reader.offset
    octets = reader.string()
    if len(octets) not in (0, 12):
        raise reader.fault("apdu-date-time", f"A date-time has 12 octets, not {len(octets)}.", start)
    return octets or None
