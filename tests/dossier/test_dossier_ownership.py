"""Interest through layers and loops, control by chains, and the worst case where statements differ."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance.dossier import Dossier, Fact, Ref, load
from meterkast.assurance.dossier.ownership import Reading, controllers, disputed, integrated, loops
from meterkast.assurance.dossier.party import MAJORITY, Means, Ownership
from meterkast.model.errors import DataError

INVENTED = Path(__file__).parent / "invented"
HERE = Ref(source="B", line=1)


def tie(owner: str, owned: str, share: float | str | None, means: Means = Means.SHARE) -> Ownership:
    return Ownership(
        id=f"{owner}>{owned}:{share}",
        owner=owner,
        owned=owned,
        share=Fact(value=share, ref=HERE),
        means=means,
    )


def world(*ties: Ownership) -> Dossier:
    return replace(load(INVENTED), ownerships=ties)


def test_a_pyramid_gives_little_interest_and_full_control() -> None:
    dossier = world(tie("a", "b", 0.6), tie("b", "c", 0.6))
    assert integrated(dossier)["a"]["c"] == pytest.approx(0.36)
    control = {one.controller: one for one in controllers(dossier, "c")}
    assert control["a"].sure
    assert [link.id for link in control["a"].links] == ["a>b:0.6", "b>c:0.6"]


def test_removing_an_edge_changes_the_interest_and_the_explanation() -> None:
    dossier = world(tie("b", "c", 0.6))
    assert "a" not in integrated(dossier)
    assert [one.controller for one in controllers(dossier, "c")] == ["b"]


def test_a_loop_converges() -> None:
    """b and c hold 20 % and 50 % of one another: the series 0.6 / (1 - 0.1) in closed form."""
    dossier = world(tie("a", "b", 0.6), tie("b", "c", 0.5), tie("c", "b", 0.2))
    assert integrated(dossier)["a"]["b"] == pytest.approx(0.6 / 0.9)
    assert integrated(dossier)["a"]["c"] == pytest.approx(0.3 / 0.9)
    assert loops(dossier) == (("b", "c"),)


def test_a_closed_loop_has_no_interest() -> None:
    with pytest.raises(DataError) as refused:
        integrated(world(tie("a", "b", 1.0), tie("b", "a", 1.0)))
    assert refused.value.code == "dossier-ownership-closed"


def test_two_hands_of_one_body_control_together() -> None:
    dossier = world(tie("a", "b", 0.6), tie("a", "c", 0.6), tie("b", "d", 0.3), tie("c", "d", 0.3))
    assert [one.controller for one in controllers(dossier, "d")] == ["a"]


def test_half_is_no_majority() -> None:
    assert controllers(world(tie("a", "b", 0.5)), "b") == ()


def test_a_golden_share_controls_without_interest() -> None:
    dossier = world(tie("a", "b", 0.0, Means.GOLDEN_SHARE))
    assert [one.controller for one in controllers(dossier, "b")] == ["a"]
    assert integrated(dossier).get("a", {}).get("b", 0.0) == 0.0


def test_the_worst_statement_drives_and_the_mildest_is_shown() -> None:
    dossier = world(tie("a", "b", MAJORITY), tie("a", "b", 0.35))
    assert len(disputed(dossier)) == 1
    assert integrated(dossier, Reading.WORST)["a"]["b"] == 0.5
    assert integrated(dossier, Reading.MILDEST)["a"]["b"] == 0.35
    assert [(one.controller, one.sure) for one in controllers(dossier, "b")] == [("a", False)]
    assert controllers(dossier, "b", Reading.MILDEST) == ()


def test_a_majority_and_a_figure_above_half_agree() -> None:
    assert disputed(world(tie("a", "b", MAJORITY), tie("a", "b", 0.51))) == ()
    assert len(disputed(world(tie("a", "b", 0.4), tie("a", "b", 0.41)))) == 1
    assert disputed(world(tie("a", "b", None), tie("a", "b", 0.41))) == ()


def test_the_packaged_chain_is_possible_and_not_sure() -> None:
    chains = {one.controller: one for one in controllers(load(), "kaifa-nl")}
    assert set(chains) == {"kaifa", "cec"}
    assert not any(one.sure for one in chains.values())
    assert [link.id for link in chains["cec"].links] == ["cec-kaifa-press", "kaifa-kaifa-nl"]
    assert controllers(load(), "kaifa-nl", Reading.MILDEST) == ()
    assert controllers(load(), "sagemcom") == ()


@given(st.lists(st.floats(0.0, 0.19, allow_subnormal=False), min_size=25, max_size=25))
def test_interest_is_the_sum_of_all_ways(shares: list[float]) -> None:
    """N = A + A² + …, added up by hand over any network, loops included."""
    names = [f"p{index}" for index in range(5)]
    direct = np.array(shares).reshape(5, 5)
    dossier = world(*(tie(names[i], names[j], float(direct[i, j])) for i in range(5) for j in range(5)))
    way, whole = direct.copy(), direct.copy()
    for _ in range(2000):
        way = way @ direct
        whole += way
        if way.max() < 1e-15:
            break
    found = integrated(dossier)
    for i in range(5):
        for j in range(5):
            assert found.get(names[i], {}).get(names[j], 0.0) == pytest.approx(
                whole[i, j], rel=1e-6, abs=1e-9
            )
