"""The consumer port on the page: its figure, its stream, and that it is shown only while somebody looks."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient

from console.console_street import StillStreet, ean, snapshot
from console.test_console_events import _message, served
from meterkast.console.web.app import create_app
from meterkast.console.web.living import LivingStreet
from meterkast.protocols.x1.schema import schema
from meterkast.street.state import PortState, StreetSettings

SHOWN = PortState(at=1_772_492_100, import_w=1482, export_w=0, gas_l=2_003_120, address="127.0.0.1:4064")


def showing(street: StillStreet, port: PortState | None) -> None:
    first, *others = street.current.homes
    street.becomes(homes=(replace(first, port=port), *others))


@pytest.fixture
def street() -> StillStreet:
    street = StillStreet()
    showing(street, SHOWN)
    return street


@pytest.fixture
async def client(street: StillStreet) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(create_app(street))
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("nl", ("1.482 W", "afname", "2.003,120 m³", "X1 127.0.0.1:4064", "De consumentenpoort")),
        ("en", ("1,482 W", "import", "2,003.120 m³", "X1 127.0.0.1:4064", "The consumer port")),
    ],
)
async def test_the_page_shows_the_watt_of_the_chosen_home(
    client: AsyncClient, language: str, shown: tuple[str, ...]
) -> None:
    page = (await client.get("/", params={"lang": language, "home": ean(1)})).text
    panel = re.sub(r"\s+", " ", page[page.index('<div class="port">') :])
    assert f'hx-sse:connect="/events/port?home={ean(1)}&amp;lang={language}"' in panel
    for each in shown:
        assert each in panel, each


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"import_w": 0, "export_w": 820}, 'data-way="export"'),
        ({"import_w": None, "export_w": None}, "the measurement module does not answer"),
    ],
)
async def test_export_and_a_silent_module(
    client: AsyncClient, street: StillStreet, change: dict[str, int | None], text: str
) -> None:
    showing(street, replace(SHOWN, **change))  # type: ignore[arg-type]
    page = (await client.get("/", params={"lang": "en"})).text
    assert text in page[page.index('<div class="port">') :]


async def test_before_anything_was_shown(client: AsyncClient, street: StillStreet) -> None:
    showing(street, None)
    assert "Once the street lives" in (await client.get("/?lang=en")).text


async def test_the_stream_says_each_new_instant_once_and_holds_the_port_open() -> None:
    street = StillStreet()
    async with served(street) as (address, _, _), AsyncClient(base_url=address) as client:
        async with client.stream("GET", f"/events/port?home={ean(1)}&lang=en") as stream:
            lines = stream.aiter_lines()
            assert "Once the street lives" in await _message(lines)
            assert street.watched == [ean(1)]
            showing(street, SHOWN)
            assert "1,482 W" in await _message(lines)
            street.becomes(stored=99)  # nothing new here
            showing(street, replace(SHOWN, import_w=77))
            assert "77 W" in await _message(lines)
        async with asyncio.timeout(5):
            while street.watched:
                await asyncio.sleep(0.01)
        assert (await client.get("/events/port?home=1")).status_code == 404


async def test_the_schema_is_served(client: AsyncClient) -> None:
    assert (await client.get("/api/x1/schema.json")).json() == schema()


def test_viewers_are_counted() -> None:
    street = LivingStreet(StreetSettings(), snapshot())
    with street.watching("1"), street.watching("1"), street.watching("2"):
        assert street.watched() == {"1", "2"}
    assert street.watched() == set()
