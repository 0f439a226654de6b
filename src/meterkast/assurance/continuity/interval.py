"""Estimates with the interval that their number of runs allows, at 95 %."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and its 95 % interval; NaN where there was nothing to estimate from."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """As JSON values; what is not finite is null."""
        return {
            name: value if math.isfinite(value) else None
            for name, value in (("value", self.value), ("low", self.low), ("high", self.high))
        }


_NOTHING = Estimate(value=math.nan, low=math.nan, high=math.nan)


def mean(values: Values) -> Estimate:
    """The mean with its normal interval."""
    if not len(values):
        return _NOTHING
    centre = float(values.mean())
    half = _Z * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return Estimate(value=centre, low=centre - half, high=centre + half)


def quantile(values: Values, part: float) -> Estimate:
    """A quantile between the order statistics that the binomial law puts around it."""
    count = len(values)
    if not count:
        return _NOTHING
    ordered = np.sort(values)
    half = _Z * math.sqrt(count * part * (1.0 - part))
    place = math.ceil(count * part) - 1
    low, high = math.floor(count * part - half) - 1, math.ceil(count * part + half)
    return Estimate(
        value=float(ordered[max(place, 0)]),
        low=float(ordered[max(low, 0)]),
        high=float(ordered[min(high, count - 1)]),
    )


def proportion(hits: int, count: int) -> Estimate:
    """A part of the runs with Wilson's interval."""
    if not count:
        return _NOTHING
    part = hits / count
    scale = 1.0 + _Z**2 / count
    centre = (part + _Z**2 / (2 * count)) / scale
    half = _Z * math.sqrt(part * (1 - part) / count + _Z**2 / (4 * count**2)) / scale
    return Estimate(
        value=part, low=min(part, max(0.0, centre - half)), high=max(part, min(1.0, centre + half))
    )
