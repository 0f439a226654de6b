"""The module has no switch, no way to the operator and no key of theirs, in its objects and in its source."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from meterkast.module.vendor import VENDORS, VendorProfile
from module.module_loads import make_module

FOLDER = Path(str(files("meterkast.module")))

MEASURING_CLASSES = {1, 3, 7, 8, 15, 17}
"""Data, register, profile, clock, association, SAP assignment. Not among them: disconnect control 70,
limiter 71, scripts and schedules 9, 10, 22, security setup 64, image transfer 18, push 40, network 41 to 48,
modem 27 to 29, M-Bus 72."""

IMPORTS = {
    "asyncio",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "importlib.resources",
    "itertools",
    "logging",
    "meterkast.model",
    "meterkast.module",
    "meterkast.outside.clock",
    "meterkast.outside.entropy",
    "meterkast.outside.links",
    "meterkast.protocols.axdr",
    "meterkast.protocols.cosem",
    "meterkast.protocols.dlms",
    "meterkast.protocols.hdlc",
    "meterkast.protocols.wrapper",
    "numpy",
    "os",
    "pathlib",
    "tomllib",
    "typing",
}
"""All that the module is made of. No keystore, no certificates, no envelope, no TLS, no bus, no database."""

SWITCHES_AND_KEYS = re.compile(
    r"disconnect.?control|relay|breaker|valve|limiter|operator|master.?key|private.?key|certificate|modem|gprs"
    r"|class *= *(?!1\b|3\b|7\b|8\b)\d+",
    re.IGNORECASE,
)


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_objects_measure_and_tell(vendor: str) -> None:
    module = make_module(vendor=vendor)
    assert {each.class_id for each in module.logical_device().objects} == MEASURING_CLASSES
    assert {entry.class_id for entry in VendorProfile.load(vendor).objects} <= MEASURING_CLASSES


def test_the_source_and_the_profiles_name_no_such_thing() -> None:
    sources = [*FOLDER.rglob("*.py"), *FOLDER.rglob("*.toml")]
    assert len(sources) > 15
    found = [
        (path.name, hit[0])
        for path in sources
        for hit in SWITCHES_AND_KEYS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == [("__init__.py", "operator")]  # where it says that there is no key of theirs


def test_the_scan_would_find_one() -> None:
    for hidden in ('{ class = 70, name = "0-0:96.3.10" }', "self.relay = True", "master_key: bytes"):
        assert SWITCHES_AND_KEYS.search(hidden)


def test_the_source_imports_nothing_else() -> None:
    imported = {name for path in FOLDER.rglob("*.py") for name in _imports(path)}
    strangers = {
        name
        for name in imported
        if not any(name == known or name.startswith(f"{known}.") for known in IMPORTS)
    }
    assert strangers == set()
    tls = {name for name in imported if "tls" in name or "ssl" in name or "keystore" in name}
    assert tls == set()


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
