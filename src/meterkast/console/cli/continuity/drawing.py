"""Charts of continuity, in files."""

from pathlib import Path
from typing import TYPE_CHECKING

from meterkast.console.cli import output
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.continuity import options
from meterkast.console.language import Language

if TYPE_CHECKING:
    from meterkast.assurance.continuity.chart import Chart


def draw(answer: Answer, path: Path, drawn: "Chart", lang: Language) -> None:
    """Draws a chart as its file's name ends.

    Raises:
        LocalError: ``option-unknown`` for another ending, ``continuity-charts-missing``.
        DataError: ``file-unwritable``.
    """
    from meterkast.assurance.continuity.chart import png, svg

    if path.suffix not in {".svg", ".png"}:
        raise options.unknown("chart", path.suffix, (".svg", ".png"))
    output.write(path, png(drawn) if path.suffix == ".png" else svg(drawn, lang.value).encode())
    answer.note(f"written: {path}")
