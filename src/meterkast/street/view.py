"""One home as the page shows it: what its operator has stored, and what its components say of themselves."""

from collections.abc import Iterable
from dataclasses import dataclass

from meterkast.gateway.settings import Endpoint
from meterkast.gateway.status import GatewayStatus
from meterkast.mdm.status import GatewayStore
from meterkast.mdm.store import StoredBlock
from meterkast.model.block import MeterDayBlock
from meterkast.model.obis import Obis
from meterkast.street.home import Home
from meterkast.street.state import HomeState, PortState

_IMPORT, _EXPORT, _GAS = Obis(1, 0, 1, 8, 0), Obis(1, 0, 2, 8, 0), Obis(0, 1, 24, 2, 1)
_MINUTE = 60

LOOPBACK = Endpoint(host="127.0.0.1", port=0)
"""Where the consumer ports of a street are, each on a free port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReadings:
    """The newest stored block of each of a home's meters."""

    electricity: MeterDayBlock | None = None
    gas: MeterDayBlock | None = None

    def register(self, obis: Obis) -> int | None:
        """The last value that is there of this register."""
        for block in (self.electricity, self.gas):
            for column in block.columns if block else ():
                if column.obis == obis:
                    return next((value for value in reversed(column.values) if value is not None), None)
        return None

    @property
    def at(self) -> int | None:
        """The instant up to which there are blocks."""
        return max((block.times[-1] for block in (self.electricity, self.gas) if block), default=None)

    @property
    def flags(self) -> tuple[str, ...]:
        """What the chain noticed about these blocks."""
        return tuple(
            sorted({flag for block in (self.electricity, self.gas) if block for flag in block.flags})
        )


def last_readings(blocks: Iterable[StoredBlock], home: Home) -> LastReadings:
    """The newest of the given blocks that are of this home's meters; they come in the order of days."""
    newest = {each.block.device: each.block for each in blocks}
    return LastReadings(electricity=newest.get(home.module.name), gas=newest.get(home.gas_meter.name))


def home_state(
    home: Home, gateway: GatewayStatus, store: GatewayStore | None, last: LastReadings, now: int
) -> HomeState:
    """The home at this virtual moment."""
    household = home.address.household
    minute = now - now % _MINUTE
    return HomeState(
        number=household.number + 1,
        ean=str(household.ean),
        vendor=household.vendor,
        gateway=gateway.title,
        power_w=int(home.supply.power(minute, minute + _MINUTE).sum()),
        import_wh=last.register(_IMPORT),
        export_wh=last.register(_EXPORT),
        gas_l=last.register(_GAS),
        last_reading_at=last.at,
        sealed=gateway.sealed,
        confirmed=gateway.confirmed,
        stored=store.stored if store else 0,
        module_state=gateway.module.value if gateway.module else "absent",
        flags=last.flags,
        port=_port_state(home),
    )


def _port_state(home: Home) -> PortState | None:
    shown, port = home.gateway.shown, home.gateway.port.x1
    if shown is None or port is None:
        return None
    taken, given = (shown.values.get(code) for code in ("1-0:1.7.0", "1-0:2.7.0"))
    return PortState(
        at=shown.at,
        import_w=None if taken is None else int(taken),
        export_w=None if given is None else int(given),
        gas_l=next((gas.indexes[-1][1] for gas in shown.gas.values()), None),
        address=f"{LOOPBACK.host}:{port}",
    )
