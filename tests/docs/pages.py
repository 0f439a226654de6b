"""The pages of the documentation, and what stands on them."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "meterkast"

_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page: those of docs, and the front ones of the repository."""
    return sorted(DOCS.rglob("*.md")) + sorted(ROOT.glob("*.md"))


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", text(page))


def links(page: Path) -> Iterator[str]:
    """The targets of its links that do not leave the repository."""
    for target in _LINK.findall(prose(page)):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def anchors(page: Path) -> set[str]:
    """What its headings can be reached by."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {"-".join(heading.split()) for heading in kept}


def fences(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(page), re.DOTALL | re.MULTILINE)


def navigation() -> Iterator[str]:
    """Every page that the navigation lists."""

    def listed(entry: object) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            for value in entry.values():
                yield from listed(value)
        elif isinstance(entry, list):
            for each in entry:
                yield from listed(each)

    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    yield from listed(settings["project"]["nav"])
