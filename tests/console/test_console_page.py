"""The page and its JSON twins, over a street that stands still."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from httpx import ASGITransport, AsyncClient

from console.console_street import StillStreet, ean
from meterkast.console.web.app import create_app
from meterkast.street.state import Phase

HOST = "http://127.0.0.1"


@pytest.fixture
def street() -> StillStreet:
    return StillStreet()


@pytest.fixture
async def client(street: StillStreet) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(create_app(street)), base_url=HOST) as client:
        yield client


class _Strict(HTMLParser):
    """Collects what a bare content policy would refuse, and every address."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.addresses: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.refused += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        self.addresses += [
            value or "" for name, value in attrs if name in {"href", "src", "action", "hx-get"}
        ]
        self._inside = tag if tag == "style" or (tag == "script" and "src" not in names) else None
        if self._inside:
            self.refused.append(f"inline {tag}")


async def test_every_answer_carries_the_policy(client: AsyncClient) -> None:
    paths = (
        "/",
        "/api/state.json",
        "/favicon.ico",
        "/static/page.css",
        "/vendor/htmx.min.js",
        "/health/live",
    )
    for path in (*paths, "/nothing-here", "/api/homes/1/day.json", "/?lang=xx"):
        answer = await client.get(path)
        assert answer.headers["content-security-policy"] == "default-src 'self'", path
        assert answer.headers["x-content-type-options"] == "nosniff", path


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_the_page_asks_for_nothing_foreign_or_inline(client: AsyncClient, language: str) -> None:
    page = _Strict()
    page.feed((await client.get("/", params={"lang": language})).text)
    assert page.refused == []
    assert page.addresses
    assert [address for address in page.addresses if not re.match(r"/(?!/)|#", address)] == []


async def test_everything_the_page_loads_is_there(client: AsyncClient) -> None:
    page = _Strict()
    page.feed((await client.get("/")).text)
    for address in page.addresses:
        if address.startswith(("/static", "/vendor", "/api")):
            assert (await client.get(address)).status_code == 200, address


async def test_the_language_is_the_browsers_unless_asked_otherwise(client: AsyncClient) -> None:
    english = {"accept-language": "en-GB"}
    assert '<html lang="en">' in (await client.get("/", headers=english)).text
    assert '<html lang="nl">' in (await client.get("/", params={"lang": "nl"}, headers=english)).text
    assert "1.234,567" in (await client.get("/?lang=nl")).text
    assert "1,234.567" in (await client.get("/?lang=en")).text


async def test_the_page_tells_the_street(client: AsyncClient) -> None:
    page = (await client.get("/?lang=en")).text
    for told in ("The street is living", "Wed 4 March 2026, 00:35", ean(12), "REG_DECR", "seccomp"):
        assert told in page
    assert page.count("module falters") == 1
    for sign, word in (("✓", "proven"), ("✗", "refuted"), ("❞", "asserted")):
        assert re.search(rf"{sign}</span> {word}", page)


async def test_a_street_that_is_being_built_has_no_homes_yet(
    client: AsyncClient, street: StillStreet
) -> None:
    street.current = replace(
        street.current, phase=Phase.BUILDING, homes=(), claims=(), step="enrolment", total=9
    )
    page = (await client.get("/?lang=nl")).text
    assert "De straat wordt opgebouwd" in page
    assert "gateways schrijven zich in · 0 / 9" in page
    assert "<progress" in page
    assert "<table" not in page
    assert '<section id="day"></section>' in page


async def test_a_home_and_a_day_can_be_chosen(client: AsyncClient) -> None:
    page = (await client.get("/", params={"lang": "en", "home": ean(2), "day": "2026-03-02"})).text
    assert f'data-document="/api/homes/{ean(2)}/day.json?day=2026-03-02"' in page
    assert "data-follows" not in page
    assert 'id="day-next"' in page
    assert 'id="day-previous"' not in page


@pytest.mark.parametrize("day", ["1999-01-01", "2099-01-01", "yesterday", "2026-02-30", ""])
async def test_a_day_that_cannot_be_shown_gives_the_nearest(client: AsyncClient, day: str) -> None:
    answer = await client.get("/", params={"lang": "en", "home": "nobody", "day": day})
    assert answer.status_code == 200
    assert re.search(rf"{ean(1)}/day\.json\?day=2026-03-0[23]", answer.text)


async def test_a_text_from_the_chain_is_never_markup(client: AsyncClient, street: StillStreet) -> None:
    hostile = replace(street.current.homes[0], flags=("<script>alert(1)</script>",))
    street.current = replace(street.current, homes=(hostile,))
    assert "<script>alert" not in (await client.get("/")).text


async def test_the_state_has_a_twin(client: AsyncClient, street: StillStreet) -> None:
    document = (await client.get("/api/state.json")).json()
    assert document["phase"] == "living"
    assert [home["ean"] for home in document["homes"]] == [home.ean for home in street.current.homes]


async def test_the_day_has_a_twin(client: AsyncClient) -> None:
    newest = (await client.get(f"/api/homes/{ean(3)}/day.json")).json()
    assert newest["day"] == "2026-03-03"
    assert len(newest["electricity"]) == 96
    assert newest["sum"]["gas_l"] == sum(each["gas_l"] for each in newest["gas"])
    assert (await client.get(f"/api/homes/{ean(3)}/day.json?day=2026-05-01")).json()["electricity"] == []


async def test_twins_refuse_what_does_not_exist(client: AsyncClient) -> None:
    assert (await client.get("/api/homes/1/day.json")).status_code == 404
    assert (await client.get(f"/api/homes/{ean(3)}/day.json?day=today")).status_code == 422


async def test_a_foreign_host_name_is_turned_away(client: AsyncClient) -> None:
    assert (await client.get("/", headers={"host": "meter.example"})).status_code == 400


async def test_the_table_shows_gaps_in_words(client: AsyncClient, street: StillStreet) -> None:
    street.days = 0
    page = (await client.get("/?lang=en")).text
    assert "Nothing of this day has been stored yet." in page
