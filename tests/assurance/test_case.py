"""The case on a running chain: genuine parts hold, and every mutant is caught."""

import json
from pathlib import Path

import pytest

from meterkast.assurance import case
from meterkast.assurance.probes import PROBES
from meterkast.model.errors import DataError

pytestmark = pytest.mark.processes


async def test_the_case_runs_and_every_mutant_is_caught(tmp_path: Path) -> None:
    said: list[str] = []
    states = await case.run(tmp_path, on_progress=said.append)
    assert {state.id: state.status for state in states} == {
        "module-has-no-switch": "proven",
        "nobody-reads-along": "proven",
        "data-path-avoids-module": "proven",
    }
    assert [state.status for state in case.status(tmp_path)] == ["proven"] * 3
    lines = (tmp_path / "assurance" / "evidence.jsonl").read_text().splitlines()
    for line in map(json.loads, lines):
        assert line["genuine"]["holds"]
        assert line["genuine"]["observed"] > 0
        assert len(line["mutants"]) == len(PROBES[line["probe"]].mutants) > 0
        assert not any(seen["holds"] for seen in line["mutants"].values())
    assert len(said) >= 4


async def test_a_claim_can_be_proven_alone_and_the_rest_stays_open(tmp_path: Path) -> None:
    states = await case.run(tmp_path, only=["nobody-reads-along"])
    assert {state.id: state.status for state in states} == {
        "module-has-no-switch": "open",
        "nobody-reads-along": "proven",
        "data-path-avoids-module": "open",
    }


async def test_an_unknown_claim_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        await case.run(tmp_path, only=["module-is-made-of-gold"])
    assert caught.value.code == "claim-unknown"
    assert not any(tmp_path.iterdir())
