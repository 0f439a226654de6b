"""What pages take from the code is current, and nothing in the code is left out."""

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup

from docs.pages import DOCS, PACKAGE, ROOT, text
from meterkast.console.cli.app import app
from meterkast.console.exits import Exit
from meterkast.model.quality import Flag

COMMANDS, ERRORS = DOCS / "reference" / "commands.md", DOCS / "reference" / "errors.md"

# Not how the generator looks: any text in kebab-case right behind the bracket of an error class or helper.
RAISED = re.compile(
    r"\b(?:LocalError|PeerError|DataError|TrustError|UnreachableError|RefusedError|refusal|fault|_refused_as"
    r")\(\s*\"([a-z0-9]+(?:-[a-z0-9]+)+)\""
)
FOUND = re.compile(r"\bFinding\([^)]*?code=\"([a-z0-9]+(?:-[a-z0-9]+)+)\"")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Any]:
    """The generator's idea of a page."""
    monkeypatch.syspath_prepend(str(DOCS))
    made: Callable[[Path], Any] = importlib.import_module("generator.page").Page
    return made


def leaves(command: object, name: str = "meterkast") -> Iterator[tuple[str, TyperCommand]]:
    """Every command with its full name."""
    if isinstance(command, TyperCommand):
        yield name, command
    elif isinstance(command, TyperGroup):
        for each, member in command.commands.items():
            yield from leaves(member, f"{name} {each}")


COMMAND_LINE = dict(leaves(typer.main.get_command(app)))


def test_every_generated_part_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_output_that_has_changed_is_seen(tmp_path: Path, page: Callable[[Path], Any]) -> None:
    path = tmp_path / "page.md"
    path.write_text("<!-- output: meterkast version -->\n\n```text\nold\n```\n\nand more\n", encoding="utf-8")
    fresh = page(path).fresh(lambda line: f"{line} says new\n", {})
    assert "old" not in fresh
    assert "```text\nmeterkast version says new\n```\n\nand more\n" in fresh


def test_a_part_that_has_changed_is_seen(tmp_path: Path, page: Callable[[Path], Any]) -> None:
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- generated: codes -->\nold\n<!-- end -->\nafter\n", encoding="utf-8")
    fresh = page(path).fresh(lambda line: line, {"codes": lambda: "new"})
    assert fresh == "before\n<!-- generated: codes -->\n\nnew\n\n<!-- end -->\nafter\n"


@pytest.mark.parametrize("name", COMMAND_LINE)
def test_every_command_is_documented_with_all_its_options(name: str) -> None:
    _, found, section = text(COMMANDS).partition(f"# `{name}`\n")
    assert found
    section = re.split(r"^##", section, maxsplit=1, flags=re.MULTILINE)[0]
    options = [each for param in COMMAND_LINE[name].params for each in param.opts if each.startswith("-")]
    assert [option for option in options if f"`{option}" not in section] == []


def test_every_exit_code_is_documented() -> None:
    assert [code for code in Exit if f"| {code.value} |" not in text(COMMANDS)] == []


def test_no_code_in_the_source_is_missing() -> None:
    codes = set()
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        codes |= {*RAISED.findall(source), *FOUND.findall(source)}
    assert len(codes) > 200
    assert sorted(code for code in codes if f"| `{code}` |" not in text(ERRORS)) == []


def test_every_flag_is_documented() -> None:
    assert [flag for flag in Flag if f"| `{flag.value}` |" not in text(ERRORS)] == []
