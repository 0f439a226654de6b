"""The pages hold together: every link leads somewhere, every page is listed or linked."""

from pathlib import Path

import pytest

from docs.pages import DOCS, ROOT, anchors, links, navigation, pages


def _named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=_named)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)
    assert broken == []


def test_every_page_of_the_navigation_exists() -> None:
    assert [page for page in navigation() if not (DOCS / page).is_file()] == []


def test_every_page_is_listed_or_linked() -> None:
    reached = {DOCS / page for page in navigation()}
    reached |= {
        (page.parent / target.partition("#")[0]).resolve() for page in pages() for target in links(page)
    }
    records = set((DOCS / "decisions").glob("0*.md"))  # a reader finds them by their numbers
    assert set(DOCS.rglob("*.md")) - reached - records == set()


def test_decision_records_are_numbered_without_gaps() -> None:
    records = sorted((DOCS / "decisions").glob("0*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        assert record.read_text(encoding="utf-8").startswith(f"# {int(record.name[:4])}. "), record.name
