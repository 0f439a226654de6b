"""Believing once: a judgement is given again only while it still holds."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import TrustError
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import PathCache, Purpose, ValidatedCertificate, cache
from meterkast.protocols.x509.path import validate
from meterkast.protocols.x509.revocation import Window
from pki.world import OPERATOR, OTHER, TITLE, World


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[x509.Certificate]:
    """Certificates that were really looked at."""
    seen: list[x509.Certificate] = []

    def spy(certificate: x509.Certificate, *given: object, **named: object) -> ValidatedCertificate:
        seen.append(certificate)
        return validate(certificate, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "validate", spy)
    return seen


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def refusal(paths: PathCache, certificate: bytes, now: datetime, purpose: Purpose = Purpose.SIG) -> str:
    with pytest.raises(TrustError) as caught:
        paths.validate(certificate, now, purpose)
    return caught.value.code


def test_the_second_time_costs_nothing(world: World, judged: list[x509.Certificate]) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    paths = PathCache(world.trust)
    first = paths.validate(certificate, world.now, Purpose.SIG)
    again = paths.validate(bytes(bytearray(certificate)), world.now + timedelta(hours=1), Purpose.SIG)
    assert again is first
    assert len(judged) == 1
    assert first.title == TITLE


def test_a_revocation_counts_at_once(world: World) -> None:
    certificate = world.enrolled().certificate("sig")[0]
    other = world.enrolled(OTHER).certificate("sig")[0]
    paths = PathCache(world.trust)
    for each in (certificate, other):
        paths.validate(der(each), world.now, Purpose.SIG)
    world.site.authority.revoke(certificate.serial_number, world.now)
    assert refusal(paths, der(certificate), world.now) == "certificate-revoked"
    assert paths.validate(der(other), world.now, Purpose.SIG).title == OTHER


def test_other_purposes_and_tenants_are_judged_for_themselves(world: World) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    paths = PathCache(world.trust)
    paths.validate(certificate, world.now, Purpose.SIG, tenant=OPERATOR)
    assert refusal(paths, certificate, world.now, Purpose.TLS) == "certificate-purpose"
    with pytest.raises(TrustError) as caught:
        paths.validate(certificate, world.now, Purpose.SIG, tenant="Enexis")
    assert caught.value.code == "certificate-tenant-foreign"


def test_who_is_on_no_current_list_may_be_told_of_for_a_while(world: World) -> None:
    """A responder's word counts where no list does, until it ends or a list is there again."""
    leaf, issuer = world.enrolled().certificate("sig")[:2]
    asked: list[tuple[x509.Certificate, x509.Certificate, datetime]] = []
    late, hour = world.now + timedelta(days=8), timedelta(hours=1)

    def told(certificate: x509.Certificate, its_issuer: x509.Certificate, now: datetime) -> Window:
        asked.append((certificate, its_issuer, now))
        return Window(since=now, until=now + hour)

    paths = PathCache(world.trust, told=told)
    paths.validate(der(leaf), world.now, Purpose.SIG)
    assert asked == []
    assert refusal(PathCache(world.trust), der(leaf), late) == "certificate-revocation-unknown"
    for at in (late, late + hour / 2, late + hour):
        assert paths.validate(der(leaf), at, Purpose.SIG).window.until <= at + hour
    assert asked == [(leaf, issuer, late), (leaf, issuer, late + hour)]
    world.site.authority.publish(late)
    world.site.authority.revoke(leaf.serial_number, late)
    assert refusal(paths, der(leaf), late) == "certificate-revoked"


def test_of_an_authority_nobody_is_told(world: World) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    (world.trust.path / "root.crl.pem").unlink()
    forever = Window(since=world.now, until=world.now + timedelta(days=999))
    paths = PathCache(world.trust, told=lambda *_: forever)
    assert refusal(paths, certificate, world.now) == "certificate-revocation-unknown"


def test_a_judgement_ends_with_the_list_it_was_made_with(world: World) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    paths = PathCache(world.trust)
    window = paths.validate(certificate, world.now, Purpose.SIG).window
    assert window.until == world.now + timedelta(days=7) - timedelta(minutes=5)
    just_before = window.until - timedelta(seconds=1)
    assert paths.validate(certificate, just_before, Purpose.SIG).title == TITLE
    assert refusal(paths, certificate, window.until) == "certificate-revocation-unknown"


def test_a_judgement_ends_where_a_list_that_is_here_already_begins(
    world: World, judged: list[x509.Certificate]
) -> None:
    """A list for tomorrow lies in the folder and revokes: no file changes when tomorrow comes."""
    certificate = world.enrolled().certificate("sig")[0]
    issuer = next(each for each in world.site.authority._issuers if each.name == "device")
    tomorrow, shard = world.now + timedelta(days=1), certificate.serial_number % 4
    ahead = issuer.revocation_list(
        [(certificate.serial_number, world.now)], shard=shard, number=1 << 60, begin=tomorrow, now=world.now
    )
    world.trust.publish("tomorrow.crl.pem", [ahead])
    paths = PathCache(world.trust)
    paths.validate(der(certificate), world.now, Purpose.SIG)
    paths.validate(der(certificate), world.now + timedelta(hours=12), Purpose.SIG)
    assert len(judged) == 1
    assert refusal(paths, der(certificate), tomorrow) == "certificate-revoked"


def test_a_clock_that_goes_back_before_the_window_judges_anew(world: World) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    paths = PathCache(world.trust)
    paths.validate(certificate, world.now, Purpose.SIG)
    assert refusal(paths, certificate, world.now - timedelta(days=1)) == "certificate-not-yet-valid"


def test_other_roots_judge_anew(world: World) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    paths = PathCache(world.trust)
    paths.validate(certificate, world.now, Purpose.SIG)
    world.trust.publish("anchors.pem", world.manufacturers.anchors())
    assert refusal(paths, certificate, world.now) == "certificate-untrusted"


def test_a_refusal_is_not_kept(world: World) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    paths = PathCache(world.trust)
    assert refusal(paths, certificate, world.now - timedelta(days=1)) == "certificate-not-yet-valid"
    assert len(paths) == 0
    assert paths.validate(certificate, world.now, Purpose.SIG).title == TITLE


def test_it_is_bounded_and_forgets_what_is_not_asked_for(
    world: World, judged: list[x509.Certificate]
) -> None:
    keystore = world.enrolled()
    certificates = [(purpose, der(keystore.certificate(purpose)[0])) for purpose in ("tls", "sig", "enc")]
    paths = PathCache(world.trust, capacity=2)
    for purpose, certificate in certificates:
        paths.validate(certificate, world.now, Purpose(purpose))
    assert len(paths) == 2
    for purpose, certificate in certificates[1:]:
        paths.validate(certificate, world.now, Purpose(purpose))
    assert len(judged) == 3
    paths.validate(certificates[0][1], world.now, Purpose.TLS)
    assert len(judged) == 4


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"\xff" * 2000])
def test_what_is_no_certificate(world: World, octets: bytes) -> None:
    assert refusal(PathCache(world.trust), octets, world.now) == "certificate-malformed"


def test_an_unreadable_folder_gives_no_old_answer(world: World) -> None:
    certificate = der(world.enrolled().certificate("sig")[0])
    trust = TrustFolder(world.trust.path)
    paths = PathCache(trust)
    paths.validate(certificate, world.now, Purpose.SIG)
    for path in trust.crl_files():
        path.unlink()
    assert refusal(paths, certificate, world.now) == "certificate-revocation-unknown"
