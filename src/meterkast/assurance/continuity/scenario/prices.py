"""What things cost, and within which limits the optimiser may choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from meterkast.assurance.continuity.scenario.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Unit prices in EUR: all but the first are assumptions until a contract says otherwise."""

    unit: float
    holding_yearly: float
    reservation_monthly: float
    waiting_monthly: float
    surge_premium: float
    installation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the optimiser may choose from; None is no limit.

    ``split_costs`` are points (share, EUR) of what a split costs; without them nothing is said on the split.
    """

    split_low: float
    split_high: float
    buffer_most: float | None = None
    reserve_most: float | None = None
    budget_most: float | None = None
    waiting_most: float | None = None
    split_costs: tuple[tuple[float, float], ...] = ()
    seconds: float = 30.0


def prices_in(fields: Fields) -> Prices:
    """All prices; each must be given."""
    table, field = fields.table("prices") or {}, "prices"
    return Prices(
        unit=fields.needed(table, "unit", field, high=1e5),
        holding_yearly=fields.needed(table, "holding_yearly", field, high=1.0),
        reservation_monthly=fields.needed(table, "reservation_monthly", field, high=1.0),
        waiting_monthly=fields.needed(table, "waiting_monthly", field, high=1e5),
        surge_premium=fields.needed(table, "surge_premium", field, high=10.0),
        installation=fields.needed(table, "installation", field, high=1e5),
    )


def limits_in(fields: Fields) -> Limits:
    """What the optimiser may choose from; only the split must be bounded."""
    table, field = fields.table("limits") or {}, "limits"
    split = fields.values(table, "split", field) or {}
    low = fields.as_number(split.get("low"), f"{field}.split.low", 0.0, 1.0)
    high = fields.as_number(split.get("high"), f"{field}.split.high", 0.0, 1.0)
    if low > high:
        fields.fault("continuity-value-wrong", f"{field}.split", f"low {low:g} lies above high {high:g}.")
    return Limits(
        split_low=low,
        split_high=high,
        buffer_most=fields.number(table, "buffer_most", field),
        reserve_most=fields.number(table, "reserve_most", field),
        budget_most=fields.number(table, "budget_most", field),
        waiting_most=fields.number(table, "waiting_most", field),
        split_costs=_split_costs(fields, table, field),
        seconds=fields.number(table, "seconds", field, low=0.0, high=600.0, default=30.0) or 0.0,
    )


def _split_costs(fields: Fields, table: Mapping[str, Any], field: str) -> tuple[tuple[float, float], ...]:
    place = f"{field}.split_costs"
    points = (fields.values(table, "split_costs", field) or {}).get("points", [])
    if not isinstance(points, list) or not all(isinstance(each, list) and len(each) == 2 for each in points):
        fields.fault("continuity-field-malformed", place, "points = [[share, EUR], …].")
        return ()
    read = tuple(
        (fields.as_number(share, place, 0.0, 1.0), fields.as_number(cost, place, 0.0, 1e12))
        for share, cost in points
    )
    slopes = [
        (after[1] - before[1]) / (after[0] - before[0]) if after[0] > before[0] else None
        for before, after in pairwise(read)
    ]
    rising = [slope for slope in slopes if slope is not None]
    if len(read) == 1 or len(rising) < len(slopes) or rising != sorted(rising):
        fields.fault("continuity-value-wrong", place, "shares must rise and the line must bend upwards only.")
        return ()
    return read
