"""A page with generated parts.

Two marks, both comments that a reader does not see::

    <!-- output: meterkast explain telegram.txt -->   the fenced block that follows is this command's output
    <!-- generated: commands -->  …  <!-- end -->      what stands between comes from the part of this name
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_OUTPUT = re.compile(
    r"(<!-- output: (?P<command>[^\n]+?) -->\n+```[a-z]*\n)(?P<shown>.*?)(```$)", re.DOTALL | re.MULTILINE
)
_GENERATED = re.compile(r"(<!-- generated: (?P<name>[a-z]+) -->\n)(?P<shown>.*?)(<!-- end -->)", re.DOTALL)

Run = Callable[[str], str]
"""Runs a command line and gives its output."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the documentation."""

    path: Path

    def text(self) -> str:
        """The page as it stands."""
        return self.path.read_text(encoding="utf-8")

    def fresh(self, run: Run, parts: Mapping[str, Callable[[], str]]) -> str:
        """The page as it should stand: the commands in their order, then the generated parts."""
        shown = _OUTPUT.sub(lambda match: match[1] + run(match["command"]) + match[4], self.text())
        return _GENERATED.sub(
            lambda match: f"{match[1]}\n{parts[match['name']]().strip()}\n\n{match[4]}", shown
        )

    @property
    def has_generated_parts(self) -> bool:
        """Whether there is anything to generate on it."""
        text = self.text()
        return bool(_OUTPUT.search(text) or _GENERATED.search(text))


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
