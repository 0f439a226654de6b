"""Writes what the pages take from the code: examples, outputs of commands, commands, codes and figures.

``python docs/generate.py`` brings every page up to date; with ``--check`` it changes nothing, names what is
out of date and ends with 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parent
SOURCE = DOCS.parent / "src"
EXAMPLES = DOCS / "how-to" / "examples"
sys.path[:0] = [str(DOCS), str(SOURCE)]

from generator.commands import commands, exit_codes  # noqa: E402 — the folders above must be known first
from generator.decisions import decisions  # noqa: E402
from generator.errors import error_classes, error_codes  # noqa: E402
from generator.examples import examples  # noqa: E402
from generator.figures import figures  # noqa: E402
from generator.page import Page  # noqa: E402
from generator.states import states  # noqa: E402
from generator.terminal import Terminal  # noqa: E402

PARTS = {
    "commands": commands,
    "exits": exit_codes,
    "classes": error_classes,
    "codes": lambda: error_codes(SOURCE / "meterkast"),
    "decisions": lambda: decisions(DOCS / "decisions"),
    "figures": lambda: figures(DOCS / "figures"),
    "states": states,
}


def main() -> None:
    """Writes or checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; say what is out of date")
    check = parser.parse_args().check
    stale = [path for path, contents in _due() if not _stands(path, contents, write=not check)]
    for path in stale:
        print(f"{'out of date' if check else 'written'}: {path.relative_to(DOCS)}")
    if check and stale:
        print("Run: python docs/generate.py")
        sys.exit(1)


def _due() -> Iterator[tuple[Path, bytes]]:
    """Every file with generated contents, and what it should hold; examples first, the pages need them."""
    for name, contents in examples().items():
        yield EXAMPLES / name, contents
    for path in sorted(DOCS.rglob("*.md")):
        page = Page(path)
        if page.has_generated_parts:
            with tempfile.TemporaryDirectory() as folder:
                terminal = Terminal(Path(folder), EXAMPLES)
                yield path, page.fresh(terminal.run, PARTS).encode("utf-8")


def _stands(path: Path, contents: bytes, *, write: bool) -> bool:
    """Whether the file holds this already; else it is written where that is wanted."""
    if path.exists() and path.read_bytes() == contents:
        return True
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    return False


if __name__ == "__main__":
    main()
