"""Where the commands of a page run: one folder per page, with the examples in it and nothing else."""

import os
import shlex
import shutil
from pathlib import Path

from typer.testing import CliRunner

from meterkast.console.cli.app import app


class Terminal:
    """Runs ``meterkast …`` command lines, one after the other, in the given folder.

    Standard output and standard error come together, as they do on a terminal; ``| head -n N`` is understood,
    and an exit code other than 0 is shown as a last line.
    """

    def __init__(self, folder: Path, examples: Path) -> None:
        self._folder = folder
        self._runner = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "110"})
        for example in sorted(examples.glob("*.*")):
            shutil.copy(example, folder)

    def run(self, line: str) -> str:
        """What the command says.

        Raises:
            ValueError: the line is none of ours.
        """
        command, _, pipe = line.partition(" | head -n ")
        program, *arguments = shlex.split(command)
        if program != "meterkast":
            raise ValueError(f"a page shows the output of meterkast only, not of {program!r}")
        here = Path.cwd()
        os.chdir(self._folder)
        try:
            done = self._runner.invoke(app, arguments, prog_name="meterkast")
        finally:
            os.chdir(here)
        lines = [each.rstrip() for each in done.output.splitlines()]
        if pipe:
            lines = [*lines[: int(pipe)], "…"]
        if done.exit_code:
            lines.append(f"(exit code {done.exit_code})")
        return "".join(each + "\n" for each in lines)
