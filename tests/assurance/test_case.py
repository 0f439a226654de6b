"""The case on a running chain: genuine parts hold, every mutant is caught, and what was seen is signed."""

from pathlib import Path

import pytest

from meterkast.assurance import case
from meterkast.assurance.case import Standing, mission, pack
from meterkast.assurance.case.claim import load_claims
from meterkast.assurance.case.mission import State
from meterkast.assurance.case.record import Record
from meterkast.assurance.case.reference import Kind
from meterkast.assurance.probes import PROBES
from meterkast.model.errors import DataError

pytestmark = pytest.mark.processes


async def test_the_case_runs_and_every_mutant_is_caught(tmp_path: Path) -> None:
    said: list[str] = []
    states = await case.run(tmp_path, on_progress=said.append)
    assert {state.id: state.status for state in states} == {claim.id: "proven" for claim in load_claims()}
    assert {state.status for state in case.status(tmp_path)} == {"proven"}
    statements = [entry.statement for entry in Record(tmp_path).entries()]
    seen = {each.reference.name: each.own for each in statements if each.reference.kind is Kind.PROBE}
    assert set(seen) == {claim.probe for claim in load_claims()}
    for name, own in seen.items():
        assert own["genuine"]["holds"]
        assert own["genuine"]["observed"] > 0
        assert len(own["mutants"]) == len(PROBES[name].mutants) > 0
        assert not any(each["holds"] for each in own["mutants"].values())
    assert len({each.run for each in statements}) == 1
    assert len(said) >= 4
    _can_be_handed_on(tmp_path)


def _can_be_handed_on(site: Path) -> None:
    """The pack verifies, and no row of the mission is open any more."""
    standing = Standing.at(site)
    document = pack.make(Record(site), standing.judged, dossier="test", now=standing.sources.now)
    assert pack.verify(document, trusted=(document["signer"],), now=standing.sources.now) == []
    stated = mission.states(mission.load(), standing.resolve)
    assert [each.row.id for each in stated if each.state is State.OPEN] == []
    assert sum(each.state is State.PROVEN for each in stated) >= 14


async def test_a_claim_can_be_proven_alone_and_the_rest_stays_open(tmp_path: Path) -> None:
    states = await case.run(tmp_path, only=["nobody-reads-along"])
    assert {state.id for state in states if state.status == "proven"} == {"nobody-reads-along"}
    assert {state.status for state in states if state.id != "nobody-reads-along"} == {"open"}


async def test_an_unknown_claim_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        await case.run(tmp_path, only=["module-is-made-of-gold"])
    assert caught.value.code == "claim-unknown"
    assert not any(tmp_path.iterdir())
