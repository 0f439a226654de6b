"""Is there a way out of the module? Read it, order it about, and watch whether it opens anything.

Its code is looked through as well: what the module is made of may not name a network at all.
"""

import ast
from collections.abc import Iterator
from importlib.resources import files

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probes.no_switch import OBJECT_LIST, entry, read
from meterkast.assurance.watch import watching
from meterkast.assurance.workbench import Workbench
from meterkast.protocols.axdr import integer
from meterkast.protocols.dlms.apdu import AttributeDescriptor, MethodDescriptor
from meterkast.street.home import Home
from meterkast.street.street import Street

NETWORKING = {
    23: "HDLC setup on a network port",
    27: "modem configuration",
    28: "auto answer",
    29: "auto connect",
    40: "push setup",
    41: "TCP-UDP setup",
    42: "IPv4 setup",
    43: "MAC address setup",
    44: "PPP setup",
    45: "GPRS modem setup",
    46: "SMTP setup",
    47: "GSM diagnostic",
    48: "IPv6 setup",
    151: "LTE monitoring",
}
"""Classes of the Blue Book that belong to a network."""

_NETWORK_CODE = frozenset(
    {"socket", "ssl", "http", "urllib", "smtplib", "ftplib", "select", "selectors", "socketserver"}
    | {f"meterkast.outside.{name}" for name in ("https", "links.tcp", "links.tls", "links.serial")}
)
_ENTRANCES = ("meterkast.module.module", "meterkast.module.server")
_ATTRIBUTES, _METHODS = range(1, 10), range(1, 5)


async def look(street: Street, home: Home) -> Observation:
    """Reads every attribute of every object, calls methods, asks for registers; sees what goes out."""
    found: list[str] = []
    with watching() as seen:
        async with Workbench(home.module, home.pairing_key()) as bench:
            listed = [entry(item) for item in await read(bench, OBJECT_LIST)]
            asked = 0
            for class_id, name in listed:
                for attribute in _ATTRIBUTES:
                    await bench.ask(bench.client.get(AttributeDescriptor(class_id, name, attribute)))
                    asked += 1
                for method in _METHODS:
                    await bench.ask(bench.client.act(MethodDescriptor(class_id, name, method), integer(0)))
                    asked += 1
        home.module.registers(int(street.clock.now()))
    if seen:
        found.append(f"{len(seen)} times the module reached out: {', '.join(sorted(set(seen)))}")
    found += [f"its object list has {NETWORKING[each]}" for each, _ in listed if each in NETWORKING]
    modules = dict(_imports(_ENTRANCES))
    found += [
        f"{module} imports {name}"
        for module, names in modules.items()
        for name in names
        if any(name == each or name.startswith(f"{each}.") for each in _NETWORK_CODE)
    ]
    detail = "; ".join(found[:3]) or (
        f"{asked} requests to {len(listed)} objects: no socket, no process, no device was opened; "
        f"none of the {len(modules)} source files it consists of names a network"
    )
    return Observation(holds=not found, observed=asked + len(modules), detail=detail)


def _imports(entrances: tuple[str, ...]) -> Iterator[tuple[str, frozenset[str]]]:
    """Every source file of ours that these modules come to, with what each imports."""
    waiting, done = list(entrances), set[str]()
    while waiting:
        module = waiting.pop()
        if module in done:
            continue
        done.add(module)
        source = _source(module)
        if source is None:
            continue
        names = frozenset(_imported(ast.parse(source)))
        yield module, names
        waiting += [name for name in names if name.startswith("meterkast.")]


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _source(module: str) -> str | None:
    """The source of one of our modules; None where the name is not a module but something in one."""
    path = files("meterkast").joinpath(*module.split(".")[1:])
    for place in (path.joinpath("__init__.py"), path.parent / f"{path.name}.py"):  # type: ignore[attr-defined]
        if place.is_file():
            return str(place.read_text(encoding="utf-8"))
    return None
