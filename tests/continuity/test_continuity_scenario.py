"""Scenario files: what is wrong is named with its field, and another dossier changes every answer."""

from pathlib import Path

import pytest

from meterkast.assurance.continuity import loading
from meterkast.assurance.continuity.answers import run
from meterkast.assurance.continuity.demand import demand
from meterkast.assurance.continuity.nminusone import n_minus_one
from meterkast.assurance.continuity.scenario import Confidence
from meterkast.model.errors import DataError

WHAT_IF = 'source = "test", confidence = "assumption"'

INVENTED = f"""
extends = "assumed"
[scenario]
id = "invented"
nl = "Verzonnen"
en = "Invented"
[contract]
start = {{ value = 2030-04-01, {WHAT_IF} }}
modules = {{ value = 1000003, {WHAT_IF} }}
base_years = {{ value = 5, {WHAT_IF} }}
[[vendor]]
id = "A"
name = "Noordlicht Meters"
share = {{ value = 0.7, {WHAT_IF} }}
[[vendor]]
id = "B"
name = "Zuiderzee Instrumenten"
share = {{ value = 0.3, {WHAT_IF} }}
lead = {{ median = 8, sigma = 0.1, {WHAT_IF} }}
[stock]
buffer = {{ value = 90000, {WHAT_IF} }}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def over(text: str) -> str:
    return f'extends = "assumed"\n{text}'


def test_packaged_scenarios_are_without_fault() -> None:
    assert loading.names() == ("assumed", "dossier", "stressed")
    for name in loading.names():
        assert loading.validate(name) == []
        scenario = loading.load(name)
        assert scenario.modules == 7_933_740
        assert all(each.source for each in scenario.provenance)


def test_nothing_assumed_is_hidden() -> None:
    """Every number of the packaged scenario stands in the list of inputs with its mark."""
    scenario = loading.load("assumed")
    fields = {each.field: each for each in scenario.provenance}
    assert fields["vendor[B].lead"].confidence is Confidence.ASSUMPTION
    assert fields["contract.modules"].confidence is Confidence.VERIFIED
    assert fields["stock.buffer"].confidence is Confidence.NOT_STATED
    assert fields["stock.buffer"].note == "geen buffer vermeld"
    assert {"prices.waiting_monthly", "disruption.permanent", "limits.split"} <= set(scenario.assumed)


def test_another_dossier_gives_other_answers(tmp_path: Path) -> None:
    scenario = loading.load(written(tmp_path, INVENTED))
    assert demand(scenario).total.sum() == 1_000_003
    assert scenario.weeks == 260
    assert scenario.lost.name == "Noordlicht Meters"
    own, packaged = run(scenario, 1, 1024), run(loading.load("assumed"), 1, 1024)
    assert own.buffer_needed.value != packaged.buffer_needed.value
    assert own.takeover.value < packaged.takeover.value
    assert own.run_id.startswith("invented-")
    names = {row.name for row in n_minus_one(scenario)}
    assert "Zuiderzee Instrumenten" in names


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (
            f'[[vendor]]\nid = "A"\nshare = {{ value = 0.7, {WHAT_IF} }}',
            "continuity-shares-wrong",
            "vendor.share",
        ),
        (
            f'[[operator]]\nid = "enexis"\nshare = {{ value = 0.5, {WHAT_IF} }}',
            "continuity-shares-wrong",
            "operator",
        ),
        (f"[stock]\nbuffer = {{ value = -1, {WHAT_IF} }}", "continuity-value-wrong", "stock.buffer"),
        (f"[contract]\nmodules = {{ value = -5, {WHAT_IF} }}", "continuity-value-wrong", "contract.modules"),
        (
            '[stock]\nbuffer = { value = 5, confidence = "assumption" }',
            "continuity-source-missing",
            "stock.buffer",
        ),
        ('[stock]\nbuffer = { value = 5, source = "x" }', "continuity-source-missing", "stock.buffer"),
        ("[stock]\nbuffer = 5", "continuity-source-missing", "stock.buffer"),
        (
            f'[[vendor]]\nid = "C"\nname = "C"\nshare = {{ value = 0.0, {WHAT_IF} }}',
            "continuity-vendors-wrong",
            "vendor",
        ),
        (f'[disruption]\nlost = {{ value = "Z", {WHAT_IF} }}', "continuity-value-wrong", "disruption.lost"),
        (
            f'[disruption]\nchannels = {{ value = ["war"], {WHAT_IF} }}',
            "continuity-value-wrong",
            "disruption.channels",
        ),
        (
            f"[disruption]\nearliest_week = {{ value = -4, {WHAT_IF} }}",
            "continuity-value-wrong",
            "earliest_week",
        ),
        (
            f"[limits]\nsplit = {{ low = 0.7, high = 0.4, {WHAT_IF} }}",
            "continuity-value-wrong",
            "limits.split",
        ),
        (
            "[bridge]\n"
            f"supply = {{ earliest = 2028-01-01, mode = 2027-01-01, latest = 2029-01-01, {WHAT_IF} }}",
            "continuity-value-wrong",
            "bridge.supply",
        ),
        (
            f'[contract]\nstart = {{ value = "soon", {WHAT_IF} }}',
            "continuity-field-missing",
            "contract.start",
        ),
        (f"[service]\ntarget = {{ value = inf, {WHAT_IF} }}", "continuity-value-wrong", "service.target"),
        (f"[stock]\nbuffer = {{ value = true, {WHAT_IF} }}", "continuity-value-wrong", "stock.buffer"),
        (
            f"[limits]\nsplit_costs = {{ points = [[0.4, 5.0], [0.5, 9.0], [0.6, 9.5]], {WHAT_IF} }}",
            "continuity-value-wrong",
            "limits.split_costs",
        ),
    ],
)
def test_a_fault_names_file_and_field(tmp_path: Path, text: str, code: str, field: str) -> None:
    path = written(tmp_path, over(text))
    with pytest.raises(DataError) as caught:
        loading.load(path)
    assert caught.value.code == code
    assert str(path) in (caught.value.where or "")
    assert field in (caught.value.where or "")
    assert any(field in finding.message for finding in loading.validate(path))


def test_all_faults_are_found_in_one_reading(tmp_path: Path) -> None:
    path = written(tmp_path, over(f"[stock]\nbuffer = 5\n[contract]\nmodules = {{ value = -5, {WHAT_IF} }}"))
    assert {finding.code for finding in loading.validate(path)} == {
        "continuity-source-missing",
        "continuity-value-wrong",
    }


@pytest.mark.parametrize("text", ["= not toml", "extends = 'nobody'", 'vendor = 5\nextends = "assumed"', ""])
def test_what_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError):
        loading.load(written(tmp_path, text))


def test_unknown_names_and_files() -> None:
    with pytest.raises(DataError, match="no scenario"):
        loading.load("nobody")
    with pytest.raises(DataError, match="cannot be read"):
        loading.load(Path("/nowhere/own.toml"))
