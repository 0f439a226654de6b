"""The command line as people and programs meet it: documents, texts, exit codes; never a traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.app import app
from meterkast.console.cli.boundary import command
from meterkast.console.exits import Exit, exit_for
from meterkast.model.errors import (
    DataError,
    LocalError,
    MeterkastError,
    PeerError,
    TrustError,
    UnreachableError,
)

SOURCE = Path(__file__).resolve().parents[2] / "src"
RUNNER = CliRunner()
Ended = tuple[int, str, str]


def meterkast(*arguments: str, given: str = "") -> Ended:
    """Exit code, standard output and standard error of a command in this process."""
    result = RUNNER.invoke(app, list(arguments), input=given, prog_name="meterkast")
    return result.exit_code, result.stdout, result.stderr


def process(*arguments: str, script: str = "from meterkast.console.cli import main; main()") -> Ended:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "NO_COLOR": "1"},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def raising(error: BaseException) -> typer.Typer:
    """An application with one command that ends in this error."""
    app = typer.Typer()

    def fail(answer: Answer) -> Exit:
        raise error

    command(app, "fail")(fail)
    return app


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (LocalError, Exit.USAGE),
        (DataError, Exit.BAD_INPUT),
        (PeerError, Exit.BAD_INPUT),
        (UnreachableError, Exit.UNREACHABLE),
        (TrustError, Exit.REFUSED),
        (MeterkastError, Exit.BUG),
    ],
)
def test_each_error_has_its_exit_code(kind: type[MeterkastError], code: Exit) -> None:
    error = kind("some-code", "It went wrong.", where="octet 3", hint="Mend it.")
    assert exit_for(error) is code
    for as_json in (False, True):
        result = RUNNER.invoke(raising(error), ["--json"] if as_json else [])
        assert result.exit_code == code
        for told in ("It went wrong.", "some-code", "octet 3", "Mend it."):
            assert told in result.stderr
        assert bool(result.stdout) is as_json
        if as_json:
            assert json.loads(result.stdout) == {"error": error.to_dict()}


def test_a_bug_is_one_sentence_unless_debugging() -> None:
    broken = raising(ZeroDivisionError("secret value"))
    result = RUNNER.invoke(broken, ["--json"])
    assert result.exit_code == Exit.BUG
    assert "Traceback" not in result.output
    assert "secret value" not in result.output
    assert json.loads(result.stdout)["error"]["code"] == "bug"
    assert "Traceback" in RUNNER.invoke(broken, ["--debug"]).stderr


def test_a_reader_that_leaves_early_is_no_error() -> None:
    script = "from meterkast.console.cli import main; main()"
    shell = f'"{sys.executable}" -c "{script}" --help | head -n 1 >/dev/null; exit 0'
    done = subprocess.run(
        ["sh", "-c", shell],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=True,
    )
    assert "Traceback" not in done.stderr


def _commands() -> list[tuple[str, ...]]:
    groups = [(str(group.name), group.typer_instance) for group in app.registered_groups]
    inside = [(name, str(each.name)) for name, group in groups if group for each in group.registered_commands]
    return [*inside, *((str(each.name),) for each in app.registered_commands)]


@pytest.mark.parametrize("path", _commands(), ids=" ".join)
def test_every_command_explains_itself_and_takes_json(path: tuple[str, ...]) -> None:
    code, out, _ = meterkast(*path, "--help")
    assert code == 0
    assert "--json" in out
    assert "--debug" in out


def test_examples_stand_line_by_line() -> None:
    _, out, _ = meterkast("demo", "--help")
    assert "  meterkast demo --once --homes 12 --days 2 --seed 1 --json" in out


def test_a_mistyped_command_or_option_gets_a_suggestion() -> None:
    code, _, err = meterkast("explian")
    assert code == Exit.USAGE
    assert "explain" in err
    code, _, err = meterkast("explain", "--jsn", "x")
    assert code == Exit.USAGE
    assert "--json" in err


@pytest.mark.parametrize(
    "arguments", [("demo", "--homes", "0"), ("demo", "--start", "2026-02-30"), ("explain",)]
)
def test_wrong_use_ends_with_two(arguments: tuple[str, ...]) -> None:
    assert meterkast(*arguments)[0] == Exit.USAGE


def test_version() -> None:
    assert json.loads(meterkast("version", "--json")[1]).keys() == {"version"}


def test_light_commands_load_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "frame.hex").write_text("E5")
    script = (
        "import sys\nfrom meterkast.console.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    heavy = {'fastapi', 'sqlalchemy', 'numpy', 'pyarrow', 'jinja2', 'rich', 'uvicorn'}\n"
        "    print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n    raise\n"
    )
    code, _, err = process("explain", "--json", str(tmp_path / "frame.hex"), script=script)
    assert (code, err.strip()) == (0, "[]")
    code, _, err = process("--help", script=script)
    assert (code, err.strip()) == (0, "['rich']")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path / "absent",
        lambda path: path,
        lambda path: Path(f"{path}/nul\0octet"),
    ],
)
def test_a_file_that_cannot_be_read_is_bad_input(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    code, out, err = meterkast("explain", "--json", str(make(tmp_path)))
    assert code == Exit.BAD_INPUT
    assert json.loads(out)["error"]["code"] == "file-unreadable"
    assert "Traceback" not in err


def test_a_file_that_is_empty_or_endless_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert (
        json.loads(meterkast("explain", "--json", str(tmp_path / "empty"))[1])["error"]["code"]
        == "file-empty"
    )
    code, out, _ = meterkast("explain", "--json", "/dev/zero")
    assert code == Exit.BAD_INPUT
    assert json.loads(out)["error"]["code"] == "file-too-large"


def document(out: str) -> dict[str, Any]:
    """The one document on standard output."""
    parsed = json.loads(out)
    assert isinstance(parsed, dict)
    return parsed


def test_a_malformed_key_never_shows() -> None:
    secret = "00112233445566778899AABBCCDDEEF"
    code, out, err = meterkast("explain", "--json", "--key", secret, "x")
    assert code == Exit.USAGE
    assert document(out)["error"]["code"] == "key-malformed"
    assert secret not in out + err
