"""What is kept of many runs: a few numbers per run, gathered block by block."""

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.draws import Draws, Values
from meterkast.assurance.continuity.engine import Desk, Flows, flow
from meterkast.assurance.continuity.fleet import Fleet, fleet
from meterkast.assurance.continuity.scenario import Scenario

_FAN_BLOCKS = 4
_FAN_WEEKS = 150
_CURVE_POINTS = 9
_COLUMNS = 5
_CURVE_SPAN = 1.5


class Tally:
    """Gathers a few numbers per run.

    Args:
        scenario: with a lead and a ramp for the vendor that takes over.
        runs: how many will come.
        buffers: for which delay is kept; where empty, from none to half above what is needed.

    Attributes:
        runs: gathered up to now.
        buffer: the scenario's own, 0 where none is stated; it is always one of ``buffers``.
        delays: household-weeks of delay, a row for each of ``buffers``.
        columns: the worst shortfall in modules, the weeks until the buffer is gone, until 100 % and until
            service is back, and the module-years without updates.
        since: for the first blocks, households delayed in each week since the loss.
    """

    def __init__(self, scenario: Scenario, runs: int, buffers: tuple[int, ...]) -> None:
        self.runs = 0
        self.buffer = scenario.buffer or 0
        self.buffers: list[int] = []
        self.delays = np.empty((0, runs))
        self.columns = np.empty((_COLUMNS, runs))
        self.since: list[npt.NDArray[np.float64]] = []
        self._scenario = scenario
        self._fleet = fleet(scenario)
        self._desk = Desk()
        self._wished = buffers

    def add(self, draws: Draws) -> None:
        """One block of runs."""
        flows = flow(self._scenario, self._fleet, draws, self._desk)
        if not self.buffers:
            self.buffers = self._chosen(flows)
            self.delays = np.empty((len(self.buffers), self.delays.shape[1]))
        place = slice(self.runs, self.runs + len(draws))
        self.runs += len(draws)
        short = flows.shortfall
        over = self._desk.table("over the buffer", *short.shape)
        for row, buffer in zip(self.delays, self.buffers, strict=True):
            row[place] = _delay(short, buffer, over)
        self.columns[:, place] = (
            short.max(axis=0),
            _survive(short, draws, self.buffer),
            draws.takeover + draws.ramp - draws.start,
            _recover(short, draws, self._fleet),
            flows.unpatched,
        )
        if len(self.since) < _FAN_BLOCKS:
            self.since.append(_since(short, draws, self.buffer))

    def _chosen(self, flows: Flows) -> list[int]:
        """The buffers that delay is kept for, the scenario's own among them."""
        wished = self._wished
        if not wished:
            most = _CURVE_SPAN * float(np.quantile(flows.shortfall.max(axis=0), self._scenario.target))
            step = _rounded_up(most / (_CURVE_POINTS - 1))
            wished = tuple(step * place for place in range(_CURVE_POINTS))
        return sorted({*wished, self.buffer})


def _rounded_up(step: float) -> int:
    """A step that reads well: the next 1, 2, 2.5 or 5 times a power of ten."""
    power = 10 ** np.floor(np.log10(max(step, 1.0)))
    return int(next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= step))


def _delay(short: npt.NDArray[np.float64], buffer: int, over: npt.NDArray[np.float64]) -> Values:
    """Household-weeks of delay per run: what stands above the buffer. ``over`` is a table to work in."""
    weeks: Values = np.maximum(short, buffer, out=over).sum(axis=0) - float(buffer) * len(short)
    return weeks


def _survive(short: npt.NDArray[np.float64], draws: Draws, buffer: int) -> Values:
    """Weeks from the disruption to the first delayed household; infinite where the buffer is enough."""
    over = short > buffer
    first = over.argmax(axis=0).astype(float)
    begins = np.minimum(draws.start, draws.node_start)
    return np.where(over.any(axis=0), np.maximum(first - begins, 0.0), np.inf)


def _recover(short: npt.NDArray[np.float64], draws: Draws, plans: Fleet) -> Values:
    """Weeks from the disruption until the shortfall stays within one week of demand; infinite if never."""
    over = short > plans.demand.max()
    last = len(short) - over[::-1].argmax(axis=0).astype(float)
    begins = np.minimum(draws.start, draws.node_start)
    weeks = np.where(over.any(axis=0), np.maximum(last - begins, 0.0), 0.0)
    return np.where(last < len(short), weeks, np.where(over.any(axis=0), np.inf, 0.0))


def _since(short: npt.NDArray[np.float64], draws: Draws, buffer: int) -> npt.NDArray[np.float64]:
    """Households delayed by weeks since the loss, for the runs that have so many weeks left."""
    span = min(_FAN_WEEKS, len(short) // 2)
    begins = np.minimum(draws.start, draws.node_start).astype(int)
    runs = np.flatnonzero(begins + span < len(short))
    weeks = begins[runs] + np.arange(span + 1)[:, None]
    return np.maximum(short[weeks, runs] - buffer, 0.0)
