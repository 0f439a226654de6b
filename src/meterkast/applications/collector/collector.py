"""The collector's whole life: ask for work, read, hand in."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from meterkast.applications.collector import electricity, gas
from meterkast.applications.collector.broker import Broker
from meterkast.applications.collector.reader import Reader
from meterkast.model.block import MeterDayBlock
from meterkast.model.calendar import day_bounds
from meterkast.model.errors import PeerError, UnreachableError
from meterkast.model.event import DeviceEvent
from meterkast.protocols.block import encode_payload
from meterkast.protocols.broker import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What the gateway wants to have: one local day of the devices of one house."""

    task: int
    gateway: str
    day: date
    module: str | None
    gas_meter: str | None

    @classmethod
    def parse(cls, work: Fields) -> "Errand":
        """Reads the answer to ``work.next``.

        Raises:
            PeerError: ``broker-field``.
        """
        try:
            day = date.fromisoformat(work.text("day"))
        except ValueError as error:
            raise PeerError("broker-field", "The day of an errand is none.", where="day") from error
        return cls(
            task=work.number("task"),
            gateway=work.text("gateway"),
            day=day,
            module=work.text("module") if "module" in work else None,
            gas_meter=work.text("gas_meter") if "gas_meter" in work else None,
        )


def work(broker: Broker) -> None:
    """Runs errands until the gateway closes the socket."""
    with suppress(ConnectionError):
        while True:
            run(broker, Errand.parse(broker.ask("work.next")))


def run(broker: Broker, errand: Errand) -> None:
    """Collects one day and hands it in; what the gateway refuses to take is the gateway's to judge."""
    blocks: list[MeterDayBlock] = []
    events: list[DeviceEvent] = []
    if errand.module:
        reader = Reader(lambda apdu: _exchange(broker, errand, apdu))
        block, error = electricity.collect(reader, errand.module, errand.day)
        blocks.append(block)
        if error:
            now = broker.ask("clock.now", gateway=errand.gateway).number("now")
            events.append(DeviceEvent(code=error.code, device=errand.module, at=now, detail=error.message))
    if errand.gas_meter:
        start, end = day_bounds(errand.day)
        kept = broker.ask("gas.telegrams", gateway=errand.gateway, start=start, end=end)
        hours = [(at, litres) for at, litres in kept.rows("hours", 2)]
        blocks.append(gas.block(errand.gas_meter, errand.day, hours))
    payload = encode_payload(blocks, events)
    with suppress(UnreachableError):
        broker.ask("block.hand_in", gateway=errand.gateway, task=errand.task, payload=payload.hex())


def _exchange(broker: Broker, errand: Errand, apdu: bytes) -> bytes:
    answer = broker.ask("module.exchange", gateway=errand.gateway, apdu=apdu.hex())
    return answer.octets("apdu")
