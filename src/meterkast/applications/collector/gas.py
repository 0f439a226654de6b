"""The gas block of a day: the index at each whole hour. The five-minute values stay in the house."""

from collections.abc import Iterable
from datetime import date

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, grid
from meterkast.model.obis import Obis
from meterkast.model.quality import Flag
from meterkast.model.unit import Unit

INDEX = Obis(0, 1, 24, 2, 1)
_LITRES = -3


def block(device: str, day: date, hours: Iterable[tuple[int, int]]) -> MeterDayBlock:
    """The block of this gas meter and day.

    Args:
        device: the gas meter's name.
        day: the local day.
        hours: instant (Unix seconds) and index (litres), as the gateway kept them.
    """
    times = grid(day, HOUR)
    index = dict(hours)
    values = tuple(index.get(at) for at in times)
    known = [value for value in values if value is not None]
    flags = {Flag.MISSING} if len(known) < len(values) else set()
    if known != sorted(known):
        flags.add(Flag.REGISTER_DECREASED)
    if not known:
        flags.add(Flag.SILENT)
    return MeterDayBlock(
        device=device,
        medium=Medium.GAS,
        day=day,
        times=times,
        columns=(Column(obis=INDEX, unit=Unit.CUBIC_METRE, scaler=_LITRES, values=values),),
        status=(None,) * len(times),
        flags=tuple(sorted(flags)),
    )
