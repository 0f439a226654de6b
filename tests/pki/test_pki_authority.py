"""The authority: who may be certified for what, and that its records and lists hold."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.https import Request
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import HEADEND_NAME, Authority, PkiService, PkiSettings, Site
from meterkast.pki.census import counting
from meterkast.pki.distribution import Distribution
from meterkast.pki.issuer import Issuer
from meterkast.protocols.x509 import Purpose
from pki.world import OPERATOR, OTHER, TITLE, World, request


def test_a_site_is_founded_once(world: World) -> None:
    with pytest.raises(LocalError) as caught:
        Site.create(world.folder, operator=OPERATOR, now=world.now)
    assert caught.value.code == "pki-founded-already"
    assert caught.value.hint


def test_a_site_can_be_opened_again(world: World) -> None:
    world.enrolled()
    again = Site(world.folder, operator=OPERATOR)
    assert len(again.authority.issued(str(TITLE))) == 3
    again.equip(OTHER, world.now)
    assert [title for title, _ in world.site.authority.devices()] == [str(TITLE), str(OTHER)]


def test_daily_work_does_without_the_root(world: World) -> None:
    shutil.rmtree(world.folder / "pki" / "root")
    authority = Authority(world.folder / "pki", world.trust)
    authority.publish(world.now)
    assert len(world.enrolled().certificate("sig")) == 2


def test_everything_private_is_private_and_nothing_private_is_public(world: World) -> None:
    world.enrolled()
    for path in world.folder.rglob("*"):
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes():
            assert path.stat().st_mode & 0o077 == 0, path
            assert path.parent.name in {"root", "issuing", "tls", "birth", "keystore"}
    public = b"".join(path.read_bytes() for path in (world.folder / "trust").iterdir())
    assert b"PRIVATE" not in public
    assert b"PRIVATE" not in (world.folder / "pki" / "register.sqlite").read_bytes()


def test_only_one_of_many_askers_is_admitted(world: World) -> None:
    keystore = world.site.equip(TITLE, world.now)
    labels = [f"sig{number}" for number in range(8)]
    for label in labels:
        keystore.generate(label, KeyKind.EC_P256)
    requests = [request(keystore, label) for label in labels]

    def ask(der: bytes) -> bool:
        try:
            world.site.authority.issue(der, Purpose.SIG, TITLE, world.now)
        except TrustError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, requests)) == 1
    assert len(world.site.authority.issued(str(TITLE))) == 1


def test_expecting_a_gateway_again_does_not_admit_it_again(world: World) -> None:
    keystore = world.enrolled()
    keystore.generate("sig2", KeyKind.EC_P256)
    world.site.authority.expect(TITLE, operator=OPERATOR)
    with pytest.raises(TrustError) as caught:
        world.site.authority.issue(request(keystore, "sig2"), Purpose.SIG, TITLE, world.now)
    assert caught.value.code == "pki-not-admitted"


def test_only_a_known_gateway_is_released(world: World) -> None:
    with pytest.raises(LocalError) as caught:
        world.site.authority.release(TITLE, world.now)
    assert caught.value.code == "pki-device-unknown"


def test_a_failed_issue_does_not_use_up_the_admission(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    keystore = world.site.equip(TITLE, world.now)
    keystore.generate("sig", KeyKind.EC_P256)

    def power_cut(*_: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(Authority, "_certify", power_cut)
        with pytest.raises(OSError, match="power cut"):
            world.site.authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)
    world.site.authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)


@pytest.mark.parametrize("purpose", [Purpose.BIRTH, Purpose.TLS_SERVER, Purpose.OPERATOR_ENC])
def test_devices_get_device_certificates_only(world: World, purpose: Purpose) -> None:
    keystore = world.site.equip(TITLE, world.now)
    with pytest.raises(LocalError):
        world.site.authority.issue(request(keystore, "birth"), purpose, TITLE, world.now)


def test_garbage_for_a_request(world: World) -> None:
    with pytest.raises(PeerError):
        world.site.authority.issue(b"\x30\x00", Purpose.SIG, TITLE, world.now)


def test_an_operator_must_be_able_to_open(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore = SoftwareKeystore(tmp_path / "reader")
    for label in ("mine", "theirs"):
        keystore.generate(label, KeyKind.HYBRID_KEM)
    before = world.trust.operator_enc()
    seen: list[object] = []
    certify = Issuer.certify

    def spy(*given: Any) -> x509.Certificate:  # noqa: ANN401 — as given
        seen.append(given)
        return certify(*given)

    monkeypatch.setattr(Issuer, "certify", spy)

    def opens_with(label: str) -> list[x509.Certificate]:
        return world.site.authority.certify_operator(
            OPERATOR,
            keystore.kem_public_key("mine"),
            lambda sealed, info: keystore.unseal(label, sealed, info),
            world.now,
        )

    with pytest.raises(TrustError) as caught:
        opens_with("theirs")
    assert caught.value.code == "pki-request-proof"
    assert world.trust.operator_enc() == before
    assert seen == []  # nothing was signed, so that there is nothing to put on record
    assert opens_with("mine") == world.trust.operator_enc() != before


def test_what_is_not_there_is_not_revoked(world: World) -> None:
    with pytest.raises(LocalError) as caught:
        world.site.authority.revoke(1, world.now)
    assert caught.value.code == "pki-serial-unknown"


def test_a_revocation_stays_on_every_later_list(world: World) -> None:
    serial = world.enrolled().certificate("sig")[0].serial_number
    world.site.authority.revoke(serial, world.now)
    Authority(world.folder / "pki", world.trust).publish(world.now + timedelta(days=6))
    entries = [entry.serial_number for crl in world.trust.crls() for entry in crl]
    assert entries == [serial]


def test_a_maker_makes_its_own_devices_only(world: World) -> None:
    with pytest.raises(LocalError) as caught:
        world.site.equip(SystemTitle.parse("KFM0000000001"), world.now)
    assert caught.value.code == "pki-maker-foreign"
    assert world.site.authority.devices() == []


def test_server_certificates_are_on_record(world: World) -> None:
    (issued,) = world.site.authority.issued(HEADEND_NAME)
    assert issued.purpose is Purpose.TLS_SERVER
    assert [issued.certificate] == world.headend().certificate("tls")[:1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/crl/device-0.crl", 200),
        ("GET", "/crl/root.crl", 200),
        ("POST", "/crl/device.crl", 405),
        ("GET", "/crl/none.crl", 404),
        ("GET", "/crl/enexis/device-0.crl", 404),
        ("GET", "/crl/../anchors.crl", 404),
        ("GET", "/", 404),
    ],
)
def test_lists_are_handed_out(world: World, method: str, path: str, status: int) -> None:
    response = Distribution({"": world.trust}).handle(Request(method=method, path=path))
    assert response.status == status
    assert (response.content_type == "application/pkix-crl") is (status == 200)


def test_an_authority_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(LocalError):
        Authority(tmp_path / "empty", TrustFolder(tmp_path / "trust"))


def test_a_production_profile_refuses_keys_in_plain_files(world: World) -> None:
    """RQ-25, at the start of the PKI: nothing listens, nothing is published."""
    settings = PkiSettings(folder=world.folder / "pki", trust=world.trust.path, profile=Profile.PRODUCTION)
    with pytest.raises(TrustError) as caught:
        PkiService(settings)
    assert caught.value.code == "keystore-software-refused"
    PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))


def test_the_fleet_by_algorithm_and_state(world: World) -> None:
    """Valid, due from two thirds of life, expired, revoked: each gateway's newest certificate counts once."""
    world.enrolled()
    other = world.enrolled(OTHER)
    world.site.authority.revoke(other.certificate("sig")[0].serial_number, world.now)

    def counted(days: float) -> dict[tuple[str, str], int]:
        with counting(world.folder / "pki" / "register.sqlite") as census:
            rows = census.fleet(world.now + timedelta(days=days))
        assert {row.algorithm for row in rows} == {"ec-p256"}
        return {(row.purpose, row.state): row.count for row in rows}

    revoked = {("sig", "revoked"): 1}
    for days, state in ((0, "valid"), (500, "due"), (740, "expired")):
        assert counted(days) == revoked | {("tls", state): 2, ("sig", state): 1, ("enc", state): 2}
