"""Is there anything in the module that switches? Ask for it, try it, and see whether the home stays on.

The probe has what an attacker on the local line could at most have: the pairing key.
"""

from collections.abc import Iterator

from meterkast.assurance.evidence import Observation
from meterkast.assurance.workbench import Workbench
from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, boolean, enum, integer, unsigned
from meterkast.protocols.dlms.apdu import AttributeDescriptor, MethodDescriptor
from meterkast.protocols.dlms.event import Failed, Result
from meterkast.street.home import Home
from meterkast.street.street import Street

SWITCHING = {
    9: "script table",
    22: "single action schedule",
    70: "disconnect control",
    71: "limiter",
    72: "M-Bus client",
}
"""Classes of the Blue Book that switch, or that run something that does."""

_SWITCH_NAMES = (
    Obis(0, 0, 96, 3, 10),  # disconnect control
    Obis(0, 1, 96, 3, 10),
    Obis(0, 1, 24, 1, 0),  # M-Bus client, which commands a valve
    Obis(0, 1, 24, 4, 0),  # valve control
    Obis(0, 0, 17, 0, 0),  # limiter
    Obis(0, 0, 10, 0, 106),  # disconnector script table
    Obis(0, 0, 15, 0, 1),  # disconnect control scheduler
)
OBJECT_LIST = AttributeDescriptor(15, Obis(0, 0, 40, 0, 0), 2)
_IMPORT = AttributeDescriptor(3, Obis(1, 0, 1, 8, 0), 2)
_CLASSES, _ATTRIBUTES, _METHODS, _TAGS = range(256), range(2, 7), range(1, 9), range(256)
_VALUES: tuple[Data, ...] = (integer(0), boolean(False), enum(0), unsigned(1))


async def look(street: Street, home: Home) -> Observation:
    """Reads the object list, tries every switch, fuzzes every class id and service tag, checks the supply."""
    del street
    found: list[str] = []
    tried = 0
    async with Workbench(home.module, home.pairing_key()) as bench:
        listed = [entry(item) for item in await read(bench, OBJECT_LIST)]
        found += [f"class {each} is in the object list" for each, _ in listed if each in SWITCHING]
        for request, name in _attempts(bench, listed):
            tried += 1
            if isinstance(await bench.ask(request), Result):
                found.append(f"{name} succeeded")
        for tag in _TAGS:
            tried += 1
            await bench.ask_raw(bytes((tag, 1, 0x81, 0, 70, *_SWITCH_NAMES[0].to_bytes(), 1, 0)))
        goes_on = isinstance(await _still_measures(bench), Result)
    if not home.supply.energised:
        found.append("the home is without power")
    if not goes_on:
        found.append("the register no longer answers")
    detail = "; ".join(found[:3]) or f"{len(listed)} objects listed, {tried} commands refused, supply on"
    return Observation(holds=not found, observed=tried, detail=detail)


def _attempts(bench: Workbench, listed: list[tuple[int, Obis]]) -> Iterator[tuple[bytes, str]]:
    """Every class on the names of switches, and every listed object, by writing and by calling."""
    for class_id in _CLASSES:
        for name in _SWITCH_NAMES:
            for method in (1, 2):
                yield (
                    bench.client.act(MethodDescriptor(class_id, name, method), integer(0)),
                    f"act {class_id} {name}",
                )
    for class_id in SWITCHING:
        for name in _SWITCH_NAMES:
            for attribute in _ATTRIBUTES:
                target = AttributeDescriptor(class_id, name, attribute)
                yield bench.client.get(target), f"get {class_id} {name}"
                for value in _VALUES:
                    yield bench.client.set(target, value), f"set {class_id} {name}"
    for class_id, name in listed:
        for attribute in _ATTRIBUTES:
            target = AttributeDescriptor(class_id, name, attribute)
            yield bench.client.set(target, integer(0)), f"set {class_id} {name}"
        for method in _METHODS:
            yield (
                bench.client.act(MethodDescriptor(class_id, name, method), integer(0)),
                f"act {class_id} {name}",
            )


async def read(bench: Workbench, attribute: AttributeDescriptor) -> tuple[Data, ...]:
    """The elements of an attribute that is a list.

    Raises:
        PeerError: ``probe-object-list``.
    """
    match await bench.ask(bench.client.get(attribute)):
        case Result(data=data):
            return data.items
        case _:
            raise PeerError("probe-object-list", "The module does not show its object list.")


async def _still_measures(bench: Workbench) -> object:
    """After all that was thrown at it the module must still give its register.

    A raw APDU may have ended the association; then a new one must open.
    """
    answer = await bench.ask(bench.client.get(_IMPORT))
    if isinstance(answer, Failed):
        bench.client.lose()
        await bench.ask(bench.client.aarq())
        answer = await bench.ask(bench.client.get(_IMPORT))
    return answer


def entry(item: Data) -> tuple[int, Obis]:
    """Class and name of one entry of an object list; raises as ``read`` does."""
    class_id, _, name, _ = item.items
    if not isinstance(class_id.value, int) or not isinstance(name.value, bytes):
        raise PeerError("probe-object-list", "The object list of the module is malformed.")
    return class_id.value, Obis.from_bytes(name.value)
