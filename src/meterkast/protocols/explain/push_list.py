"""The push lists of meters that leave out scaler and unit, or even the OBIS codes: ``push_lists.toml``."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from meterkast.model.obis import Obis
from meterkast.model.unit import Unit

_ACTIVE, _REACTIVE, _APPARENT = (1, 2), (3, 4, 5, 6, 7, 8), (9, 10)
_INSTANTANEOUS, _TIME_INTEGRAL = 7, 8
_PER_PHASE = 20
_ABSTRACT = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PushList:
    """What must be known beforehand to read a list; fields as described at the top of the data file."""

    marker: str | None = None
    shape: str | None = None
    maker: str | None = None
    scalers: dict[str, int] = field(default_factory=dict)
    positions: dict[int, tuple[Obis, ...]] = field(default_factory=dict)

    def scale(self, obis: Obis) -> tuple[int, Unit] | None:
        """Scaler and unit of a register in this list; None where the list does not say."""
        quantity, unit = quantity_of(obis)
        scaler = self.scalers.get(quantity)
        return None if scaler is None else (scaler, unit)


def quantity_of(obis: Obis) -> tuple[str, Unit]:
    """What an electricity register holds: power, energy, current, voltage, factor, or nothing known.

    Value group C repeats every 20 for the sum and the three phases (IEC 62056-6-1, table 12).
    """
    if obis.a == _ABSTRACT or obis.c == 0 or obis.d not in (_INSTANTANEOUS, _TIME_INTEGRAL):
        return "", Unit.NONE
    measured = (obis.c - 1) % _PER_PHASE + 1
    integral = obis.d == _TIME_INTEGRAL
    for codes, power, energy in (
        (_ACTIVE, Unit.WATT, Unit.WATT_HOUR),
        (_REACTIVE, Unit.VAR, Unit.VAR_HOUR),
        (_APPARENT, Unit.VOLT_AMPERE, Unit.VOLT_AMPERE_HOUR),
    ):
        if measured in codes:
            return ("energy", energy) if integral else ("power", power)
    return _OTHERS.get(measured, ("", Unit.NONE))


_OTHERS = {11: ("current", Unit.AMPERE), 12: ("voltage", Unit.VOLT), 13: ("factor", Unit.NONE)}


@cache
def push_lists() -> tuple[PushList, ...]:
    """All lists of the data file."""
    text = files("meterkast.protocols.explain").joinpath("push_lists.toml").read_text(encoding="utf-8")
    return tuple(_push_list(entry) for entry in tomllib.loads(text)["list"])


def _push_list(entry: dict[str, Any]) -> PushList:
    positions = {
        int(count): tuple(Obis.parse(code) for code in codes)
        for count, codes in entry.pop("positions", {}).items()
    }
    return PushList(positions=positions, **entry)
