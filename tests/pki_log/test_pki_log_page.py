"""The page on watching the log does what it says."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docs.pages import DOCS, fences, text
from meterkast.console.cli.app import app
from meterkast.pki.log import monitor

PAGE = DOCS / "how-to" / "watch-the-log.md"


def test_every_command_of_the_page_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inventory.csv").write_text("".join(fences(PAGE, "csv")))
    commands = [line for block in fences(PAGE, "sh") for line in block.splitlines()]
    assert len(commands) == 6
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command)[1:], prog_name="meterkast")
        assert result.exit_code == 0, f"{command}\n{result.output}"


def test_every_alarm_is_on_the_page() -> None:
    folder = Path(monitor.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    raised = {word for word in source.replace('"', " ").split() if word.startswith(("certificate-", "log-"))}
    assert len(raised) == 14
    assert [code for code in raised if f"`{code}`" not in text(PAGE)] == []
