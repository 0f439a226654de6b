"""Reading attributes of the module, over the gateway's exchange of single APDUs."""

from collections.abc import Callable

from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.apdu import AttributeDescriptor, Selection
from meterkast.protocols.dlms.event import Failed, Result, Send
from meterkast.protocols.dlms.exchange import Exchange

VALUE_LIMIT = 1 << 18
"""Nothing that the collector reads has more octets: a profile of ten days has some 20,000."""


class Reader:
    """Reads attributes, one after the other; ``send`` takes one APDU to the module and brings one back."""

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
        while True:
            match exchange.receive(self._send(asked)):
                case [Result(data=data)]:
                    return data
                case [Send(apdu=following)]:
                    asked = following
                case [Failed()]:
                    raise PeerError("module-no-access", "The module refuses to give an attribute.")
                case _:
                    raise PeerError("module-garbage", "The module answers a GET with something else.")
