"""Reading attributes of the module, over the gateway's exchange of single APDUs."""

from collections.abc import Callable, Sequence

from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.apdu import AttributeDescriptor, Selection
from meterkast.protocols.dlms.event import Event, Failed, Result, Results, Send
from meterkast.protocols.dlms.exchange import Exchange

LIST_LIMIT = 16
"""Attributes in one request, as in the Dutch P3 companion standard."""
VALUE_LIMIT = 1 << 18
"""Nothing that the collector reads has more octets: a profile of ten days has some 20,000."""


class Reader:
    """Reads attributes, one or many at once; ``send`` takes one APDU to the module and brings one back."""

    def __init__(self, send: Callable[[bytes], bytes]) -> None:
        self._send = send

    def read(self, class_id: int, instance: Obis, attribute: int, selection: Selection | None = None) -> Data:
        """The value of the attribute.

        Raises:
            PeerError: the decoder's own code where the answer makes no sense, ``module-no-access`` where
                the module refuses the attribute.
            UnreachableError: as ``send`` raises it.
        """
        exchange = Exchange(result_limit=VALUE_LIMIT)
        asked = exchange.get(AttributeDescriptor(class_id, instance, attribute), selection)
        match self._answer(exchange, asked):
            case Result(data=data):
                return data
            case Failed():
                raise PeerError("module-no-access", "The module refuses to give an attribute.")
        raise _garbage()

    def read_list(self, attributes: Sequence[tuple[int, Obis, int]]) -> list[Data | None]:
        """The values of the attributes (class, instance, number), in their order; None for what is not there.

        Raises:
            PeerError: as ``read`` does, but ``module-no-access`` only where the whole list is refused.
            UnreachableError: as ``send`` raises it.
        """
        exchange = Exchange(result_limit=VALUE_LIMIT)
        values: list[Data | None] = []
        for first in range(0, len(attributes), LIST_LIMIT):
            wanted = [AttributeDescriptor(*each) for each in attributes[first : first + LIST_LIMIT]]
            match self._answer(exchange, exchange.get_list(wanted)):
                case Results(results=results) if len(results) == len(wanted):
                    values += [each if isinstance(each, Data) else None for each in results]
                case Failed():
                    raise PeerError("module-no-access", "The module refuses to give attributes.")
                case _:
                    raise _garbage()
        return values

    def _answer(self, exchange: Exchange, asked: bytes) -> Event:
        """What comes of a request, whatever number of blocks it takes."""
        while True:
            match exchange.receive(self._send(asked)):
                case [Send(apdu=following)]:
                    asked = following
                case [event]:
                    return event
                case _:
                    raise _garbage()


def _garbage() -> PeerError:
    return PeerError("module-garbage", "The module answers a GET with something else.")
