"""A linear programme in parts, and HiGHS that solves it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.scenario import Scenario
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    import highspy

Column = npt.NDArray[np.int64]
Number = npt.NDArray[np.float64]


@dataclass(slots=True)
class Rows:
    """Columns with bounds and cost, rows with bounds, and what stands where they meet."""

    cost: list[Number] = field(default_factory=list)
    low: list[Number] = field(default_factory=list)
    high: list[Number] = field(default_factory=list)
    columns: int = 0
    rows: int = 0
    row_low: list[Number] = field(default_factory=list)
    row_high: list[Number] = field(default_factory=list)
    cells: list[tuple[Column, Column, Number]] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    named: dict[str, int] = field(default_factory=dict)

    def add_columns(self, cost: Number, *, high: float | Number = np.inf, low: float = 0.0) -> Column:
        """New columns; returns their places, in the shape of ``cost``."""
        count = cost.size
        self.cost.append(cost.ravel())
        self.low.append(np.full(count, low))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), cost.shape).ravel())
        places = np.arange(self.columns, self.columns + count).reshape(cost.shape)
        self.columns += count
        return places

    def add_rows(
        self, low: Number, high: Number, *cells: tuple[Column, float | Number], name: str | None = None
    ) -> Column:
        """New rows ``low <= sum of cells <= high``; each cell is (columns, values) in the rows' shape."""
        places = np.arange(self.rows, self.rows + low.size).reshape(low.shape)
        for columns, values in cells:
            value = np.broadcast_to(np.asarray(values, dtype=float), low.shape)
            column = np.broadcast_to(columns, low.shape)
            used = (value != 0) & (column >= 0)
            self.cells.append((places[used], column[used], value[used]))
        self.row_low.append(low.ravel())
        self.row_high.append(high.ravel())
        self.rows += low.size
        if name is not None:
            self.named[name] = int(places.ravel()[0])
        return places

    def add_sum(self, columns: Column, values: float | Number, most: float, name: str) -> None:
        """One row named after its field: a sum over many columns that may not pass ``most``."""
        place = self.add_rows(np.array([-np.inf]), np.array([most]), name=name)
        flat = columns.ravel()
        value = np.broadcast_to(np.asarray(values, dtype=float), columns.shape).ravel()
        self.cells.append((np.full(flat.size, place[0]), flat, value))


class Solver:
    """HiGHS over one programme; costs may change between runs, and it starts where it was."""

    def __init__(self, rows: Rows, scenario: Scenario) -> None:
        self._rows, self._place, self._seconds = rows, scenario.place, scenario.limits.seconds
        self._highs = _highs(self._seconds)
        self._highs.passModel(_model(rows))

    def price(self, columns: Column, costs: Number) -> None:
        """Another cost for columns."""
        places = columns.ravel().astype(np.int32)
        self._highs.changeColsCost(len(places), places, costs.ravel().astype(float))

    def solve(self) -> Number:
        """The values of all columns.

        Raises:
            DataError: ``continuity-programme-infeasible``, naming the limits that must give way;
                ``continuity-programme-not-converged``.
        """
        import highspy

        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + self._seconds)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return np.array(self._highs.getSolution().col_value)
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            raise self._infeasible()
        said = self._highs.modelStatusToString(status)
        raise DataError(
            "continuity-programme-not-converged",
            f"The optimiser stopped without a solution: {said}.",
            where=self._place("limits.seconds"),
            hint="Give it more seconds, or fewer scenarios with --scenarios.",
        )

    def _infeasible(self) -> DataError:
        listed = ", ".join(self._must_give_way()) or "limits.split"
        return DataError(
            "continuity-programme-infeasible",
            f"No choice meets all limits together; {listed} must give way.",
            where=self._place(listed),
            hint="Widen one of the limits that are named.",
        )

    def _must_give_way(self) -> list[str]:
        """Named rows that a solution with the least overstepping oversteps."""
        import highspy

        highs, names = self._highs, list(self._rows.named)
        for column in range(self._rows.columns):
            highs.changeColCost(column, 0.0)
        first = self._rows.columns
        for name in names:
            row = self._rows.named[name]
            most = abs(highs.getLp().row_upper_[row])
            highs.addCol(
                1.0 / max(most, 1.0), 0.0, np.inf, 1, np.array([row], dtype=np.int32), np.array([-1.0])
            )
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return []
        values = highs.getSolution().col_value[first:]
        return [name for name, value in zip(names, values, strict=True) if value > 1e-6]


def _highs(seconds: float) -> "highspy.Highs":
    try:
        import highspy
    except ImportError as error:
        raise LocalError(
            "continuity-solver-missing",
            "Optimising needs HiGHS, which is not installed.",
            hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[continuity]'",
        ) from error
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {"output_flag": False, "time_limit": seconds, "threads": 1, "random_seed": 1}
    for name, value in options.items():
        highs.setOptionValue(name, value)
    return highs


def _model(rows: Rows) -> "highspy.HighsLp":
    import highspy

    at_row, at_column, value = (np.concatenate([cell[part] for cell in rows.cells]) for part in range(3))
    order = np.lexsort((at_row, at_column))
    starts = np.searchsorted(at_column[order], np.arange(rows.columns + 1))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = rows.columns, rows.rows
    model.col_cost_ = np.concatenate(rows.cost)
    model.col_lower_, model.col_upper_ = np.concatenate(rows.low), np.concatenate(rows.high)
    model.row_lower_, model.row_upper_ = np.concatenate(rows.row_low), np.concatenate(rows.row_high)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = starts.astype(np.int32)
    model.a_matrix_.index_ = at_row[order].astype(np.int32)
    model.a_matrix_.value_ = value[order].astype(float)
    if rows.whole:
        kinds = [highspy.HighsVarType.kContinuous] * rows.columns
        for column in rows.whole:
            kinds[column] = highspy.HighsVarType.kInteger
        model.integrality_ = kinds
    return model
