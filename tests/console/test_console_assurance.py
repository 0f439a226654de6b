"""``meterkast assurance`` as people and machines meet it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from meterkast.assurance.case import refresh
from meterkast.console.cli.app import app
from meterkast.console.exits import Exit


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["assurance", *arguments])


@pytest.fixture
def site(tmp_path: Path) -> str:
    refresh(tmp_path)
    return str(tmp_path)


def test_the_status_is_a_tree_with_signs_words_and_reasons(site: str) -> None:
    result = ask("status", "--site", site)
    assert result.exit_code == Exit.FAILED
    assert "? open      The purchase of the measurement module" in result.stdout
    assert "  ? open      The measurement module cannot touch" in result.stdout
    assert "↳ probe:no_switch: not run yet; run: meterkast assurance run" in " ".join(result.stdout.split())
    assert "no legal advice" in result.stdout


def test_it_speaks_dutch(site: str) -> None:
    result = ask("status", "--lang", "nl", "--site", site)
    assert "De inkoop van de meetmodule" in result.stdout
    assert "geen juridisch advies" in result.stdout


def test_one_claim_is_shown_with_its_evidence_and_defeaters(site: str) -> None:
    result = ask("status", "state-influence-weighed", "--site", site)
    assert "rule:RISK-TRIGGER" in result.stdout
    assert "gap:G1" in result.stdout
    assert "een van de redenen geweest" in " ".join(result.stdout.split())
    document = json.loads(ask("status", "state-influence-weighed", "--json", "--site", site).stdout)
    assert [each["id"] for each in document["case"]] == ["state-influence-weighed"]
    assert document["case"][0]["defeaters"][0]["state"] == "holds"


def test_an_unknown_claim_is_bad_input(site: str) -> None:
    for command in ("status", "diagram"):
        result = ask(command, "module-is-made-of-gold", "--json", "--site", site)
        assert result.exit_code == Exit.BAD_INPUT
        assert json.loads(result.stdout)["error"]["code"] == "claim-unknown"


def test_the_mission_is_a_list_of_167_rows(tmp_path: Path) -> None:
    result = ask("mission", "--json", "--site", str(tmp_path))
    rows = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert len(rows) == 167
    assert all({"id", "state", "where"} <= row.keys() and row["where"] for row in rows)
    assert {row["state"] for row in rows} <= {"proven", "computed", "recorded", "asserted", "sealed"}


def test_the_mission_is_told_row_by_row_and_counted(site: str) -> None:
    result = ask("mission", "--lang", "nl", "--site", site)
    assert "M137" in result.stdout
    assert "167 rijen:" in result.stdout
    one = ask("mission", "M137", "--site", site).stdout
    assert "model:continuity.take-over" in one
    assert "lead time" in one


def test_a_state_that_is_none_is_bad_input(site: str) -> None:
    result = ask("mission", "--state", "shiny", "--json", "--site", site)
    assert json.loads(result.stdout)["error"]["code"] == "state-unknown"


def test_a_pack_goes_out_and_verifies_and_a_forged_one_does_not(site: str, tmp_path: Path) -> None:
    path = tmp_path / "case.pack.json"
    assert ask("export", "pack", "-o", str(path), "--site", site).exit_code == Exit.DONE
    assert ask("verify", str(path)).exit_code == Exit.DONE
    told = json.loads(ask("verify", str(path), "--json").stdout)
    assert told["verified"]
    assert json.loads(ask("verify", str(path), "--json", "--signer", told["signer"]).stdout)["findings"] == []
    document = json.loads(path.read_text())
    document["entries"].pop()
    path.write_text(json.dumps(document))
    result = ask("verify", str(path))
    assert result.exit_code == Exit.FAILED
    assert "[pack-truncated]" in result.stdout


@pytest.mark.parametrize(
    ("notation", "sign"),
    [("ltac", "- Claim no-"), ("cyclonedx", '"CycloneDX"'), ("oscal", '"assessment-results"')],
)
def test_other_notations_come_out(notation: str, sign: str, site: str) -> None:
    result = ask("export", notation, "--site", site)
    assert result.exit_code == Exit.DONE
    assert sign in result.stdout


def test_the_diagram_comes_out(site: str, tmp_path: Path) -> None:
    path = tmp_path / "case.svg"
    assert ask("diagram", "-o", str(path), "--lang", "nl", "--site", site).exit_code == Exit.DONE
    assert path.read_text().startswith("<svg")
    assert (
        ask("diagram", "-o", str(tmp_path / "no" / "where.svg"), "--site", site).exit_code == Exit.BAD_INPUT
    )


def test_gaps_are_found(tmp_path: Path) -> None:
    gaps = json.loads(ask("gaps", "--json").stdout)["gaps"]
    assert [each["id"] for each in gaps] == [f"G{number}" for number in range(1, 17)]
    assert "S3:122" in ask("gaps", "--lang", "nl").stdout


def test_the_dossier_is_checked(tmp_path: Path) -> None:
    document = json.loads(ask("dossier", "--json").stdout)
    assert document["counts"]["questions"] == 17
    assert ask("dossier", "--dossier", str(tmp_path)).exit_code == Exit.BAD_INPUT


def test_before_anything_was_known_everything_is_open(site: str) -> None:
    document = json.loads(ask("status", "--at", "2020-01-01", "--json", "--site", site).stdout)
    assert {each["status"] for each in document["case"]} == {"open"}
    result = ask("status", "--at", "yesterday", "--json", "--site", site)
    assert json.loads(result.stdout)["error"]["code"] == "time-malformed"


def test_evidence_that_was_tampered_with_is_refused(site: str) -> None:
    path = Path(site) / "assurance" / "evidence.jsonl"
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines()[:-1]))
    for command in ("status", "mission", "diagram"):
        result = ask(command, "--site", site)
        assert result.exit_code == Exit.REFUSED
        assert "✓" not in result.stdout


def test_computations_can_be_signed_without_a_chain(tmp_path: Path) -> None:
    result = ask("run", "--computed", "--json", "--site", str(tmp_path))
    assert json.loads(result.stdout)["signed"] >= 10
