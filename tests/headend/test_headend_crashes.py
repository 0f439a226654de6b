"""The head-end is killed while a gateway sends: what it had confirmed is kept, and nothing is kept twice."""

import asyncio
import random
from itertools import count

import pytest

from headend.uplink import Uplink, confirmation, dial, notification, until
from mdm.one_home import gas_block
from mdm.sealed import SealingGateway, gateway_of
from mdm.zygote import Child, Zygote
from meterkast.headend.server import HeadEndSettings
from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.pki.site import Site

pytestmark = pytest.mark.processes

ROUNDS = 25
WINDOW = 8


class Sender:
    """A gateway with a journal: it keeps every envelope until it is confirmed, and sends it again."""

    def __init__(self, site: Site) -> None:
        self.settings = HeadEndSettings(site=site.folder)
        self.confirmed: dict[int, bytes] = {}
        self.journal: dict[int, bytes] = {}
        self._gateway: SealingGateway = gateway_of(site)
        self._counters = count(1)

    def fill(self) -> None:
        while len(self.journal) < WINDOW:
            counter = next(self._counters)
            self.journal[counter] = self._gateway.envelope(counter, gas_block())

    async def send_until_hung_up(self) -> None:
        """Delivers on one connection, a window at a time, for as long as the far end lives."""
        try:
            uplink = await dial(self._gateway, self.settings.endpoint)
            while await self.send_window(uplink):
                self.fill()
        except (UnreachableError, TrustError, ConnectionError):
            pass

    async def send_window(self, uplink: Uplink) -> bool:
        """Sends the whole journal and strikes what is confirmed; whether all of it was."""
        waiting = list(self.journal)
        await uplink.send(*(notification(counter, self.journal[counter]) for counter in waiting))
        for counter in waiting:
            if await uplink.answer() != confirmation(counter):
                return False
            self.confirmed[counter] = self.journal.pop(counter)
        return True

    async def listening(self) -> None:
        await until(self.settings.endpoint.exists)


async def started(zygote: Zygote, function: str, sender: Sender) -> Child:
    sender.settings.endpoint.unlink(missing_ok=True)
    child = zygote.start(function, sender.settings.site)
    await sender.listening()
    return child


def require_kept_once(site: Site, sender: Sender) -> None:
    bodies = [message.body for _, message in SqliteBus(site.folder / "bus" / "bus.sqlite").read(0, 100_000)]
    assert len(set(bodies)) == len(bodies)
    assert set(sender.confirmed.values()) <= set(bodies)
    assert set(bodies) <= {*sender.confirmed.values(), *sender.journal.values()}


async def test_killed_at_random_moments_nothing_confirmed_is_lost_and_nothing_double(site: Site) -> None:
    chance, sender = random.Random(3), Sender(site)
    with Zygote("headend.crashing") as zygote:
        for _ in range(ROUNDS):
            sender.fill()
            child = await started(zygote, "serve_forever", sender)
            sending = asyncio.create_task(sender.send_until_hung_up())
            await asyncio.sleep(chance.uniform(0.0, 0.25))
            child.kill()
            await sending
            require_kept_once(site, sender)
        child = await started(zygote, "serve_forever", sender)
        sender.fill()
        assert await sender.send_window(await dial(gateway_of(site), sender.settings.endpoint))
        child.kill()
    require_kept_once(site, sender)
    assert sender.journal == {}
    assert len(sender.confirmed) > ROUNDS * WINDOW / 2


@pytest.mark.parametrize(("function", "kept"), [("die_before_commit", 0), ("die_after_commit", WINDOW)])
async def test_killed_around_the_commit_nothing_is_confirmed_and_the_next_try_is_kept_once(
    site: Site, function: str, kept: int
) -> None:
    sender = Sender(site)
    sender.fill()
    bus = SqliteBus(site.folder / "bus" / "bus.sqlite")
    with Zygote("headend.crashing") as zygote:
        child = await started(zygote, function, sender)
        await sender.send_until_hung_up()
        assert child.wait() < 0
        assert sender.confirmed == {}
        assert bus.last() <= kept
        assert (bus.last() > 0) == (kept > 0)
        child = await started(zygote, "serve_forever", sender)
        assert await sender.send_window(await dial(gateway_of(site), sender.settings.endpoint))
        child.kill()
    assert bus.last() == WINDOW
    require_kept_once(site, sender)
