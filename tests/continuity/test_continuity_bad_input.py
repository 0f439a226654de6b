"""Bad input at the command line: ends with 3, and the finding names file and field."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meterkast.assurance.continuity import loading, programme
from meterkast.console.cli.app import app
from meterkast.model.errors import DataError

RUNNER = CliRunner()
MARKS = 'source = "test", confidence = "assumption"'


def _written(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(f'extends = "assumed"\n{text}\n', encoding="utf-8")
    return path


def _error(*arguments: str) -> dict[str, str]:
    """What the command says of its end, which must be 3 and without a traceback."""
    result = RUNNER.invoke(app, ["continuity", *arguments, "--json", "--quiet"])
    assert result.exit_code == 3, result.stdout
    assert "Traceback" not in result.stderr
    error: dict[str, str] = json.loads(result.stdout)["error"]
    return error


def _share(table: str, row: str, share: float) -> str:
    return f'[[{table}]]\nid = "{row}"\nshare = {{ value = {share}, {MARKS} }}'


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (_share("vendor", "A", 0.61), "continuity-shares-wrong", "vendor.share"),
        (_share("vendor", "A", 0.5999999), "continuity-shares-wrong", "vendor.share"),
        (_share("vendor", "A", -0.6), "continuity-value-wrong", "vendor[A].share"),
        (_share("operator", "enexis", 0.32), "continuity-shares-wrong", "operator.share"),
        (f"[stock]\nbuffer = {{ value = -1, {MARKS} }}", "continuity-value-wrong", "stock.buffer"),
        (
            f"[limits]\nbuffer_most = {{ value = -1, {MARKS} }}",
            "continuity-value-wrong",
            "limits.buffer_most",
        ),
        (
            f"[disruption]\nearliest_week = {{ value = -1, {MARKS} }}",
            "continuity-value-wrong",
            "disruption.earliest_week",
        ),
        (
            f"[disruption]\nearliest_week = {{ value = 365, {MARKS} }}",
            "continuity-value-wrong",
            "disruption.earliest_week",
        ),
        (
            f"[disruption]\nearliest_week = {{ value = 2000, {MARKS} }}",
            "continuity-value-wrong",
            "disruption.earliest_week",
        ),
        (
            '[[vendor]]\nid = "B"\nlead = { median = 4, confidence = "assumption" }',
            "continuity-source-missing",
            "vendor[B].lead",
        ),
        (
            '[[vendor]]\nid = "B"\nlead = { median = 4, source = " ", confidence = "assumption" }',
            "continuity-source-missing",
            "vendor[B].lead",
        ),
        ("[prices]\nunit = 74.68", "continuity-source-missing", "prices.unit"),
        (
            '[contract]\nmodules = { value = 5000, source = "S3:38", confidence = "sure" }',
            "continuity-source-missing",
            "contract.modules",
        ),
    ],
)
def test_a_fault_in_the_file_names_file_and_field(tmp_path: Path, text: str, code: str, field: str) -> None:
    path = _written(tmp_path, text)
    error = _error("run", str(path))
    assert error["code"] == code
    assert error["where"] == f"{path}: {field}"
    assert any(found.code == code and field in found.message for found in loading.validate(path))


def test_the_last_week_that_can_be_struck_is_no_fault(tmp_path: Path) -> None:
    path = _written(tmp_path, f"[disruption]\nearliest_week = {{ value = 364, {MARKS} }}")
    assert loading.validate(path) == []


@pytest.mark.parametrize("day", ["2020-01-01", "2027-09-30", "2035-09-30"])
def test_a_day_outside_the_contract_is_named(day: str) -> None:
    error = _error("run", "--runs", "64", "--order", day)
    assert error["code"] == "continuity-day-outside-contract"
    assert error["where"] == "order.day"
    assert "2027-10-01" in error["message"]


def test_a_lead_that_no_document_states_is_named_with_its_file() -> None:
    error = _error("optimise", "dossier")
    assert error["code"] == "continuity-input-missing"
    assert error["where"] == "dossier.toml: vendor[B].lead"


def test_a_programme_that_does_not_converge_is_named_with_its_file(tmp_path: Path) -> None:
    path = _written(tmp_path, f"[limits]\nseconds = {{ value = 0, {MARKS} }}")
    error = _error("optimise", str(path), "--scenarios", "40")
    assert error["code"] == "continuity-programme-not-converged"
    assert error["where"] == f"{path}: limits.seconds"


@pytest.mark.parametrize("aim", ["expected", "cvar", "robust"])
@pytest.mark.parametrize(
    "limits",
    [{"waiting_most": 0, "reserve_most": 0, "buffer_most": 0}, {"waiting_most": 10, "budget_most": 1000}],
    ids=["nothing-to-buy", "no-money"],
)
def test_an_infeasible_programme_names_what_must_give_way(
    tmp_path: Path, limits: dict[str, int], aim: str
) -> None:
    """What is named is among the limits that cannot be met together, and widening it helps."""
    rows = {name: f"{name} = {{ value = {value}, {MARKS} }}" for name, value in limits.items()}
    path = _written(tmp_path, "\n".join(["[limits]", *rows.values()]))
    error = _error("optimise", str(path), "--scenarios", "20", "--aim", aim)
    assert error["code"] == "continuity-programme-infeasible"
    file, fields = error["where"].split(": ")
    named = {field.removeprefix("limits.") for field in fields.split(", ")}
    assert file == str(path)
    assert named <= set(limits)
    path = _written(tmp_path, "\n".join(["[limits]", *(rows[name] for name in set(limits) - named)]))
    programme.optimise(loading.load(path), programme.Aim(aim), scenarios=20)


def test_an_infeasible_chance_form_names_its_limit(tmp_path: Path) -> None:
    path = _written(tmp_path, f"[limits]\nbudget_most = {{ value = 1000, {MARKS} }}")
    error = _error("optimise", str(path), "--scenarios", "20", "--aim", "chance")
    assert error["code"] == "continuity-programme-infeasible"
    assert error["where"] in {f"{path}: limits.budget_most", f"{path}: service.target"}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        loading.load(tmp_path / "none.toml")
    assert caught.value.where == str(tmp_path / "none.toml")
