"""What the module shows now, under the codes of a P1 telegram: registers, powers, voltages and currents."""

from decimal import Decimal

from meterkast.applications.collector.profile import scaler_unit
from meterkast.applications.collector.reader import Reader
from meterkast.model.errors import PeerError, UnreachableError
from meterkast.model.obis import Obis
from meterkast.protocols.p1.dsmr5 import FORMATS

_DATA, _REGISTER = 1, 3
_VALUE, _SCALER_UNIT = 2, 3
_RATE = "0-0:96.14.0"
_NET_POWER, _IMPORTED, _EXPORTED = "1-0:16.7.0", "1-0:1.7.0", "1-0:2.7.0"
_MEASURED = tuple(code for code in FORMATS if code.startswith("1-0:") and code.split(".")[1] in {"7", "8"})


def read(reader: Reader) -> dict[str, Decimal]:
    """The values by their P1 codes, in Wh, W, V and A; nothing at all from a module that does not answer.

    A module that shows only its net power has it split into what is taken and what is given.
    """
    values: dict[str, Decimal] = {}
    try:
        for code in _MEASURED:
            _put(values, code, _register(reader, code))
        if _IMPORTED not in values and (net := _register(reader, _NET_POWER)) is not None:
            values[_IMPORTED], values[_EXPORTED] = max(net, Decimal(0)), max(-net, Decimal(0))
        _put(values, _RATE, _rate(reader))
    except UnreachableError:
        return {}
    return values


def _put(values: dict[str, Decimal], code: str, value: Decimal | None) -> None:
    if value is not None:
        values[code] = value


def _register(reader: Reader, code: str) -> Decimal | None:
    """The value of a register in its unit; None where the module has no such register."""
    name = Obis.parse(code)
    try:
        value = reader.read(_REGISTER, name, _VALUE).value
        scaler, _ = scaler_unit(reader.read(_REGISTER, name, _SCALER_UNIT))
    except PeerError:
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(value).scaleb(scaler) if whole and isinstance(value, int) else None


def _rate(reader: Reader) -> Decimal | None:
    try:
        value = reader.read(_DATA, Obis.parse(_RATE), _VALUE).value
    except PeerError:
        return None
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return Decimal(text) if text.isascii() and text.isdigit() else None
