"""The consumer port in a living street: shown while somebody looks, and read by a client of the household."""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice, pairwise
from pathlib import Path

import pytest

from meterkast.console.household import HouseholdClient
from meterkast.gateway.consumer_port.consent import Consent
from meterkast.gateway.consumer_port.port import consent_folder
from meterkast.model.calendar import HOUR
from meterkast.street.state import StreetSettings
from meterkast.street.street import Street

pytestmark = pytest.mark.processes


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    street = Street(StreetSettings(homes=2, days=1, site=tmp_path / "site"))
    await street.build()
    yield street
    await street.close()


async def test_the_port_is_shown_while_somebody_looks(street: Street, tmp_path: Path) -> None:
    looked_at, other = street.homes
    living = asyncio.create_task(street.live(lambda: {str(looked_at.address.household.ean)}))
    async with asyncio.timeout(60):
        while looked_at.gateway.port.x1 is None:
            await asyncio.sleep(0.05)
        consent = Consent(consent_folder(looked_at.gateway.settings.folder))
        client = HouseholdClient(tmp_path / "client", timeout=30)
        address = "127.0.0.1", looked_at.gateway.port.x1
        await asyncio.to_thread(client.pair, *address, consent.press_button(), "test")
        documents = await asyncio.to_thread(lambda: list(islice(client.read(*address), 3)))
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    assert {later.at - sooner.at for sooner, later in pairwise(documents)} == {HOUR}
    for document in documents:
        minute = document.at - document.at % 60
        net = int(looked_at.supply.power(minute, minute + 60).sum())
        assert document.values["1-0:1.7.0"] - document.values["1-0:2.7.0"] == net
    shown, silent = (home.port for home in street.state().homes)
    assert shown is not None
    assert silent is None
    assert other.gateway.port.x1 is None
    assert shown.address == f"127.0.0.1:{address[1]}"
