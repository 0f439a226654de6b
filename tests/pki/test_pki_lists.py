"""Revocation lists: in shards, signed ahead, never younger in time and older in content (RQ-07, RQ-32)."""

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from meterkast.model.errors import LocalError, TrustError, UnreachableError
from meterkast.outside.https import Request
from meterkast.outside.keystore import KeyKind
from meterkast.outside.trust import TrustFolder
from meterkast.pki import Authority, Site, issuer
from meterkast.pki.distribution import Distribution
from meterkast.pki.lint.finding import Checked, Lint
from meterkast.pki.lint.lists import ListCandidate
from meterkast.pki.ruling import RULES_FILE
from meterkast.protocols.x509 import Purpose, validate
from pki.world import OPERATOR, OTHER, TITLE, World, request

SIG = Purpose.SIG


def judge(world: World, certificate: x509.Certificate, now: datetime) -> str:
    trust = world.trust
    try:
        validate(certificate, trust.intermediates(), trust.anchors(), trust.crls(), now, SIG)
    except TrustError as error:
        return error.code
    return "believed"


def of_each_shard(world: World) -> dict[int, x509.Certificate]:
    """One signing certificate for each of the four lists."""
    seen: dict[int, x509.Certificate] = {}
    authority = world.site.authority
    keystore = world.site.equip(TITLE, world.now)
    for number in range(200):
        if len(seen) == 4:
            break
        label = f"sig{number}"
        keystore.generate(label, KeyKind.EC_P256)
        certificate = authority.issue(request(keystore, label), SIG, TITLE, world.now)[0]
        seen.setdefault(certificate.serial_number % 4, certificate)
        with authority._register.records(OPERATOR) as records:
            records.inventory.admit(str(TITLE), [SIG])
    assert len(seen) == 4
    return seen


def test_a_certificate_names_its_list_and_is_on_no_other(world: World) -> None:
    certificates = of_each_shard(world)
    for shard, certificate in sorted(certificates.items()):
        point = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
        assert point.full_name is not None
        assert point.full_name[0].value.endswith(f"/device-{shard}.crl")
        world.site.authority.revoke(certificate.serial_number, world.now)
        for other, each in certificates.items():
            expected = "certificate-revoked" if other <= shard else "believed"
            assert judge(world, each, world.now) == expected
    for shard, certificate in certificates.items():
        crl = world.trust.crl(f"device-{shard}")
        assert crl is not None
        assert [entry.serial_number for entry in crl] == [certificate.serial_number]


def test_a_shard_counts_for_its_scope_alone(world: World) -> None:
    certificates = of_each_shard(world)
    (world.trust.path / "device-2.crl.pem").unlink()
    for shard, certificate in certificates.items():
        expected = "certificate-revocation-unknown" if shard == 2 else "believed"
        assert judge(world, certificate, world.now) == expected


def test_the_list_of_another_shard_under_its_name_is_no_list(world: World) -> None:
    certificates = of_each_shard(world)
    world.trust.publish("device-2.crl.pem", [crl(world, "device-1")])
    assert judge(world, certificates[2], world.now) == "certificate-revocation-unknown"
    assert judge(world, certificates[1], world.now) == "believed"


def test_the_list_numbers_cannot_change_under_a_certificate(world: World) -> None:
    """More lists by data later on: what was issued stays on the list that it names."""
    certificates = of_each_shard(world)
    (world.folder / "pki" / RULES_FILE).write_text("[authorities.device]\nshards = 64\n")
    authority = Authority(world.folder / "pki", world.trust)
    authority.publish(world.now)
    authority.revoke(certificates[3].serial_number, world.now)
    assert judge(world, certificates[3], world.now) == "certificate-revoked"
    assert judge(world, certificates[1], world.now) == "believed"
    assert world.trust.crl("device-5") is None


def test_one_revocation_touches_one_list(world: World) -> None:
    certificate = world.enrolled().certificate(SIG)[0]
    before = {path.name: path.read_bytes() for path in world.trust.crl_files()}
    world.site.authority.revoke(certificate.serial_number, world.now)
    after = {path.name: path.read_bytes() for path in world.trust.crl_files()}
    changed = [name for name in after if after[name] != before[name]]
    assert changed == [f"device-{certificate.serial_number % 4}.crl.pem"]


def lose_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> bytes:
        raise UnreachableError("keystore-token-gone", "The token does not answer.")

    monkeypatch.setattr("meterkast.pki.issuer.Issuer.revocation_list", gone)


def publish_without_token(world: World, at: datetime) -> None:
    """It says that nothing could be signed; what was signed ahead is out when it does."""
    with pytest.raises(UnreachableError) as caught:
        world.site.authority.publish(at)
    assert caught.value.code == "pki-lists-unsigned"


@pytest.mark.parametrize("days", [1, 6.5, 7, 10, 13, 18])
def test_a_lost_token_stops_nobody_for_more_than_two_weeks(
    world: World, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    """Lists signed ahead take over by themselves, and what was revoked stays revoked."""
    good = world.enrolled().certificate(SIG)[0]
    bad = world.enrolled(OTHER).certificate(SIG)[0]
    world.site.authority.revoke(bad.serial_number, world.now)
    with monkeypatch.context() as patch:
        lose_the_token(patch)
        for hour in range(0, int(days * 24) + 1, 6):
            at = world.now + timedelta(hours=hour)
            publish_without_token(world, at)
            assert judge(world, good, at) == "believed", hour
            assert judge(world, bad, at) == "certificate-revoked", hour
    at = world.now + timedelta(days=days)
    world.site.authority.publish(at)
    assert judge(world, good, at) == "believed"
    assert judge(world, bad, at) == "certificate-revoked"


def test_after_three_weeks_without_a_token_nothing_is_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = world.enrolled().certificate(SIG)[0]
    world.site.authority.publish(world.now)
    lose_the_token(monkeypatch)
    late = world.now + timedelta(days=21)
    publish_without_token(world, late)
    assert judge(world, good, late) == "certificate-revocation-unknown"


def test_a_list_signed_ahead_is_not_used_while_the_token_is_there(world: World) -> None:
    numbers = []
    for day in range(12):
        world.site.authority.publish(world.now + timedelta(days=day))
        crl = world.trust.crl("device-0")
        assert crl is not None
        numbers.append(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
        assert world.site.authority._publisher.publish_ahead(world.now + timedelta(days=day)) == 0
    assert numbers == sorted(set(numbers))


def test_a_wrong_pin_is_no_reason_to_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object, **__: object) -> bytes:
        raise LocalError("keystore-pin-wrong", "The PIN is wrong.")

    good = world.enrolled().certificate(SIG)[0]
    monkeypatch.setattr("meterkast.pki.issuer.Issuer.revocation_list", wrong)
    at = world.now + timedelta(days=6.5)
    publish_without_token(world, at)
    assert judge(world, good, at) == "believed"


# Restore from yesterday's backup (RQ-32)


def backup(world: World, to: Path) -> None:
    shutil.copy(world.folder / "pki" / "register.sqlite", to)


def test_a_restored_register_takes_nothing_back(world: World, tmp_path: Path) -> None:
    """Serial numbers, list numbers, revocations and admissions: none is used twice or forgotten."""
    world.site.equip(OTHER, world.now)
    keystore = world.site.equip(TITLE, world.now)
    backup(world, tmp_path / "yesterday.sqlite")
    later = world.now + timedelta(hours=20)
    keystore.generate("sig", KeyKind.EC_P256)
    lost = world.site.authority.issue(request(keystore, "sig"), SIG, TITLE, later)[0]
    world.site.authority.revoke(lost.serial_number, later)
    before = world.trust.crl(f"device-{lost.serial_number % 4}")
    assert before is not None

    shutil.copy(tmp_path / "yesterday.sqlite", world.folder / "pki" / "register.sqlite")
    restored = Site(world.folder, operator=OPERATOR).authority
    now = world.now + timedelta(hours=21)
    assert restored.issued(str(TITLE)) == []  # this the backup did not know
    restored.publish(now)
    assert judge(world, lost, now) == "certificate-revoked"
    after = world.trust.crl(f"device-{lost.serial_number % 4}")
    assert after is not None
    assert number(after) > number(before)
    assert [event.code for event in restored.events()] == ["pki-register-restored"]

    keystore.generate("sig2", KeyKind.EC_P256)
    with pytest.raises(TrustError) as caught:  # the admission was used, and the backup would give it back
        restored.issue(request(keystore, "sig2"), SIG, TITLE, now)
    assert caught.value.code == "pki-not-admitted"
    restored.release(TITLE, now)
    new = restored.issue(request(keystore, "sig2"), SIG, TITLE, now)[0]
    assert new.serial_number != lost.serial_number
    assert judge(world, new, now) == "believed"
    restored.publish(now + timedelta(days=30))
    assert judge(world, lost, now + timedelta(days=30)) == "certificate-revoked"


def number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def test_a_clock_that_runs_backwards_does_not_lower_a_number(world: World) -> None:
    world.site.authority.publish(world.now + timedelta(hours=5))
    first = world.trust.crl("operator")
    world.site.authority.publish(world.now)
    second = world.trust.crl("operator")
    assert first is not None
    assert second is not None
    assert number(second) > number(first)
    assert world.site.authority.events() == []


def test_numbers_do_not_repeat_over_a_hundred_thousand(world: World) -> None:
    serials = {x509.random_serial_number() for _ in range(100_000)}
    assert len(serials) == 100_000
    assert all(1 << 64 < serial < 1 << 159 for serial in serials)


def test_a_kill_between_number_and_list_is_no_restore(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power fails after the number is on disk, and after some of the lists are out."""
    world.site.equip(TITLE, world.now)
    publish, calls = type(world.trust).publish, 0

    def power_cut(trust: TrustFolder, name: str, contents: list[x509.CertificateRevocationList]) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError("power cut")
        publish(trust, name, contents)

    with monkeypatch.context() as patch:
        patch.setattr(TrustFolder, "publish", power_cut)
        with pytest.raises(OSError, match="power cut"):
            world.site.authority.publish(world.now + timedelta(hours=1))
    again = Site(world.folder, operator=OPERATOR).authority
    again.publish(world.now + timedelta(hours=1))
    assert again.events() == []
    assert (
        judge(world, world.enrolled(OTHER).certificate(SIG)[0], world.now + timedelta(hours=1)) == "believed"
    )


def test_what_is_signed_was_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real key never signs a list that is built anew, only the octets that have passed the linter."""
    clean: list[bytes] = []
    require_clean = issuer._require_clean

    def watched(lints: Iterable[Lint[Checked]], candidate: Checked) -> None:
        require_clean(lints, candidate)
        assert isinstance(candidate, ListCandidate)
        clean.append(candidate.revocation_list.tbs_certlist_bytes)

    build, built = x509.CertificateRevocationListBuilder.sign, []

    def counted(*arguments: object, **named: object) -> object:
        built.append(build(*arguments, **named))  # type: ignore[arg-type]
        return built[-1]

    monkeypatch.setattr(issuer, "_require_clean", watched)
    monkeypatch.setattr(x509.CertificateRevocationListBuilder, "sign", counted)
    world.site.authority.publish(world.now + timedelta(hours=1))
    out = {each.tbs_certlist_bytes for each in world.trust.crls() if "root" not in str(each.issuer)}
    assert out <= set(clean)
    assert len(built) == len(clean)


def test_a_list_by_an_algorithm_that_is_not_listed_is_no_list(world: World) -> None:
    certificate = of_each_shard(world)[0]
    assert judge(world, certificate, world.now) == "believed"  # control
    authority = world.site.authority._newest("device")
    builder = x509.CertificateRevocationListBuilder(
        authority.certificate.subject, world.now, world.now + timedelta(days=1)
    )
    for extension in crl(world, "device-0").extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    for digest, verdict in (
        (hashes.SHA384(), "believed"),
        (hashes.SHA512(), "certificate-revocation-unknown"),
    ):
        world.trust.publish("device-0.crl.pem", [builder.sign(authority._signer, digest)])
        assert judge(world, certificate, world.now) == verdict


def crl(world: World, name: str) -> x509.CertificateRevocationList:
    found = world.trust.crl(name)
    assert found is not None
    return found


def test_a_damaged_list_is_told_and_the_others_are_handed_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (world.trust.path / "device-1.crl.pem").write_text("-----BEGIN X509 CRL-----\nno\n")
    server = Distribution({"": world.trust})
    names = ("device-0", "device-1", "device-2", "other")
    asked = [server.handle(Request(method="GET", path=f"/crl/{name}.crl")) for name in names]
    assert [each.status for each in asked] == [200, 500, 200, 404]
    assert caplog.records[-1].message == "pki-list-unreadable code=trust-malformed file=/crl/device-1.crl"
    world.site.authority.publish(world.now + timedelta(hours=1))  # and the next publication mends it
    assert server.handle(Request(method="GET", path="/crl/device-1.crl")).status == 200
