"""The page in a real browser: both themes, both widths, no console error, no foreign request."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from console.console_browser import Browser, chromium
from console.console_street import StillStreet, ean
from meterkast.console.web.app import create_app
from meterkast.console.web.server import listen, served
from meterkast.street.state import PortState

pytestmark = pytest.mark.chromium

DRAWN = "document.querySelectorAll('#day .uplot canvas').length === 2"
CURRENT = "document.querySelector('tr:has([aria-current])').dataset.ean"


@dataclass
class Served:
    """The page of a still street, served from a thread of its own."""

    address: str
    street: StillStreet

    def becomes(self, **changes: object) -> None:
        self.street.becomes(**changes)


@pytest.fixture
def page() -> Iterator[Served]:
    street = StillStreet()
    with served(create_app(street), street.announcer, listen(18_500)) as address:
        yield Served(address, street)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    chromium()
    with Browser(tmp_path / "profile") as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_looks_right(
    browser: Browser, page: Served, tmp_path: Path, width: int, scheme: str
) -> None:
    browser.looks(width=width, height=800, scheme=scheme)
    browser.open(page.address)
    browser.until(DRAWN)
    assert browser.says("document.documentElement.scrollWidth") <= width
    assert browser.says(
        "document.querySelector('.uplot').clientWidth <= document.querySelector('.chart').clientWidth"
    )
    background = browser.says("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(245, 244, 240)", "dark": "rgb(16, 22, 28)"}[scheme]
    picture = tmp_path / "page.png"
    browser.picture(picture)
    assert picture.stat().st_size > 20_000
    assert browser.errors == []
    foreign = [url for url in browser.requested if not url.startswith((page.address, "data:"))]
    assert foreign == []


def test_the_page_is_there_within_a_second(browser: Browser, page: Served) -> None:
    browser.looks(width=1280, height=800, scheme="light")
    browser.open(page.address)
    browser.until(DRAWN)
    browser.open(page.address)
    browser.until(DRAWN)
    loaded = browser.says("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert 0 < loaded < 1000


def test_values_follow_the_street_until_the_reader_pauses(browser: Browser, page: Served) -> None:
    browser.looks(width=1280, height=800, scheme="light")
    browser.open(page.address)
    browser.until(DRAWN)
    shown = "document.querySelector('[data-counter=stored] dd').textContent"
    page.becomes(stored=1234)
    browser.until(f"{shown} === '1.234'")
    browser.says("document.getElementById('pause').click()")
    browser.until("document.getElementById('notice').textContent.includes('Stilgezet')")
    page.becomes(stored=5678, sealed=9999)
    assert browser.says(f"new Promise((done) => setTimeout(() => done({shown}), 1500))") == "1.234"
    browser.says("document.getElementById('pause').click()")
    browser.until(f"{shown} === '5.678'")
    assert browser.errors == []


def test_the_watt_of_the_chosen_home_is_live(browser: Browser, page: Served) -> None:
    browser.looks(width=360, height=800, scheme="dark")
    browser.open(page.address)
    browser.until(DRAWN)
    shown = "document.querySelector('#day .port').textContent"
    for watts in (482, 1483):
        port = PortState(at=1_772_492_100, import_w=watts, export_w=0, gas_l=1, address="127.0.0.1:4064")
        page.becomes(homes=tuple(replace(home, port=port) for home in page.street.current.homes))
        browser.until(f"{shown}.includes('{watts:,} W'.replace(',', '.'))")
    browser.says("document.querySelector('#home-4 a').click()")
    browser.until(f"document.getElementById('day').dataset.ean === '{ean(4)}' && {DRAWN}")
    for _ in range(100):
        if page.street.watched == [ean(4)]:
            break
        browser.says("new Promise((done) => setTimeout(done, 50))")
    assert page.street.watched == [ean(4)]
    assert browser.says("document.documentElement.scrollWidth") <= 360
    assert browser.errors == []


def test_a_chosen_home_stays_chosen_while_the_street_goes_on(browser: Browser, page: Served) -> None:
    browser.looks(width=1280, height=800, scheme="light")
    browser.open(page.address)
    browser.until(DRAWN)
    assert browser.says(CURRENT) == ean(1)
    browser.says("document.querySelector('#home-4 a').click()")
    browser.until(f"document.getElementById('day').dataset.ean === '{ean(4)}' && {DRAWN}")
    page.becomes(stored=4321)
    browser.until("document.querySelector('[data-counter=stored] dd').textContent === '4.321'")
    assert browser.says(CURRENT) == ean(4)
    browser.says("document.getElementById('day-previous').click()")
    browser.until(f"document.getElementById('day-picked').value === '2026-03-02' && {DRAWN}")
    assert browser.says("location.search").endswith("day=2026-03-02")
    assert browser.errors == []


def test_the_theme_can_be_chosen_and_the_charts_follow(browser: Browser, page: Served) -> None:
    browser.looks(width=1280, height=800, scheme="light")
    browser.open(page.address)
    browser.until(DRAWN)
    before = browser.says("document.querySelector('#day canvas').toDataURL()")
    browser.says("document.querySelector('#theme button[value=dark]').click()")
    browser.until("getComputedStyle(document.body).backgroundColor === 'rgb(16, 22, 28)'")
    browser.until("document.querySelector('#day canvas').toDataURL().length > 1000")
    assert browser.says("document.querySelector('#day canvas').toDataURL()") != before
    browser.open(page.address)
    browser.until(DRAWN)
    assert browser.says("document.documentElement.dataset.theme") == "dark"
    assert browser.errors == []
