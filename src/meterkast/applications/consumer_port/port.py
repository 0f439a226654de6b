"""The consumer port's whole life: ask for work, read what the meters show, write a telegram."""

from contextlib import suppress
from decimal import Decimal

from meterkast.applications.collector.broker import Broker
from meterkast.applications.collector.collector import Errand
from meterkast.applications.collector.reader import Reader
from meterkast.applications.consumer_port.instantaneous import read
from meterkast.model.calendar import HOUR
from meterkast.model.errors import UnreachableError
from meterkast.protocols.p1.dsmr5 import GasChannel, emit_dsmr5

_MAKER = "/MKG5"
_CHANNEL, _A_DAY = 1, 24 * HOUR


def work(broker: Broker) -> None:
    """Writes telegrams until the gateway closes the socket."""
    with suppress(ConnectionError):
        while True:
            run(broker, Errand.parse(broker.ask("work.next")))


def run(broker: Broker, errand: Errand) -> None:
    """One telegram. What cannot be read now is left out: gas does not wait for the module, nor it for gas."""
    now = broker.ask("clock.now", gateway=errand.gateway).number("now")
    telegram = emit_dsmr5(
        ident=_MAKER + errand.gateway,
        at=now,
        equipment=errand.module or errand.gateway,
        values=_electricity(broker, errand),
        gas=_gas(broker, errand, now),
    )
    with suppress(UnreachableError):
        broker.ask("port.emit", gateway=errand.gateway, task=errand.task, telegram=telegram.hex())


def _electricity(broker: Broker, errand: Errand) -> dict[str, Decimal]:
    if errand.module is None:
        return {}

    def exchange(apdu: bytes) -> bytes:
        return broker.ask("module.exchange", gateway=errand.gateway, apdu=apdu.hex()).octets("apdu")

    return read(Reader(exchange))


def _gas(broker: Broker, errand: Errand, now: int) -> list[GasChannel]:
    """The last hour that the gas meter has told of, within a day."""
    if errand.gas_meter is None:
        return []
    kept = broker.ask("gas.telegrams", gateway=errand.gateway, start=now - _A_DAY, end=now)
    return [
        GasChannel(channel=_CHANNEL, equipment=errand.gas_meter, at=at, index=litres)
        for at, litres in kept.rows("hours", 2)[-1:]
    ]
