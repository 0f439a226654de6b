"""Has the digital meter a way out? Look at everything it consists of, and watch it while it is read."""

from collections.abc import Iterator, Mapping
from socket import socket
from types import FunctionType, MethodType, ModuleType

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probes.bench import BenchClock, BenchSupply
from meterkast.assurance.watch import watching
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.settings import GatewaySettings, HeadEndAddress
from meterkast.gateway.uplink import Uplink
from meterkast.outside.entropy import system_entropy
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.links.stream import StreamLink
from meterkast.outside.tls import TlsContext
from meterkast.street.home import Home
from meterkast.street.street import Street

_REACHES_OUT = (
    Gateway,
    GatewaySettings,
    HeadEndAddress,
    Uplink,
    StreamLink,
    SoftwareKeystore,
    socket,
    TlsContext,
)
_QUARTER, _DAYS, _KEY = 900, 3, 32
_MOST = 100_000


async def look(street: Street, home: Home) -> Observation:
    """Stands a digital meter beside the home, reads its display for three days, and takes it apart."""
    start = int(street.clock.now()) // _QUARTER * _QUARTER
    clock = BenchClock(start)
    settings = home.module_settings(home.address.household.vendor, start, system_entropy(_KEY), spare=True)
    meter = home.parts.digital_meter(settings, BenchSupply(home), clock)
    found: list[str] = []
    glances = 0
    with watching() as seen:
        while clock.at < start + _DAYS * 86_400:
            clock.at += _QUARTER
            meter.display()
            glances += 1
    if seen:
        found.append(f"{len(seen)} times the meter reached out: {', '.join(sorted(set(seen)))}")
    parts = list(_taken_apart(meter))
    outward = sorted({type(part).__name__ for part in parts if isinstance(part, _REACHES_OUT)})
    if outward:
        found.append(f"the meter contains: {', '.join(outward)}")
    detail = "; ".join(found) or (
        f"{glances} readings off the display over {_DAYS} days: no socket, process or device was opened; "
        f"{len(parts)} objects taken apart: no gateway, link, address or key of an operator among them"
    )
    return Observation(holds=not found, observed=glances + len(parts), detail=detail)


def _taken_apart(whole: object) -> Iterator[object]:
    """Everything that an object holds, at any depth, closures included; classes and modules are left out."""
    waiting, seen = [whole], set[int]()
    while waiting and len(seen) < _MOST:
        part = waiting.pop()
        if (
            id(part) in seen
            or part is None
            or isinstance(part, type | ModuleType | str | bytes | int | float)
        ):
            continue
        seen.add(id(part))
        yield part
        waiting += _held(part)


def _held(part: object) -> list[object]:
    if isinstance(part, Mapping):
        return [*part.keys(), *part.values()]
    if isinstance(part, list | tuple | set | frozenset):
        return list(part)
    if isinstance(part, MethodType):
        return [part.__self__, part.__func__]
    if isinstance(part, FunctionType):
        return [cell.cell_contents for cell in part.__closure__ or () if cell.cell_contents is not part]
    wrapped = [part.__wrapped__] if hasattr(part, "__wrapped__") else []
    slots = [name for kind in type(part).__mro__ for name in getattr(kind, "__slots__", ())]
    held = [getattr(part, name) for name in slots if isinstance(name, str) and hasattr(part, name)]
    return [*wrapped, *held, *vars(part).values()] if hasattr(part, "__dict__") else [*wrapped, *held]
