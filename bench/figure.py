"""One measured figure, and how figures are shown."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measurement with its goal.

    Attributes:
        name: stable name, ``chain.demo-12x2``.
        value: what was measured, in ``unit``.
        goal: the goal in the same unit; None where nothing was promised.
        against: what was measured beside it in the same run, with its value.
        more_is_better: whether the goal is a floor; else it is a ceiling.
    """

    name: str
    value: float
    unit: str
    goal: float | None
    against: str
    more_is_better: bool = False

    @property
    def holds(self) -> bool:
        """Whether the goal is met; true where there is none."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal


def as_json(figures: Sequence[Figure]) -> str:
    """``{"figures": [...]}`` as the front door promises it."""
    rows = [{**asdict(figure), "holds": figure.holds} for figure in figures]
    return json.dumps({"figures": rows}, indent=2)


def as_text(figures: Sequence[Figure]) -> str:
    """A table for people; a missed goal is said in words."""
    lines = []
    for figure in figures:
        relation = "at least" if figure.more_is_better else "at most"
        goal = "no goal" if figure.goal is None else f"{relation} {figure.goal:g}"
        verdict = "" if figure.goal is None else ("holds" if figure.holds else "FALLS SHORT")
        measured = f"{figure.name:28} {figure.value:10.3g} {figure.unit:10}"
        lines.append(f"{measured} {goal:14} {verdict:12} {figure.against}".rstrip())
    return "\n".join(lines)
