"""A gateway that is stolen or taken down: nothing of it counts, and its birth opens no door (RQ-33)."""

from base64 import encodebytes
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.outside.https import Request
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.pki.bulk import RequestFolder, issue_to
from meterkast.pki.est import EstServer
from meterkast.pki.tenants import Tenants
from pki.world import OTHER, TITLE, World, request


def asked(world: World, born: Keystore, thief: Keystore) -> int:
    """The status of an answer to somebody with the birth key of a gateway and a fresh key."""
    est = EstServer(Tenants(world.folder / "pki", world.trust), world.manufacturers)
    body = encodebytes(request(thief, "tls"))
    peer = born.certificate("birth")[0].public_bytes(Encoding.DER)
    path = "/.well-known/est/tls/simpleenroll"
    question = Request(method="POST", path=path, content_type="application/pkcs10", body=body, peer=peer)
    return est.handle(question, world.now).status


@pytest.fixture
def thief(tmp_path: Path) -> Keystore:
    keystore = SoftwareKeystore(tmp_path / "thief")
    keystore.generate("tls", KeyKind.EC_P256)
    return keystore


def listed(world: World) -> set[int]:
    return {entry.serial_number for crl in world.trust.crls() for entry in crl}


def test_a_stolen_gateway_is_out_of_service(world: World, thief: Keystore) -> None:
    keystore, authority = world.enrolled(), world.site.authority
    world.enrolled(OTHER)
    for _ in range(2):  # once more does no harm
        assert authority.decommission(TITLE, world.now) == 3
        own = {keystore.certificate(purpose)[0].serial_number for purpose in ("tls", "sig", "enc")}
        assert listed(world) == own
        assert asked(world, keystore, thief) == 403
        assert authority.is_decommissioned(str(TITLE))
    assert [title for title, _ in authority.devices()] == [str(OTHER)]


def test_one_that_never_enrolled_does_not_either(world: World, thief: Keystore) -> None:
    keystore = world.site.equip(TITLE, world.now)
    assert world.site.authority.decommission(TITLE, world.now) == 0
    assert asked(world, keystore, thief) == 403


@pytest.mark.parametrize("deed", ["expect", "release"])
def test_the_operator_brings_it_back_by_name(world: World, thief: Keystore, deed: str) -> None:
    keystore, authority = world.enrolled(), world.site.authority
    authority.decommission(TITLE, world.now)
    if deed == "expect":
        authority.expect(TITLE)
    else:
        authority.release(TITLE, world.now)
    assert asked(world, keystore, thief) == 200
    assert not authority.is_decommissioned(str(TITLE))


def test_a_list_that_is_handed_in_once_more_does_not(world: World, thief: Keystore, tmp_path: Path) -> None:
    """A run of `pki issue` that is started again names every gateway of a maker."""
    keystore, authority = world.enrolled(), world.site.authority
    authority.decommission(TITLE, world.now)
    requests = tmp_path / "requests"
    requests.mkdir()
    (requests / f"{TITLE}.tls.csr").write_bytes(request(thief, "tls"))
    gateways = RequestFolder(requests, tmp_path / "out")
    tally = issue_to(gateways, authority, publish=lambda: None, clock=lambda: world.now)
    assert dict(tally.refused) == {"pki-not-admitted": 1}
    assert asked(world, keystore, thief) == 403
    assert authority.devices() == []


def test_only_one_that_was_ours(world: World) -> None:
    enexis = world.site.admit("Enexis", world.now)
    world.enrolled()
    for title in (TITLE, SystemTitle.parse("MKG0000000009")):
        with pytest.raises(LocalError) as caught:
            enexis.decommission(title, world.now)
        assert caught.value.code == "pki-device-unknown"
    assert [event.subject for event in enexis.events()] == [str(TITLE)]
    assert listed(world) == set()
