"""Answers of a scenario over many runs: who is delayed, how long, what it costs, each with its interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity import bridge
from meterkast.assurance.continuity.demand import demand
from meterkast.assurance.continuity.draws import BLOCK, Values, blocks
from meterkast.assurance.continuity.interval import Estimate, mean, proportion, quantile
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Channel, Scenario
from meterkast.assurance.continuity.tally import Tally
from meterkast.model.errors import DataError

RUNS = 10_000
SEED = 1
_MOST_RUNS = 1_000_000
_FAN = (0.5, 0.9, 0.99)

Progress = Callable[[int, int], None]
"""Told after each block: runs done, runs in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferPoint:
    """One buffer: the part of runs in which nobody is delayed, mean household-weeks of delay, its cost."""

    buffer: int
    nobody_delayed: Estimate
    delayed_weeks: Estimate
    cost: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a scenario answers.

    Attributes:
        run_id: names scenario, inputs, seed and runs; a result without one counts for nothing (M132).
        buffer: modules in stock at the start; ``buffer_stated`` says whether a document gives it.
        delayed: households whose installation is delayed at the worst moment: mean over runs;
            ``delayed_99`` is exceeded in one run of a hundred.
        delayed_weeks: household-weeks of delay, ``delayed_by_operator`` their mean per operator.
        survive: weeks until the buffer is gone, median over the runs in which it is; ``runs_out`` is their
            part.
        takeover: weeks until the other vendor delivers 100 % (L + R), ``takeover_99`` in one run of a hundred
            longer.
        recover: weeks until service is back within one week of demand, median and 90 %, over the runs that
            recover within the term; ``recovered`` is their part.
        buffer_needed: modules with which nobody is delayed in the target part of the runs.
        unpatched: module-years without updates.
        cost: EUR for holding the buffer and for delay.
        curve: the same for other buffers, from the same runs.
        fan: for each week after the loss the median, 90 % and 99 % of households delayed, from the first
            runs that have so many weeks left.
    """

    scenario: str
    inputs: str
    run_id: str
    seed: int
    runs: int
    channels: tuple[str, ...]
    weeks: int
    target: float
    buffer: int
    buffer_stated: bool
    delayed: Estimate
    delayed_99: Estimate
    nobody_delayed: Estimate
    delayed_weeks: Estimate
    delayed_by_operator: dict[str, float]
    survive: Estimate
    runs_out: Estimate
    takeover: Estimate
    takeover_99: Estimate
    recover: Estimate
    recover_90: Estimate
    recovered: Estimate
    buffer_needed: Estimate
    unpatched: Estimate
    cost: Estimate
    bridge: bridge.BridgeAnswer | None
    curve: tuple[BufferPoint, ...]
    fan: npt.NDArray[np.float64]
    assumed: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As a JSON document."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def run(
    scenario: Scenario,
    seed: int = SEED,
    runs: int = RUNS,
    *,
    buffers: Sequence[int] = (),
    on_progress: Progress | None = None,
) -> Answers:
    """Runs a scenario; the same seed and inputs give the same answers.

    Args:
        scenario: with a lead and a ramp for the vendor that takes over.
        seed: of chance.
        runs: how many, 2 to a million; memory does not grow with it but for a few numbers per run.
        buffers: for the curve; where empty, from none to half above what is needed.
        on_progress: told after each block of runs.

    Raises:
        DataError: ``continuity-input-missing``, ``continuity-runs-wrong``.
    """
    if not 2 <= runs <= _MOST_RUNS or seed < 0:
        raise DataError(
            "continuity-runs-wrong",
            f"Runs lie between 2 and {_MOST_RUNS:,}, a seed is not negative.",
            where="--runs",
        )
    tally = Tally(scenario.computable(), runs, tuple(buffers))
    for draws in blocks(scenario, seed, runs):
        tally.add(draws)
        if on_progress is not None:
            on_progress(min(tally.runs, runs), runs)
    return _answers(scenario, seed, tally)


def _answers(scenario: Scenario, seed: int, tally: Tally) -> Answers:
    runs = tally.runs
    peaks, survive, takeover, recover, unpatched = tally.columns
    curve = tuple(
        _point(scenario, buffer, peaks, weeks)
        for buffer, weeks in zip(tally.buffers, tally.delays, strict=True)
    )
    own = curve[tally.buffers.index(tally.buffer)]
    waiting = np.maximum(peaks - tally.buffer, 0.0)
    gone, recovered = np.isfinite(survive), np.isfinite(recover)
    return Answers(
        scenario=scenario.id,
        inputs=scenario.digest,
        run_id=f"{scenario.id}-{scenario.digest[:12]}-{seed}-{runs}",
        seed=seed,
        runs=runs,
        channels=tuple(each for each in Channel if each in scenario.disruption.channels),
        weeks=scenario.weeks,
        target=scenario.target,
        buffer=tally.buffer,
        buffer_stated=scenario.buffer is not None,
        delayed=mean(waiting),
        delayed_99=quantile(waiting, 0.99),
        nobody_delayed=own.nobody_delayed,
        delayed_weeks=own.delayed_weeks,
        delayed_by_operator=_by_operator(scenario, own.delayed_weeks.value),
        survive=quantile(survive[gone], 0.5),
        runs_out=proportion(int(gone.sum()), runs),
        takeover=quantile(takeover, 0.5),
        takeover_99=quantile(takeover, 0.99),
        recover=quantile(recover[recovered], 0.5),
        recover_90=quantile(recover[recovered], 0.9),
        recovered=proportion(int(recovered.sum()), runs),
        buffer_needed=quantile(peaks, scenario.target),
        unpatched=mean(unpatched),
        cost=own.cost,
        bridge=None if scenario.bridge is None else bridge.answer(scenario.bridge, seed, max(runs, BLOCK)),
        curve=curve,
        fan=_fan(np.concatenate(tally.since, axis=1)),
        assumed=scenario.assumed,
    )


def _point(scenario: Scenario, buffer: int, peaks: Values, delay: Values) -> BufferPoint:
    prices = scenario.prices
    years = scenario.weeks / WEEKS_PER_YEAR
    holding = buffer * prices.unit * prices.holding_yearly * years
    return BufferPoint(
        buffer=buffer,
        nobody_delayed=proportion(int((peaks <= buffer).sum()), len(peaks)),
        delayed_weeks=mean(delay),
        cost=mean(holding + delay * (12.0 / WEEKS_PER_YEAR) * prices.waiting_monthly),
    )


def _by_operator(scenario: Scenario, weeks: float) -> dict[str, float]:
    """Delay over operators by their part of the planned orders: nobody is served first."""
    planned = demand(scenario).by_operator
    return {name: weeks * float(series.sum()) / scenario.modules for name, series in planned.items()}


def _fan(delayed: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if not delayed.shape[1]:
        return np.zeros((len(_FAN), len(delayed)))
    return np.quantile(delayed, _FAN, axis=1)


def _plain(value: object) -> object:
    if isinstance(value, Estimate):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return {f"p{round(part * 100)}": row.tolist() for part, row in zip(_FAN, value, strict=True)}
    if isinstance(value, BufferPoint | bridge.BridgeAnswer):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
