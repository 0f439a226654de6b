"""What the module shows now, under the codes of P1 and X1: registers, powers, voltages and currents."""

from collections.abc import Sequence
from decimal import Decimal

from meterkast.applications.collector.profile import scaler_unit
from meterkast.applications.collector.reader import Reader
from meterkast.model.errors import PeerError, UnreachableError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data
from meterkast.protocols.x1.document import RATE
from meterkast.protocols.x1.quantity import QUANTITIES

_DATA, _REGISTER = 1, 3
_VALUE, _SCALER_UNIT = 2, 3
_NET_POWER, _IMPORTED, _EXPORTED = "1-0:16.7.0", "1-0:1.7.0", "1-0:2.7.0"
_REGISTERS = (*QUANTITIES, _NET_POWER)


class Instruments:
    """The registers of one module. Which it has, and their scalers, is asked once; the values each time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._scalers: dict[str, int] | None = None

    def read(self) -> dict[str, Decimal]:
        """The values by their codes, in Wh, W, V and A, and the tariff.

        Nothing at all from a module that does not answer, or makes no sense. A value that fits no meter is
        left out. A module that shows only its net power has it split into what is taken and what is given.
        """
        try:
            if self._scalers is None:
                self._scalers = self._ask_scalers()
            return self._ask_values(self._scalers)
        except (PeerError, UnreachableError):
            self._scalers = None
            return {}

    def _ask_scalers(self) -> dict[str, int]:
        answers = self._reader.read_list([_attribute(code, _SCALER_UNIT) for code in _REGISTERS])
        known = zip(_REGISTERS, answers, strict=True)
        return {code: scaler_unit(answer)[0] for code, answer in known if answer is not None}

    def _ask_values(self, scalers: dict[str, int]) -> dict[str, Decimal]:
        wanted = [*(_attribute(code, _VALUE) for code in scalers), (_DATA, Obis.parse(RATE), _VALUE)]
        *answers, rate = self._reader.read_list(wanted)
        values = _values(scalers, answers)
        net = values.pop(_NET_POWER, None)
        if net is not None and _IMPORTED not in values:
            values[_IMPORTED], values[_EXPORTED] = max(net, Decimal(0)), max(-net, Decimal(0))
        fitting = {
            code: value for code, value in values.items() if QUANTITIES[code].written(value) is not None
        }
        return fitting | _rate(rate)


def _attribute(code: str, attribute: int) -> tuple[int, Obis, int]:
    return _REGISTER, Obis.parse(code), attribute


def _values(scalers: dict[str, int], answers: Sequence[Data | None]) -> dict[str, Decimal]:
    found = (
        (code, None if data is None else data.value) for code, data in zip(scalers, answers, strict=True)
    )
    return {
        code: Decimal(value).scaleb(scalers[code])
        for code, value in found
        if isinstance(value, int) and not isinstance(value, bool)
    }


def _rate(data: Data | None) -> dict[str, Decimal]:
    value = None if data is None else data.value
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return {RATE: Decimal(text)} if text.isascii() and text.isdigit() and len(text) <= 4 else {}
