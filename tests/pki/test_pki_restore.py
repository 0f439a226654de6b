"""A register that was restored: register, lists and responder agree, and the log fills the gap (RQ-32)."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.model.errors import PeerError, TrustError
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import HEADEND_NAME, Site
from meterkast.pki.authority import Authority
from meterkast.pki.est.visitor import Door
from meterkast.pki.log import open_log
from meterkast.pki.ocsp.responder import Speaker
from meterkast.pki.ocsp.standings import Standings
from meterkast.pki.register import Register
from meterkast.pki.restoring import restore_from_log
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose
from pki.world import OPERATOR, OTHER, TITLE, World, request

SIG = Purpose.SIG


def backup(world: World) -> None:
    Register(world.folder / "pki" / "register.sqlite").copy_to(world.folder / "yesterday.sqlite")


def restore(world: World) -> Authority:
    (world.folder / "yesterday.sqlite").replace(world.folder / "pki" / "register.sqlite")
    return Site(world.folder, operator=OPERATOR).authority


def told(world: World, serial: int) -> datetime | str | None:
    """What the responder would say of a device's certificate."""
    issuer = world.issuing().certificate("device")[0]
    speaker = Speaker(
        operator=OPERATOR,
        authority="device",
        issuer=issuer,
        certificate=issuer,
        signer=world.issuing().signer("device"),
    )
    standing = Standings(world.folder / "pki" / "register.sqlite").find(speaker, serial)
    return "unknown" if standing is None else standing.revoked_at


def listed(world: World, serial: int) -> bool:
    crl = world.trust.crl(f"device-{serial % 4}")
    return crl is not None and crl.get_revoked_certificate_by_serial_number(serial) is not None


def test_what_was_revoked_since_the_backup_is_revoked_everywhere(world: World) -> None:
    """The certificate is in the backup; its revocation is not."""
    keystore = world.enrolled()
    certificate = keystore.certificate(SIG)[0]
    backup(world)
    later = world.now + timedelta(hours=1)
    world.site.authority.revoke(certificate.serial_number, later)
    assert told(world, certificate.serial_number) == later

    authority = restore(world)
    now = world.now + timedelta(hours=2)
    authority.publish(now)
    assert listed(world, certificate.serial_number)
    assert told(world, certificate.serial_number) == later
    (sig,) = [each for each in authority.issued(str(TITLE)) if each.purpose is SIG]
    assert sig.revoked_at == later
    with pytest.raises(PeerError) as caught:
        authority.issue(request(keystore, "sig"), SIG, TITLE, now)
    assert caught.value.code == "pki-request-key-reused"
    keystore.generate("sig-g2", KeyKind.EC_P256)
    with pytest.raises(TrustError) as refused:
        authority.renew(request(keystore, "sig-g2"), SIG, TITLE, world.now + timedelta(days=500))
    assert refused.value.code == "pki-not-admitted"


def test_the_responder_knows_of_what_only_the_list_knows(world: World) -> None:
    backup(world)
    certificate = world.enrolled().certificate(SIG)[0]
    world.site.authority.revoke(certificate.serial_number, world.now)
    restore(world).publish(world.now + timedelta(hours=1))
    assert told(world, certificate.serial_number) == world.now
    assert told(world, certificate.serial_number + 4) == "unknown"


def lost_days(world: World) -> tuple[Keystore, dict[str, x509.Certificate]]:
    """A gateway that enrolled, one that enrolled and lost a certificate, all since the backup."""
    world.site.equip(OTHER, world.now)
    backup(world)
    keystore = world.enrolled()
    world.site.authority.revoke(keystore.certificate(SIG)[0].serial_number, world.now)
    return keystore, {purpose: keystore.certificate(purpose)[0] for purpose in ("tls", "sig", "enc")}


def test_the_log_brings_back_what_the_register_has_lost(world: World) -> None:
    keystore, certificates = lost_days(world)
    authority = restore(world)
    assert authority.issued(str(TITLE)) == []
    now = world.now + timedelta(hours=1)
    log = open_log(world.folder / "pki", world.trust)
    seen: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        seen.append((done, total))

    assert restore_from_log(log, [authority], now, on_progress=tell) == {OPERATOR: 3}
    assert restore_from_log(log, [authority], now) == {OPERATOR: 0}
    assert seen[-1][0] == seen[-1][1] > 3

    found = {each.purpose: each for each in authority.issued(str(TITLE))}
    assert {purpose: each.certificate for purpose, each in found.items()} == certificates
    assert {purpose for purpose, each in found.items() if each.revoked_at} == {SIG}
    assert listed(world, certificates["sig"].serial_number)
    due = world.now + timedelta(days=500)
    keystore.generate("tls-g2", KeyKind.EC_P256)
    assert len(authority.renew(request(keystore, "tls-g2"), Purpose.TLS, TITLE, due)) == 2
    assert len(authority.issued(HEADEND_NAME)) == 1
    door = Door(Tenants(world.folder / "pki", world.trust), world.manufacturers)
    assert door.enrolled(certificates["tls"].public_bytes(Encoding.DER), now).title == TITLE


def test_lists_may_go_out_before_the_log_is_asked(world: World) -> None:
    """As those of a service that was started at once: what comes back comes back as revoked."""
    _, certificates = lost_days(world)
    authority = restore(world)
    authority.publish(world.now + timedelta(hours=1))
    log = open_log(world.folder / "pki", world.trust)
    assert restore_from_log(log, [authority], world.now + timedelta(hours=2)) == {OPERATOR: 3}
    (sig,) = [each for each in authority.issued(str(TITLE)) if each.purpose is SIG]
    assert (sig.certificate, sig.revoked_at) == (certificates["sig"], world.now)


def test_what_nobody_of_ours_has_signed_does_not_come_back(world: World, tmp_path: Path) -> None:
    lost_days(world)
    seen = world.site.authority.issued(str(TITLE))
    stranger = Site.create(tmp_path / "stranger", operator=OPERATOR, now=world.now)
    assert stranger.authority.recover(seen) == 0
    assert stranger.authority.issued(str(TITLE)) == []


def test_an_operator_finishes_a_restore_by_a_command(world: World) -> None:
    world.site.equip(OTHER, world.now)
    copy, register = world.folder / "copy", world.folder / "pki" / "register.sqlite"
    assert CliRunner().invoke(app, ["pki", "backup", str(copy), "--site", str(world.folder)]).exit_code == 0
    world.enrolled()
    copy.replace(register)
    done = CliRunner().invoke(app, ["pki", "recover", "--site", str(world.folder), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"recovered": {OPERATOR: 3}}
    assert "certificates: " in done.stderr
    trust = TrustFolder(world.folder / "trust")
    assert len(Authority(world.folder / "pki", trust).issued(str(TITLE))) == 3
