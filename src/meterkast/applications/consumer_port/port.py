"""The consumer port's whole life: ask for work, read what the meters show, write it down as P1 and as X1."""

from contextlib import suppress
from decimal import Decimal

from meterkast.applications.collector.broker import Broker
from meterkast.applications.collector.collector import Errand
from meterkast.applications.collector.reader import Reader
from meterkast.applications.consumer_port.instantaneous import Instruments
from meterkast.model.errors import UnreachableError
from meterkast.protocols.p1.dsmr5 import FORMATS, GasChannel, emit_dsmr5
from meterkast.protocols.x1.document import RATE, Document, Gas

_MAKER = "/MKG5"
_CHANNEL, _LITRES = 1, 100_000_000


class Port:
    """Shows instants for as many gateways as ask; what it has learned of a module it keeps."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._instruments: dict[tuple[str, str], Instruments] = {}

    def work(self) -> None:
        """Shows until the gateway closes the socket."""
        with suppress(ConnectionError):
            while True:
                self.run(Errand.parse(self._broker.ask("work.next")))

    def run(self, errand: Errand) -> None:
        """One instant. What cannot be read now is left out: gas never hangs on the module, nor it on gas."""
        now = self._broker.ask("clock.now", gateway=errand.gateway).number("now")
        values = self._electricity(errand)
        gas = self._gas(errand)
        with suppress(UnreachableError):
            self._broker.ask(
                "port.show",
                gateway=errand.gateway,
                task=errand.task,
                telegram=_telegram(errand, now, values, gas).hex(),
                document=_document(errand, now, values, gas).encode().hex(),
            )

    def _electricity(self, errand: Errand) -> dict[str, Decimal]:
        if errand.module is None:
            return {}
        name = errand.gateway, errand.module
        if name not in self._instruments:
            self._instruments[name] = Instruments(Reader(lambda apdu: self._exchange(errand.gateway, apdu)))
        return self._instruments[name].read()

    def _exchange(self, gateway: str, apdu: bytes) -> bytes:
        return self._broker.ask("module.exchange", gateway=gateway, apdu=apdu.hex()).octets("apdu")

    def _gas(self, errand: Errand) -> Gas | None:
        if errand.gas_meter is None:
            return None
        indexes = self._broker.ask("gas.indexes", gateway=errand.gateway).rows("indexes", 2)
        known = tuple((at, litres) for at, litres in indexes if 0 <= litres < _LITRES)
        return Gas(equipment=errand.gas_meter, indexes=known) if known else None


def _telegram(errand: Errand, now: int, values: dict[str, Decimal], gas: Gas | None) -> bytes:
    channels = []
    if gas:
        at, litres = gas.indexes[-1]
        channels.append(GasChannel(channel=_CHANNEL, equipment=gas.equipment, at=at, index=litres))
    return emit_dsmr5(
        ident=_MAKER + errand.gateway,
        at=now,
        equipment=errand.module or errand.gateway,
        values={code: value for code, value in values.items() if code in FORMATS},
        gas=channels,
    )


def _document(errand: Errand, now: int, values: dict[str, Decimal], gas: Gas | None) -> Document:
    rate = values.get(RATE)
    return Document(
        at=now,
        equipment=errand.module or errand.gateway,
        rate=None if rate is None else int(rate),
        values={code: value for code, value in values.items() if code != RATE},
        gas={_CHANNEL: gas} if gas else {},
    )
