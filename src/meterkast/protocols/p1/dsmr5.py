"""A telegram of DSMR 5.0.2 from values: objects, order and formats of the P1 companion standard, 6.12."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from meterkast.model.errors import LocalError
from meterkast.protocols.p1.formats import Format
from meterkast.protocols.p1.readings import CLOCK
from meterkast.protocols.p1.telegram import emit
from meterkast.protocols.p1.values import hexadecimal, stamp

VERSION = "50"
_GAS_TYPE = "003"


_ENERGY = Format(width=9, decimals=3, unit="kWh", exponent=3)
_POWER = Format(width=5, decimals=3, unit="kW", exponent=3)
_VOLTAGE = Format(width=4, decimals=1, unit="V")
_CURRENT = Format(width=3, unit="A")
_COUNT = Format(width=5)
_VOLUME = Format(width=8, decimals=3, unit="m3")

FORMATS: Mapping[str, Format] = {
    **dict.fromkeys(("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2"), _ENERGY),
    "0-0:96.14.0": Format(width=4),
    **dict.fromkeys(("1-0:1.7.0", "1-0:2.7.0"), _POWER),
    **dict.fromkeys(("0-0:96.7.21", "0-0:96.7.9"), _COUNT),
    **{f"1-0:{group}.32.0": _COUNT for group in (32, 52, 72)},
    **{f"1-0:{group}.36.0": _COUNT for group in (32, 52, 72)},
    **{f"1-0:{group}.7.0": _VOLTAGE for group in (32, 52, 72)},
    **{f"1-0:{group}.7.0": _CURRENT for group in (31, 51, 71)},
    **{f"1-0:{group}.7.0": _POWER for group in (21, 41, 61, 22, 42, 62)},
}
"""The numbers of a telegram in their order. Values are in Wh, W, V and A."""

_AFTER_MESSAGE = "1-0:32.7.0"
"""The message to the consumer stands in front of the voltages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GasChannel:
    """The last index of a gas meter.

    Attributes:
        channel: 1 to 4.
        equipment: equipment identifier.
        at: Unix seconds of the index.
        index: litres.
    """

    channel: int
    equipment: str
    at: int
    index: int


def emit_dsmr5(
    *,
    ident: str,
    at: int,
    equipment: str,
    values: Mapping[str, Decimal | int],
    gas: Sequence[GasChannel] = (),
    message: str = "",
) -> bytes:
    """The telegram of one second.

    Args:
        ident: the first line, ``/XXX5...``.
        at: Unix seconds.
        equipment: equipment identifier of the electricity meter.
        values: numbers by their code in ``FORMATS``, in Wh, W, V and A; an object that is not given, such as
            those of the second and third phase, is left out.
        gas: the gas meters, in the order of their channels.
        message: text to the consumer.

    Raises:
        LocalError: ``p1-value-range``, ``p1-code-unknown`` or ``p1-text-unwritable``.
    """
    unknown = values.keys() - FORMATS.keys()
    if unknown:
        raise LocalError("p1-code-unknown", f"DSMR 5 has no number under {min(unknown)}.")
    return emit(ident, _objects(at, equipment, values, gas, message))


def _objects(
    at: int, equipment: str, values: Mapping[str, Decimal | int], gas: Sequence[GasChannel], message: str
) -> Iterable[tuple[str, Sequence[str]]]:
    yield "1-3:0.2.8", (VERSION,)
    yield CLOCK, (stamp(at),)
    yield "0-0:96.1.1", (hexadecimal(equipment),)
    for code, form in FORMATS.items():
        if code == _AFTER_MESSAGE:
            yield "0-0:96.13.0", (hexadecimal(message),)
        if code in values:
            yield code, (form.text(values[code]),)
    for meter in gas:
        yield f"0-{meter.channel}:24.1.0", (_GAS_TYPE,)
        yield f"0-{meter.channel}:96.1.0", (hexadecimal(meter.equipment),)
        yield f"0-{meter.channel}:24.2.1", (stamp(meter.at), _VOLUME.text(Decimal(meter.index).scaleb(-3)))
