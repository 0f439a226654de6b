"""Who owns how much through all layers, and who directs whom: two questions with two answers.

Interest is arithmetic: with A the direct shares, everything held through any number of layers is A + A² + … =
A(I - A)⁻¹. Control is no share: it follows chains of majorities, taken together where one party directs
several owners, and documented means such as a golden share. Where statements contradict one another both
answers can be had, and the worst is the one that drives.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import networkx as nx
import numpy as np

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.party import Means, Ownership
from meterkast.model.errors import DataError


class Reading(StrEnum):
    """Which of several statements about one tie is taken as true.

    Worst: the one that gives the owner most, and a tie without a figure may be control.
    Mildest: the one that gives it least, and a tie without a figure gives nothing.
    """

    WORST = "worst"
    MILDEST = "mildest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One party directs another.

    Attributes:
        controller: the party at the top.
        party: the party that is directed.
        links: the statements it follows from, from the top down.
        sure: whether it holds in the mildest reading too.
    """

    controller: str
    party: str
    links: tuple[Ownership, ...]
    sure: bool


def disputed(dossier: Dossier) -> tuple[tuple[Ownership, Ownership], ...]:
    """Pairs of statements about one tie that cannot both be true."""
    return tuple(pair for pair in combinations(dossier.ownerships, 2) if pair[0].contradicts(pair[1]))


def direct(dossier: Dossier, reading: Reading = Reading.WORST) -> tuple[Ownership, ...]:
    """One statement for each tie, chosen by the reading."""
    ties: dict[tuple[str, str], list[Ownership]] = {}
    for statement in dossier.ownerships:
        ties.setdefault((statement.owner, statement.owned), []).append(statement)
    choose = max if reading is Reading.WORST else min
    return tuple(
        choose(statements, key=lambda one: (one.controls, one.least)) for statements in ties.values()
    )


def integrated(dossier: Dossier, reading: Reading = Reading.WORST) -> dict[str, dict[str, float]]:
    """Interest of each owner in each party through all layers, 0 to 1; at least, where a share has no figure.

    Raises:
        DataError: ``dossier-ownership-closed``; parties that own one another entirely have no outside owner.
    """
    ties = direct(dossier, reading)
    names = sorted({name for tie in ties for name in (tie.owner, tie.owned)})
    if not names:
        return {}
    place = {name: index for index, name in enumerate(names)}
    shares = np.zeros((len(names), len(names)))
    for tie in ties:
        shares[place[tie.owner], place[tie.owned]] = tie.least
    if max(abs(np.linalg.eigvals(shares))) >= 1 - 1e-9:
        raise DataError(
            "dossier-ownership-closed",
            "Parties own one another entirely, so no interest can be computed.",
            where="parties.toml: ownership",
        )
    interest = np.linalg.solve((np.eye(len(names)) - shares).T, shares.T).T
    return {
        owner: {owned: float(interest[i, j]) for owned, j in place.items() if interest[i, j] > 0}
        for owner, i in place.items()
        if interest[i].any()
    }


def controllers(dossier: Dossier, party: str, reading: Reading = Reading.WORST) -> tuple[Control, ...]:
    """Everybody who directs a party, by whatever chain; the chain says by which statements."""
    worst = direct(dossier, reading)
    mildest = direct(dossier, Reading.MILDEST)
    found = []
    for owner in sorted({tie.owner for tie in worst} - {party}):
        links = _chain(owner, party, worst, suspect=reading is Reading.WORST)
        if links:
            sure = bool(_chain(owner, party, mildest, suspect=False))
            found.append(Control(controller=owner, party=party, links=links, sure=sure))
    return tuple(found)


def loops(dossier: Dossier) -> tuple[tuple[str, ...], ...]:
    """Groups of parties that own one another, or one that owns itself."""
    graph = nx.DiGraph([(tie.owner, tie.owned) for tie in dossier.ownerships])
    groups = [tuple(sorted(group)) for group in nx.strongly_connected_components(graph)]
    return tuple(sorted(group for group in groups if len(group) > 1 or graph.has_edge(group[0], group[0])))


def _chain(owner: str, party: str, ties: Iterable[Ownership], *, suspect: bool) -> tuple[Ownership, ...]:
    """The statements by which ``owner`` directs ``party``, from the top; empty where it does not."""
    by_owned: dict[str, list[Ownership]] = {}
    for tie in ties:
        by_owned.setdefault(tie.owned, []).append(tie)
    directed: dict[str, tuple[Ownership, ...]] = {owner: ()}
    grown = True
    while grown and party not in directed:
        grown = False
        for owned, held in by_owned.items():
            ours = [tie for tie in held if tie.owner in directed]
            if owned not in directed and _directs(ours, suspect=suspect):
                above = dict.fromkeys(link for tie in ours for link in directed[tie.owner])
                directed[owned] = (*above, *ours)
                grown = True
    return directed.get(party, ())


def _directs(ties: Iterable[Ownership], *, suspect: bool) -> bool:
    """Whether these ties in one hand give control; ``suspect`` also takes a tie without a figure."""
    held = list(ties)
    if any(tie.controls or (suspect and tie.share.value is None) for tie in held):
        return True
    return sum(tie.least for tie in held if tie.means is Means.SHARE) > 0.5
