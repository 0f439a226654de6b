"""A swapped module: the gateway notes whom it is paired with, and reads nobody else until told so (AT-17)."""

import json
import shutil
import time
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from console.test_console_cli import meterkast
from gateway.gateway_house import (
    DAY,
    INSTALLED,
    NOW,
    OPERATOR,
    PAIRING_KEY,
    TITLE,
    House,
    found_site,
    living_in,
    make_module,
)
from meterkast.gateway.module_pairing import ModulePairing, Pairing, pairing_folder
from meterkast.gateway.module_state import State
from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.model.quality import Flag
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.module.vendor import VendorProfile
from meterkast.outside.clock import ScaledClock
from meterkast.pki.site import Site
from meterkast.protocols.block import Payload
from meterkast.protocols.dlms.hls import Challenges
from meterkast.protocols.dlms.hls5 import Hls5

BEFORE = DAY - timedelta(days=1)
SECONDS = 5.0
"""To refuse a module, in real time; a silent one has 0.6 s for each answer in this house."""


class Steady:
    """The load of another house."""

    def power(self, start: int, end: int, step: int = 60) -> NDArray[np.int64]:
        return np.full(((end - start) // step, 3), 100, dtype=np.int64)


def another_module(*, key: bytes = bytes(32)) -> Module:
    settings = ModuleSettings(
        profile=VendorProfile.load("KFM"),
        serial=5_000_000_000_018,
        phases=3,
        pairing_key=key,
        installed_at=INSTALLED,
    )
    return Module(settings, Steady(), ScaledClock(NOW, speed=0))


def pairing(site: Site) -> ModulePairing:
    return ModulePairing(pairing_folder(site.folder / "gateways" / str(TITLE)))


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_site(tmp_path_factory.mktemp("swapped")).folder


@pytest.fixture
def site(founded: Path, tmp_path: Path) -> Site:
    return Site(shutil.copytree(founded, tmp_path / "site"), operator=OPERATOR)


async def day_of(house: House, day: date) -> Payload:
    """Collects and delivers a day; the gas meter sends all along."""
    await house.burn(range(25))
    assert await house.gateway.collect(day)
    assert await house.gateway.deliver() == 1
    return house.headend.opened()[-1]


def own_events(payload: Payload) -> list[str]:
    """The security events of the gateway itself; what the collector says of a gap is its own word."""
    return [event.code for event in payload.events if event.device == str(TITLE)]


@pytest.mark.processes
@pytest.mark.parametrize("key", [bytes(32), PAIRING_KEY], ids=["with its own key", "that knows the key"])
async def test_at_17_another_module_waits_until_the_operator_pairs_it(site: Site, key: bytes) -> None:
    async with living_in(site) as house:
        first = await day_of(house, BEFORE)
        assert (first.blocks[0].flags, own_events(first)) == ((), [])
    noted = pairing(site).known()
    assert noted == Pairing(module=make_module().title.octets)

    stranger = another_module(key=key)
    async with living_in(site, module=stranger) as house:
        began = time.monotonic()
        payload = await day_of(house, DAY)
        assert time.monotonic() - began < SECONDS
        electricity, gas = payload.blocks
        assert set(electricity.flags) == {Flag.GARBAGE, Flag.MISSING}
        assert {value for column in electricity.columns for value in column.values} == {None}
        assert gas.missing == 0  # the rest of the house goes on
        assert own_events(payload) == ["module-swapped"]
        assert pairing(site).known() == Pairing(
            module=noted.module, stranger=stranger.title.octets, since=NOW
        )
        house.module_wire.fault = refused_to_listen
        assert await house.gateway.collect(DAY)  # the line is left alone, and it is no news

    async with living_in(site) as house:  # even the right one is back: nobody knows what it went through
        assert await house.gateway.collect(DAY)
        assert house.gateway.status().sealed == 2
        code, told, _ = meterkast("gateway", "module", "show", str(site.folder / "gateways" / str(TITLE)))
        assert (code, f"{stranger.title} has been on the line" in told) == (0, True)
        code, _, _ = meterkast("gateway", "module", "pair", str(site.folder / "gateways" / str(TITLE)))
        assert code == 0
        healed = await day_of(house, DAY)
        assert (healed.blocks[0].flags, own_events(healed)) == ((), [])
        assert house.gateway.status().module is State.ASSOCIATED
    assert pairing(site).known() == noted


def refused_to_listen(_octets: bytes) -> bytes:
    raise AssertionError("a module in quarantine is not spoken to")


@pytest.mark.processes
async def test_at_17_the_new_module_is_read_once_it_is_paired(site: Site) -> None:
    async with living_in(site) as house:
        await day_of(house, BEFORE)
    pairing(site).pair()
    successor = make_module("SAG")
    async with living_in(site, vendor="SAG", module=successor) as house:
        assert (await day_of(house, DAY)).blocks[0].flags == ()
    assert pairing(site).known() == Pairing(module=successor.title.octets)


@pytest.mark.processes
async def test_at_17_the_right_title_with_a_wrong_key_is_not_read(site: Site) -> None:
    async with living_in(site) as house:
        await day_of(house, BEFORE)
    async with living_in(site, module=make_module(pairing_key=bytes(32))) as house:
        payload = await day_of(house, DAY)
        assert own_events(payload) == ["module-untrusted"]
        assert set(payload.blocks[0].flags) == {Flag.GARBAGE, Flag.MISSING}


SEEN = Challenges(own_title=TITLE.octets, peer_title=b"KFM\0\0\0\0\x11", own=b"o" * 16, peer=b"p" * 16)
STRANGER = Challenges(own_title=TITLE.octets, peer_title=b"SAG\0\0\0\0\x12", own=b"o" * 16, peer=b"p" * 16)


def side(title: bytes) -> Hls5:
    counter = count(1)
    return Hls5(
        title=SystemTitle(title),
        encryption_key=bytes(16),
        authentication_key=bytes(16),
        next_counter=lambda: next(counter),
        new_challenge=lambda: bytes(16),
    )


def proof_of_module() -> bytes:
    """What the module answers to ``SEEN``."""
    own = Challenges(own_title=SEEN.peer_title, peer_title=SEEN.own_title, own=SEEN.peer, peer=SEEN.own)
    return side(SEEN.peer_title).answer(own)


def test_at_17_a_module_that_fails_its_proof(tmp_path: Path) -> None:
    """Before any is noted it is only not believed; afterwards it stands in the place of the one that was."""
    known = ModulePairing(tmp_path / "pairing")
    watched = known.watch(side(TITLE.octets), lambda: NOW)
    with pytest.raises(TrustError) as caught:
        watched.check(SEEN, bytes(17))
    assert (caught.value.code, known.known()) == ("hls-refused", Pairing())
    watched.answer(SEEN)
    watched.check(SEEN, proof_of_module())
    assert known.known() == Pairing(module=SEEN.peer_title)
    with pytest.raises(TrustError) as caught:
        watched.check(SEEN, bytes(17))
    assert caught.value.code == "module-swapped"
    assert known.known() == Pairing(module=SEEN.peer_title, stranger=SEEN.peer_title, since=NOW)
    with pytest.raises(LocalError) as closed:
        watched.new_challenge()
    assert closed.value.code == "module-quarantined"


def test_at_17_a_stranger_gets_no_proof_of_ours(tmp_path: Path) -> None:
    known = ModulePairing(tmp_path / "pairing")
    watched = known.watch(side(TITLE.octets), lambda: NOW)
    known.note(SEEN.peer_title)
    with pytest.raises(TrustError) as caught:
        watched.answer(STRANGER)
    assert caught.value.code == "module-swapped"


def test_a_damaged_file_is_said_and_opens_nothing(tmp_path: Path) -> None:
    known = ModulePairing(tmp_path / "pairing")
    known.note(SEEN.peer_title)
    (tmp_path / "pairing" / "module.json").write_bytes(b"{}")
    with pytest.raises(DataError) as caught:
        known.require_open()
    assert caught.value.code == "module-pairing-malformed"


def test_the_command_says_how_it_stands(tmp_path: Path) -> None:
    code, told, _ = meterkast("gateway", "module", "show", str(tmp_path), "--json")
    assert (code, json.loads(told)) == (0, {"module": None, "stranger": None, "quarantined_since": None})
    known = ModulePairing(pairing_folder(tmp_path))
    known.note(SEEN.peer_title)
    with pytest.raises(TrustError):
        known.distrust(b"no title", NOW)
    code, told, _ = meterkast("gateway", "module", "show", str(tmp_path), "--json")
    shown = json.loads(told)
    assert (shown["module"], shown["stranger"]) == ("KFM0000000011", b"no title".hex())
    code, _, said = meterkast("gateway", "module", "pair", str(tmp_path / "nowhere"))
    assert (code, "gateway-folder-missing" in said) == (3, True)
    assert meterkast("gateway", "module", "pair", str(tmp_path))[0] == 0
    assert known.known() == Pairing()
