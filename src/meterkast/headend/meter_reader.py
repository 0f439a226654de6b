"""Reads a meter of today: its object list, registers, profiles and logs (DSMR 4 and 5, plain DLMS)."""

from dataclasses import dataclass
from decimal import Decimal

from meterkast.headend.meter_line import MeterLine
from meterkast.model.errors import PeerError, TrustError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data
from meterkast.protocols.cosem.capture import CaptureObject, Row, decode_capture_objects
from meterkast.protocols.cosem.object_list import ListedObject, decode_object_list
from meterkast.protocols.cosem.profile import decode_buffer
from meterkast.protocols.cosem.scaling import Scaling
from meterkast.protocols.datetime import CosemDateTime
from meterkast.protocols.dlms.apdu import AttributeDescriptor, RangeSelection
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import (
    Associated,
    Event,
    Failed,
    Notified,
    Refused,
    Released,
    Result,
    Send,
)

_ASSOCIATION = AttributeDescriptor(15, Obis(0, 0, 40, 0, 0), 2)
_REGISTERS = frozenset({3, 4, 5})
_SCALER = {3: 3, 4: 3, 5: 4}
_EXTENDED, _CAPTURE_TIME = 4, 5
_PROFILE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterValue:
    """One register as it stands.

    Attributes:
        value: physical value; None where the meter has none.
        unit: its unit; None where it is not known.
        at: Unix seconds of the capture, for registers that keep it.
        data: the value as it stands on the wire.
    """

    value: Decimal | None
    unit: Unit | None
    at: int | None
    data: Data

    def __str__(self) -> str:
        """The value with its unit, for people; a dash where there is none."""
        shown = "-" if self.value is None else f"{self.value:f}"
        return shown if self.unit is None else f"{shown} {self.unit.symbol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Part of a buffer.

    Attributes:
        columns: all columns.
        scalings: of each column that is a register's value, by its place.
        rows: oldest first.
    """

    columns: tuple[CaptureObject, ...]
    scalings: dict[int, Scaling]
    rows: list[Row]


class MeterReader:
    """One association with one meter."""

    def __init__(self, line: MeterLine, client: Client) -> None:
        self._line = line
        self._client = client

    async def open(self) -> None:
        """Connects and associates.

        Raises:
            TrustError: ``meter-refuses-association``, or ``hls-…`` where the meter does not prove itself.
            UnreachableError, PeerError: as for the line and the protocol.
        """
        await self._line.open()
        event = await self._ask(self._client.aarq())
        if not isinstance(event, Associated):
            reason = event.diagnostic.name if isinstance(event, Refused) else "unexpected"
            raise TrustError(
                "meter-refuses-association",
                f"The meter refuses the association: {reason.lower().replace('_', ' ')}.",
                hint="Check client id, mechanism and keys.",
            )

    async def close(self) -> None:
        """Releases the association and hangs up."""
        event = await self._ask(self._client.release())
        await self._line.close()
        if not isinstance(event, Released):
            raise PeerError("meter-unexpected", "The meter does not release the association.")

    async def get(self, attribute: AttributeDescriptor, selection: RangeSelection | None = None) -> Data:
        """The value of an attribute.

        Raises:
            PeerError: ``meter-no-access`` where the meter refuses it.
        """
        event = await self._ask(self._client.get(attribute, selection))
        match event:
            case Result(data):
                return data
            case Failed(reason):
                name = getattr(reason, "name", "exception").lower().replace("_", " ")
                raise PeerError(
                    "meter-no-access",
                    f"The meter refuses to give an attribute: {name}.",
                    where=f"{attribute.instance}, attribute {attribute.attribute}",
                )
        raise PeerError("meter-unexpected", "The meter answers a GET with something else.")

    async def objects(self, *classes: int) -> tuple[ListedObject, ...]:
        """What the meter says it has; of these classes, where some are named."""
        listed = decode_object_list(await self.get(_ASSOCIATION))
        return tuple([each for each in listed if not classes or each.class_id in classes])

    async def register(self, listed: ListedObject) -> RegisterValue:
        """A register with its unit; any other object with the plain value of its attribute 2."""
        data = await self.get(_attribute(listed, 2))
        if listed.class_id not in _REGISTERS:
            return RegisterValue(value=None, unit=None, at=None, data=data)
        scaling = await self._scaling(listed.class_id, listed.logical_name)
        at = None
        if listed.class_id == _EXTENDED:
            at = _moment(await self.get(_attribute(listed, _CAPTURE_TIME)))
        return RegisterValue(value=scaling.value(data), unit=scaling.unit, at=at, data=data)

    async def profile(self, name: Obis, start: int, end: int) -> Profile:
        """The rows of a profile or log from ``start`` to ``end`` (Unix seconds), both included."""
        columns = decode_capture_objects(await self.get(AttributeDescriptor(_PROFILE, name, 3)))
        period = (await self.get(AttributeDescriptor(_PROFILE, name, 4))).value
        buffer = await self.get(AttributeDescriptor(_PROFILE, name, 2), RangeSelection(start, end))
        scalings = {
            place: await self._scaling(column.class_id, column.logical_name)
            for place, column in enumerate(columns)
            if column.class_id in _REGISTERS and column.attribute == 2
        }
        rows = decode_buffer(buffer, columns, period if isinstance(period, int) else 0)
        return Profile(columns=columns, scalings=scalings, rows=rows)

    async def _scaling(self, class_id: int, name: Obis) -> Scaling:
        return Scaling.from_data(await self.get(AttributeDescriptor(class_id, name, _SCALER[class_id])))

    async def _ask(self, apdu: bytes) -> Event:
        """Everything that follows from one request, up to the event that ends it."""
        answer = await self._line.exchange(apdu)
        while True:
            following = []
            for event in self._client.receive(answer):
                match event:
                    case Send(octets):
                        following.append(octets)
                    case Notified():  # a meter may push between question and answer
                        continue
                    case _:
                        return event
            answer = await self._line.exchange(*following)


def _attribute(listed: ListedObject, number: int) -> AttributeDescriptor:
    return AttributeDescriptor(listed.class_id, listed.logical_name, number)


def _moment(data: Data) -> int | None:
    return CosemDateTime.parse(data.value).unix() if isinstance(data.value, bytes) else None
