"""How head-end and intake stand when what they rest on is gone, weak or under siege (AT-38, 45, 47, 49)."""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from attacks.attacked import PATIENCE, Chain, bounded
from headend.uplink import confirmation, dial, notification
from mdm.one_home import day_block, gas_block
from meterkast.headend.server import HeadEnd, HeadEndSettings
from meterkast.mdm.intake import Intake
from meterkast.mdm.service import MdmSettings, run
from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError, TrustError, UnreachableError
from meterkast.outside.clock import ScaledClock
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import ANCHORS
from meterkast.pki.site import HEADEND_NAME, Site

HALF_OPEN = 500
"""Connections that never end their handshake; the link's own test has thousands."""
WORST_SECONDS = 2.0
"""The longest that a good gateway waits for a confirmation meanwhile."""


def endpoint(chain: Chain) -> tuple[str, int]:
    where = json.loads(chain.settings.endpoint.read_text())
    return where["host"], where["port"]


def without_lists(chain: Chain) -> Callable[[], None]:
    """Takes the lists of the device authority away; gives how to put them back."""
    kept = {path: path.read_bytes() for path in chain.site.trust.crl_files() if "device" in path.name}
    assert kept
    for path in kept:
        path.unlink()

    def restore() -> None:
        for path, contents in kept.items():
            path.write_bytes(contents)

    return restore


async def test_at_38_without_lists_nobody_is_let_in_and_nothing_is_lost(chain: Chain) -> None:
    """Fail closed for a connection; what is on the bus waits for lists, and is then taken in."""
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    assert await chain.deliver(chain.gateway.envelope(2, day_block()))
    before = chain.everything()
    restore = without_lists(chain)
    with pytest.raises(LocalError) as caught:
        chain.intake.step()
    assert caught.value.code == "intake-revocation-unknown"
    assert not await lets_in(chain)
    assert (chain.everything(), chain.events()) == (before, [])
    restore()
    assert chain.intake.step() == 1
    assert len(chain.stored()) == 1
    assert await lets_in(chain)


async def lets_in(chain: Chain) -> bool:
    """Whether a new connection of the gateway is served: an envelope that is known is confirmed again."""
    async with asyncio.timeout(PATIENCE):
        with suppress(TrustError, UnreachableError):
            uplink = await dial(chain.gateway, chain.settings.endpoint)
            await uplink.send(notification(9, known(chain)))
            answer = await uplink.answer()
            await uplink.link.close()
            return answer == confirmation(9)
    return False


def known(chain: Chain) -> bytes:
    return chain.bus.read(0, 1)[0][1].body


@pytest.mark.parametrize("start", ["head-end", "intake"])
async def test_at_45_keys_in_plain_files_do_not_start_in_production(site: Site, start: str) -> None:
    """Refused before a port is opened or a message is read; the same site starts in development."""
    with bounded(), pytest.raises(TrustError) as caught:
        await started(site, start, Profile.PRODUCTION)
    assert caught.value.code == "keystore-software-refused"
    assert not HeadEndSettings(site=site.folder).endpoint.exists()
    await started(site, start, Profile.DEVELOPMENT)


async def started(site: Site, room: str, profile: Profile) -> None:
    """Starts and stops it."""
    stop = asyncio.Event()
    stop.set()
    if room == "head-end":
        settings = HeadEndSettings(site=site.folder, profile=profile)
        await HeadEnd(settings, ScaledClock(0, 0)).serve(stop)
    else:
        await run(MdmSettings(site=site.folder, profile=profile), stop=stop)


def foreign_client(chain: Chain) -> ssl.SSLContext:
    """Python's own TLS with the gateway's genuine certificate: it agrees on P-256 alone."""
    context = ssl.create_default_context(cafile=str(chain.site.trust.path / ANCHORS))
    folder = chain.gateway.keystore.folder
    context.load_cert_chain(folder / "tls.crt.pem", folder / "tls.key.pem")
    context.set_ecdh_curve("prime256v1")
    return context


@pytest.mark.parametrize(
    ("version", "event"),
    [(ssl.TLSVersion.TLSv1_2, "tls-refused"), (ssl.TLSVersion.TLSv1_3, "tls-group-classical")],
    ids=["AT-47 TLS 1.2", "AT-47 classical group"],
)
async def test_at_47_a_genuine_gateway_with_weak_tls(
    chain: Chain, caplog: pytest.LogCaptureFixture, version: ssl.TLSVersion, event: str
) -> None:
    caplog.set_level(logging.WARNING, "meterkast.tls")
    context = foreign_client(chain)
    context.maximum_version = version
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    before, on_bus = chain.everything(), chain.bus.last()
    host, port = endpoint(chain)
    with bounded(), pytest.raises((ssl.SSLError, OSError)):
        await asyncio.open_connection(host, port, ssl=context, server_hostname=HEADEND_NAME)
    assert (chain.everything(), chain.bus.last(), chain.events()) == (before, on_bus, [])
    (said,) = [each.message for each in caplog.records if each.name == "meterkast.tls"]
    assert said.startswith(f"{event} peer=127.0.0.1:")
    await chain.takes(chain.gateway.envelope(2, day_block()))


async def test_at_47_a_good_gateway_is_served_among_half_open_connections(chain: Chain) -> None:
    host, port = endpoint(chain)
    held, waits = [], []
    for number in range(HALF_OPEN):
        held.append(await asyncio.open_connection(host, port))
        if number % 50 == 0:
            begun = time.perf_counter()
            uplink = await dial(chain.gateway, chain.settings.endpoint)
            assert await uplink.deliver(1, chain.gateway.envelope(number, gas_block()))
            waits.append(time.perf_counter() - begun)
            await uplink.link.close()
    for _, writer in held:
        writer.transport.abort()
    assert max(waits) < WORST_SECONDS
    assert (chain.intake.step(), chain.events()) == (len(waits), [])


class TokenGone(SoftwareKeystore):
    """A keystore whose token has been pulled out for as long as ``gone`` holds."""

    gone = False

    def unseal(self, label: str, sealed: bytes, info: bytes) -> bytes:
        if self.gone:
            raise UnreachableError("keystore-token-gone", "The token does not answer.")
        return super().unseal(label, sealed, info)


async def test_at_49_an_intake_without_its_token_waits(chain: Chain) -> None:
    """Nothing is refused for it, nothing is passed by, and it goes on where it was."""
    keystore = TokenGone(chain.site.folder / "mdm" / "keystore")
    intake = Intake(
        bus=chain.bus,
        database=chain.database,
        keystore=keystore,
        trust=chain.site.trust,
        clock=ScaledClock(0, 0),
    )
    assert await chain.deliver(chain.gateway.envelope(1, day_block()))
    before = chain.everything()
    keystore.gone = True
    with bounded(), pytest.raises(UnreachableError) as caught:
        intake.step()
    assert caught.value.code == "keystore-token-gone"
    assert (chain.everything(), chain.events(), chain.stored()) == (before, [], [])
    keystore.gone = False
    assert (intake.step(), len(chain.stored())) == (1, 1)
