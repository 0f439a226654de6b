"""The page on ceremonies does what it says, and names every step and rule of the script."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docs.pages import DOCS, fences, text
from keystore.softhsm import needs_softhsm
from meterkast.console.cli.app import app
from meterkast.pki.ceremony import FOUNDING, ROOT_DAY, packaged_script

PAGE = DOCS / "how-to" / "run-a-ceremony.md"


@needs_softhsm
def test_the_rehearsal_of_the_page_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [line for block in fences(PAGE, "sh") for line in block.splitlines()]
    assert len(commands) == 4
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command)[1:], prog_name="meterkast")
        assert result.exit_code == 0, f"{command}\n{result.output}"


@pytest.mark.parametrize("script", [FOUNDING, ROOT_DAY])
def test_every_step_is_on_the_page_with_who_must_be_there(script: str) -> None:
    for step in packaged_script(script).steps:
        who = {"all": "all", "quorum": "a quorum"}[step.present]
        assert f"| `{step.action}` | {who} |" in text(PAGE)
