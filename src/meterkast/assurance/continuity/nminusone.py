"""The N-1 table: take away each party and each shared part once, at the median, and see what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.draws import Draws, certain
from meterkast.assurance.continuity.engine import flow
from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.scenario import Node, Scenario
from meterkast.assurance.continuity.takeover import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing taken away.

    Attributes:
        kind: ``vendor``, ``shared-part``, ``part`` or ``party``.
        shortfall: modules behind the plan at the worst moment; None where nothing can be computed.
        survive: weeks the buffer lasts; None where it lasts.
        takeover: weeks until 100 % again; None where nobody takes over.
        outcome: ``pass`` (nobody is delayed), ``fail``, or ``open`` where an input is missing.
    """

    id: str
    kind: str
    name: str
    shortfall: int | None
    survive: float | None
    takeover: float | None
    outcome: str
    explanation: Explanation


def n_minus_one(scenario: Scenario, week: int | None = None) -> tuple[Row, ...]:
    """The table: both vendors for good, each node for its median outage, and the other components' parties.

    Args:
        scenario: the buffer counts where it is stated; without it every loss stays open.
        week: when it happens; the middle of the term where it is None.
    """
    begins = float(scenario.weeks // 2 if week is None else week)
    rows = [_vendor(scenario.losing(vendor.id), begins) for vendor in scenario.vendors]
    rows += _nodes(scenario, begins)
    rows += [_party(party.id, party.component, party.name, party.alternatives) for party in scenario.parties]
    return tuple(rows)


def _vendor(scenario: Scenario, begins: float) -> Row:
    lost, other = scenario.lost, scenario.other
    if other.lead is None or other.ramp is None:
        return Row(
            id=lost.id,
            kind="vendor",
            name=lost.name,
            shortfall=None,
            survive=None,
            takeover=None,
            outcome="open",
            explanation=Explanation(
                nl=f"Geen aanloop- of opschaaltijd van {other.name} vermeld.",
                en=f"No lead or ramp time of {other.name} is stated.",
            ),
        )
    draws = certain(
        scenario.weeks, start=begins, takeover=begins + other.lead.median, ramp=max(other.ramp.median, 1.0)
    )
    weeks = other.lead.median + other.ramp.median
    return _row(scenario, lost.id, "vendor", lost.name, _path(scenario, draws, 0), begins, weeks)


def _nodes(scenario: Scenario, begins: float) -> list[Row]:
    """All shared parts in one pass of the model."""
    if not scenario.nodes:
        return []
    lost, other = scenario.lost.id, scenario.other.id
    outages = np.array([np.ceil(node.outage.median) for node in scenario.nodes])
    draws = certain(
        scenario.weeks,
        runs=len(scenario.nodes),
        node_start=begins,
        node_end=begins + outages,
        node_lost=np.array([node.depends.get(lost, 0.0) for node in scenario.nodes]),
        node_other=np.array([node.depends.get(other, 0.0) for node in scenario.nodes]),
    )
    paths = flow(scenario, fleet(scenario), draws).shortfall
    return [
        _row(scenario, node.id, _kind(node), node.name, paths[:, place], begins, None)
        for place, node in enumerate(scenario.nodes)
    ]


def _kind(node: Node) -> str:
    return "shared-part" if sum(part > 0 for part in node.depends.values()) > 1 else "part"


def _path(scenario: Scenario, draws: Draws, run: int) -> npt.NDArray[np.float64]:
    return flow(scenario, fleet(scenario), draws).shortfall[:, run]


def _row(
    scenario: Scenario,
    row_id: str,
    kind: str,
    name: str,
    path: Sequence[float] | npt.NDArray[np.float64],
    begins: float,
    takeover: float | None,
) -> Row:
    short = np.asarray(path)
    peak, buffer = int(short.max()), scenario.buffer or 0
    over = short > buffer
    survive = float(over.argmax()) - begins if over.any() else None
    if peak == 0 or (scenario.buffer is not None and peak <= buffer):
        outcome = "pass"
    else:
        outcome = "open" if scenario.buffer is None else "fail"
    return Row(
        id=row_id,
        kind=kind,
        name=name,
        shortfall=peak,
        survive=survive,
        takeover=takeover,
        outcome=outcome,
        explanation=_explained(outcome, peak, scenario.buffer),
    )


def _explained(outcome: str, peak: int, buffer: int | None) -> Explanation:
    if outcome == "pass":
        return Explanation(
            nl=f"De buffer vangt de achterstand van {peak} modules op.",
            en=f"The buffer takes the shortfall of {peak} modules.",
        )
    if buffer is None:
        return Explanation(
            nl=f"Geen buffer vermeld; nodig zijn {peak} modules.",
            en=f"No buffer stated; {peak} modules are needed.",
        )
    return Explanation(
        nl=(
            f"{peak - buffer} installaties worden uitgesteld: {peak} modules achterstand, {buffer} "
            "op voorraad."
        ),
        en=f"{peak - buffer} installations are delayed: {peak} modules short, {buffer} in stock.",
    )


def _party(party: str, component: str, name: str, alternatives: int | None) -> Row:
    if alternatives is None:
        outcome, nl, en = "open", "Geen tweede bron vermeld.", "No second source is stated."
    elif alternatives == 0:
        outcome, nl, en = (
            "fail",
            "Enige bron: geen andere partij kan dit overnemen (single point of failure).",
            "Only source: no other party can take this over (single point of failure).",
        )
    else:
        outcome, nl, en = (
            "open",
            "Tweede bron aanwezig; aanlooptijd, capaciteit en buffer zijn niet vermeld.",
            "There is a second source; its lead time, capacity and buffer are not stated.",
        )
    return Row(
        id=party,
        kind="party",
        name=f"{component} {name}",
        shortfall=None,
        survive=None,
        takeover=None,
        outcome=outcome,
        explanation=Explanation(nl=nl, en=en),
    )
