"""The cable that feeds the street, measured at the transformer."""

from collections.abc import Iterable

from meterkast.street.home import Home

_MINUTE, _MINUTES_PER_HOUR = 60, 60


def feeder_energy(homes: Iterable[Home], start: int, end: int) -> int:
    """Net energy that came through the cable from ``start`` to ``end`` (Unix seconds), in watt-hours.

    The cable is without losses; a real one takes some per cent.
    """
    watt_minutes = sum(int(home.supply.power(start, end, _MINUTE).sum()) for home in homes)
    return watt_minutes // _MINUTES_PER_HOUR
