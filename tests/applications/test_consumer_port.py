"""The consumer port's application: what it makes of what a module says, and how little it carries."""

import json
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

import meterkast
from meterkast.applications.collector.reader import Reader
from meterkast.applications.consumer_port.instantaneous import Instruments
from meterkast.model.errors import PeerError, UnreachableError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data, double_long, enum, integer, octets, structure

Registers = dict[str, tuple[int, int, Unit]]
"""Value, scaler and unit by code."""


class Module(Reader):
    """Answers lists from a table, and counts them."""

    def __init__(self, registers: Registers, rate: Data | None = None) -> None:
        super().__init__(lambda _: b"")
        self.registers = registers
        self.rate = rate
        self.trouble: Exception | None = None
        self.asked: list[int] = []

    def read_list(self, attributes: Sequence[tuple[int, Obis, int]]) -> list[Data | None]:
        if self.trouble:
            raise self.trouble
        self.asked.append(len(attributes))
        return [self._told(str(name), attribute) for _, name, attribute in attributes]

    def _told(self, code: str, attribute: int) -> Data | None:
        if code == "0-0:96.14.0":
            return self.rate
        if code not in self.registers:
            return None
        value, scaler, unit = self.registers[code]
        return double_long(value) if attribute == 2 else structure((integer(scaler), enum(int(unit))))


def test_values_are_scaled_and_scalers_asked_once() -> None:
    module = Module(
        {"1-0:1.8.1": (1234, 1, Unit.WATT_HOUR), "1-0:32.7.0": (2314, -1, Unit.VOLT)}, octets(b"0002")
    )
    instruments = Instruments(module)
    wanted = {"1-0:1.8.1": 12_340, "1-0:32.7.0": Decimal("231.4"), "0-0:96.14.0": 2}
    assert [instruments.read(), instruments.read()] == [wanted, wanted]
    assert module.asked[1:] == [3, 3]


@pytest.mark.parametrize(("net", "taken", "given"), [(482, 482, 0), (-820, 0, 820), (0, 0, 0)])
def test_net_power_is_split(net: int, taken: int, given: int) -> None:
    values = Instruments(Module({"1-0:16.7.0": (net, 0, Unit.WATT)})).read()
    assert values == {"1-0:1.7.0": taken, "1-0:2.7.0": given}


def test_what_fits_no_meter_is_left_out() -> None:
    """A lying module cannot make the port fall silent, nor say nonsense in its name."""
    registers: Registers = {
        "1-0:1.8.1": (-5, 0, Unit.WATT_HOUR),
        "1-0:1.8.2": (1 << 31, 0, Unit.WATT_HOUR),
        "1-0:1.7.0": (100_000, 0, Unit.WATT),
        "1-0:32.7.0": (1, 100, Unit.VOLT),
        "1-0:2.7.0": (17, 0, Unit.WATT),
    }
    assert Instruments(Module(registers, octets(b"12345"))).read() == {"1-0:2.7.0": 17}


@pytest.mark.parametrize(
    "trouble", [UnreachableError("module-silent", "silent"), PeerError("module-garbage", "garbage")]
)
def test_after_trouble_everything_is_asked_anew(trouble: Exception) -> None:
    module = Module({"1-0:1.7.0": (5, 0, Unit.WATT)})
    instruments = Instruments(module)
    assert instruments.read() == {"1-0:1.7.0": 5}
    module.trouble = trouble
    assert instruments.read() == {}
    module.trouble, module.registers = None, {"1-0:1.7.0": (5, 1, Unit.WATT)}
    assert instruments.read() == {"1-0:1.7.0": 50}


def test_it_carries_no_cryptography_and_no_network() -> None:
    """Keys and listening sockets are the gateway's; what is not there cannot be misused."""
    root = Path(meterkast.__file__).parents[1]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); "
        "import meterkast.applications.consumer_port.__main__; "
        "import json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, check=True
    ).stdout
    assert {"cryptography", "numpy", "asyncio", "ssl", "sqlite3"}.isdisjoint(json.loads(printed))
