"""What the fresh interpreter does before the application's first line: lock itself in, report, let go.

Run as a program by ``ConfinedProcess``, with one JSON argument. Standard output carries the report, one JSON
object, and is closed before the application starts.
"""

import json
import os
import runpy
import sys
import sysconfig
import zoneinfo
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from meterkast.outside.confinement.landlock import restrict_files
from meterkast.outside.confinement.namespaces import enter_namespaces
from meterkast.outside.confinement.privileges import drop_new_privileges, limit_resources
from meterkast.outside.confinement.seccomp import filter_syscalls

Layer = tuple[str, Callable[[], None]]
NO_NETWORK = frozenset({"network-namespace", "seccomp"})
"""Either of these alone keeps an application off the network."""


def layers(memory: int, bundle: Path | None) -> tuple[Layer, ...]:
    """The layers in the order in which they must be put on; the last one forbids what the others need."""
    return (
        ("network-namespace", enter_namespaces),
        ("no-new-privileges", drop_new_privileges),
        ("landlock", lambda: restrict_files(_readable(bundle))),
        ("resource-limits", lambda: limit_resources(memory)),
        ("seccomp", filter_syscalls),
    )


def put_on(wanted: Iterable[Layer]) -> tuple[str, ...]:
    """Puts on every layer that the kernel grants, and gives their names."""
    granted = []
    for name, enter in wanted:
        try:
            enter()
        except (OSError, ValueError):
            continue
        granted.append(name)
    return tuple(granted)


def main() -> None:
    """Locks this process in and becomes the application, or reports a refusal and ends."""
    order = json.loads(sys.argv[1])
    bundle = Path(order["bundle"]) if order["bundle"] else None
    nowhere = os.open(os.devnull, os.O_WRONLY)
    granted = put_on(layers(order["memory"], bundle))
    confined = order["allow_unconfined"] or not NO_NETWORK.isdisjoint(granted)
    os.write(1, json.dumps({"layers": granted, "confined": confined}).encode())
    os.dup2(nowhere, 1)
    os.close(nowhere)
    if confined:
        _become(order["module"], order["arguments"], bundle)


def _become(module: str, arguments: list[str], bundle: Path | None) -> NoReturn:
    if bundle:
        sys.path.insert(0, str(bundle))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit(0)


def _readable(bundle: Path | None) -> set[Path]:
    """The interpreter's library, the Meterkast package, local time and the application itself."""
    libraries = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    package = Path(__file__).parents[2]
    zones = {Path(path) for path in zoneinfo.TZPATH}
    own = {bundle} if bundle else set()
    return {path for path in (package, *libraries, *zones, *own) if path.exists()}
