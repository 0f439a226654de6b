"""Enrolment, sans-IO: who gets a certificate, and that only the key is theirs to choose (AT-10, AT-15)."""

import logging
from base64 import b64decode, encodebytes
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from meterkast.outside.https import Request, Response
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.birth import Manufacturer
from meterkast.pki.est import EstServer
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, ValidatedCertificate, validate
from meterkast.protocols.x509.identity import hardware_module_name
from pki.world import OPERATOR, OTHER, TITLE, World, request
from x509 import hostile


def ask(
    world: World,
    body: bytes,
    *,
    peer: bytes | None,
    path: str = "sig/simpleenroll",
    method: str = "POST",
    content_type: str = "application/pkcs10",
) -> Response:
    question = Request(
        method=method,
        path=f"/.well-known/est/{path}",
        content_type=content_type,
        body=body,
        peer=peer,
        address="192.0.2.1",
    )
    tenants = Tenants(world.folder / "pki", world.trust)
    return EstServer(tenants, world.manufacturers).handle(question, world.now)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def certificates(response: Response) -> list[x509.Certificate]:
    assert (response.status, response.content_type) == (200, "application/pkcs7-mime; smime-type=certs-only")
    return pkcs7.load_der_pkcs7_certificates(b64decode(response.body))


def judged(world: World, certificate: x509.Certificate, purpose: Purpose) -> ValidatedCertificate:
    trust = world.trust
    return validate(certificate, trust.intermediates(), trust.anchors(), trust.crls(), world.now, purpose)


def gateway(world: World, *labels: str) -> tuple[Keystore, bytes]:
    """A born and expected gateway with fresh keys, and its birth certificate."""
    keystore = world.site.equip(TITLE, world.now)
    for label in labels or ("sig",):
        keystore.generate(label, KeyKind.EC_P256)
    return keystore, der(keystore.certificate("birth")[0])


def test_a_gateway_gets_its_certificate(world: World) -> None:
    keystore, birth = gateway(world)
    (mine,) = certificates(ask(world, encodebytes(request(keystore, "sig")), peer=birth))
    assert mine.public_key() == keystore.public_key("sig")
    assert judged(world, mine, Purpose.SIG).title == TITLE
    (issued,) = world.site.authority.issued(str(TITLE))
    assert (issued.certificate, issued.purpose, issued.issuer) == (mine, Purpose.SIG, "device")
    assert world.site.authority.devices() == [(str(TITLE), OPERATOR)]


def test_the_request_contributes_the_key_and_nothing_else(world: World) -> None:
    """What is not presumptuous is not looked at: lives, uses, subjects."""
    keystore, birth = gateway(world)
    wishes = (
        x509.SubjectAlternativeName([hardware_module_name(TITLE)]),
        x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.5.29.37.0")]),
        x509.BasicConstraints(ca=False, path_length=None),
    )
    (mine,) = certificates(ask(world, encodebytes(request(keystore, "sig", *wishes)), peer=birth))
    assert judged(world, mine, Purpose.SIG).title == TITLE
    with pytest.raises(x509.ExtensionNotFound):
        mine.extensions.get_extension_for_class(x509.BasicConstraints)


@pytest.mark.parametrize(
    "wish",
    [
        x509.SubjectAlternativeName([hardware_module_name(OTHER)]),
        x509.SubjectAlternativeName([x509.DNSName("headend.meterkast.internal")]),
        x509.BasicConstraints(ca=True, path_length=None),
    ],
)
def test_at_15_a_request_for_what_is_not_its_own(
    world: World, wish: x509.ExtensionType, caplog: pytest.LogCaptureFixture
) -> None:
    keystore, birth = gateway(world)
    response = ask(world, encodebytes(request(keystore, "sig", wish)), peer=birth)
    refused(world, response, 400, caplog, "pki-request-presumptuous")
    certificates(ask(world, encodebytes(request(keystore, "sig")), peer=birth))


def test_cacerts(world: World) -> None:
    for path in ("cacerts", "sig/cacerts"):
        answer = ask(world, b"", peer=None, path=path, method="GET")
        assert (answer.status, answer.content_type) == (200, "application/pkcs7-mime")
        found = pkcs7.load_der_pkcs7_certificates(b64decode(answer.body))
        assert set(found) == {*world.trust.anchors(), *world.trust.intermediates()}


@pytest.mark.parametrize("label", ["tls", "sig", "enc"])
def test_csrattrs_ask_for_a_key_on_p_256(world: World, label: str) -> None:
    answer = ask(world, b"", peer=None, path=f"{label}/csrattrs", method="GET")
    assert (answer.status, answer.content_type) == (200, "application/csrattrs")
    # RFC 7030, 4.5.2: SEQUENCE { SEQUENCE { id-ecPublicKey, SET { prime256v1 } }, ecdsa-with-SHA256 }
    expected = "3021301506072a8648ce3d0201310a06082a8648ce3d03010706082a8648ce3d040302"
    assert b64decode(answer.body).hex() == expected


def test_the_same_key_gets_the_same_certificate_and_another_none(world: World) -> None:
    keystore, birth = gateway(world, "sig", "sig2")
    body = encodebytes(request(keystore, "sig"))
    first = certificates(ask(world, body, peer=birth))
    assert certificates(ask(world, body, peer=birth)) == first
    second = encodebytes(request(keystore, "sig2"))
    assert ask(world, second, peer=birth).status == 403
    world.site.authority.release(TITLE, world.now)
    certificates(ask(world, second, peer=birth))
    old, new = world.site.authority.issued(str(TITLE))
    assert (old.revoked_at, new.revoked_at) == (world.now, None)
    assert ask(world, body, peer=birth).status == 400  # what was revoked is not made good by asking again


def broken_proof(keystore: Keystore) -> bytes:
    """A request for the gateway's key, signed by another one."""
    foreign = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    theirs = builder.sign(foreign, hashes.SHA256()).public_bytes(Encoding.DER)
    return theirs.replace(point(foreign.public_key()), point(keystore.public_key("sig")))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def refused(
    world: World, response: Response, status: int, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    """The common rule: constant text, exactly one event, no state changed (attacks reference)."""
    assert (response.status, response.body) == (status, b"refused\n")
    events = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(events) == 1
    assert f"code={code} " in events[0]
    assert "192.0.2.1" in events[0]
    assert world.site.authority.issued(str(TITLE)) == []


def test_no_proof_of_possession(world: World, caplog: pytest.LogCaptureFixture) -> None:
    keystore, birth = gateway(world)
    response = ask(world, encodebytes(broken_proof(keystore)), peer=birth)
    refused(world, response, 400, caplog, "pki-request-proof")


def test_a_key_on_another_curve(world: World, caplog: pytest.LogCaptureFixture) -> None:
    keystore, birth = gateway(world)
    keystore.generate("large", KeyKind.EC_P384)
    response = ask(world, encodebytes(request(keystore, "large")), peer=birth)
    refused(world, response, 400, caplog, "pki-request-key")


@pytest.mark.parametrize("body", [b"", b"!", b"AAAA", b"\xff" * 100])
def test_what_is_no_request(world: World, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    _, birth = gateway(world)
    refused(world, ask(world, body, peer=birth), 400, caplog, "pki-request-malformed")


def test_a_device_nobody_expects(world: World, caplog: pytest.LogCaptureFixture) -> None:
    keystore = SoftwareKeystore(world.folder / "unexpected")
    world.site.manufacturer.give_birth(TITLE, keystore, world.now)
    keystore.generate("sig", KeyKind.EC_P256)
    birth = der(keystore.certificate("birth")[0])
    response = ask(world, encodebytes(request(keystore, "sig")), peer=birth)
    refused(world, response, 403, caplog, "pki-not-admitted")


def test_an_operational_certificate_does_not_enrol(world: World, caplog: pytest.LogCaptureFixture) -> None:
    operational = der(world.enrolled(OTHER).certificate("tls")[0])
    keystore, _ = gateway(world)
    response = ask(world, encodebytes(request(keystore, "sig")), peer=operational)
    refused(world, response, 403, caplog, "certificate-purpose")


def test_without_any_certificate(world: World, caplog: pytest.LogCaptureFixture) -> None:
    keystore, _ = gateway(world)
    response = ask(world, encodebytes(request(keystore, "sig")), peer=None)
    refused(world, response, 403, caplog, "certificate-missing")


def test_a_maker_does_not_speak_for_anothers_devices(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every maker whose root the operator knows could else enrol as any gateway that is expected (AT-07)."""
    world.site.authority.expect(TITLE)
    other = Manufacturer.create(tmp_path / "maker", "EVL", known_to=world.manufacturers, now=world.now)
    keystore = SoftwareKeystore(tmp_path / "device")
    other._maker = TITLE.manufacturer  # a maker that does not keep its own rule
    other.give_birth(TITLE, keystore, world.now)
    keystore.generate("sig", KeyKind.EC_P256)
    response = ask(world, encodebytes(request(keystore, "sig")), peer=der(keystore.certificate("birth")[0]))
    refused(world, response, 403, caplog, "certificate-tenant-foreign")


def test_a_revoked_birth_certificate(world: World, caplog: pytest.LogCaptureFixture) -> None:
    keystore, birth = gateway(world)
    serial = keystore.certificate("birth")[0].serial_number
    known: TrustFolder = world.manufacturers
    world.site.manufacturer.publish(known, revoked=[(serial, world.now)], now=world.now)
    response = ask(world, encodebytes(request(keystore, "sig")), peer=birth)
    refused(world, response, 403, caplog, "certificate-revoked")


@pytest.mark.parametrize(
    ("path", "method", "content_type", "status"),
    [
        ("sig/serverkeygen", "POST", "application/pkcs10", 501),
        ("sig/simplereenroll", "POST", "application/pkcs10", 403),
        ("sig/simplereenroll", "GET", "application/pkcs10", 405),
        ("sig/fullcmc", "POST", "application/pkcs10", 501),
        ("csrattrs", "GET", "", 204),
        ("sig/csrattrs", "POST", "", 405),
        ("sig/simpleenroll", "POST", "application/json", 415),
        ("sig/simpleenroll", "POST", "", 415),
        ("sig/simpleenroll", "GET", "application/pkcs10", 405),
        ("cacerts", "POST", "", 405),
        ("simpleenroll", "POST", "application/pkcs10", 404),
        ("root/simpleenroll", "POST", "application/pkcs10", 404),
        ("birth/simpleenroll", "POST", "application/pkcs10", 404),
        ("sig/else", "GET", "", 404),
        ("../sig/cacerts", "GET", "", 404),
    ],
)
def test_other_questions(world: World, path: str, method: str, content_type: str, status: int) -> None:
    _, birth = gateway(world)
    response = ask(world, b"", peer=birth, path=path, method=method, content_type=content_type)
    assert response.status == status


def test_garbage_gets_an_answer(world: World) -> None:
    keystore, birth = gateway(world)
    good = encodebytes(request(keystore, "sig"))

    @given(st.binary(max_size=64), st.integers(0, len(good)))
    def answered(octets: bytes, place: int) -> None:
        spoiled = good[:place] + octets + good[place + len(octets) + 1 :]
        assert ask(world, spoiled, peer=birth).status in {200, 400, 403}

    answered()


@pytest.mark.parametrize("wish", hostile.EXTENSIONS)
def test_a_request_that_no_library_can_read_is_a_bad_request(
    world: World, caplog: pytest.LogCaptureFixture, wish: str
) -> None:
    caplog.set_level(logging.WARNING, "meterkast.pki")
    _, birth = gateway(world)
    for made in (hostile.request(hostile.EXTENSIONS[wish]), hostile.request([], version=1)):
        assert ask(world, encodebytes(made), peer=birth).status == 400
        refusal = caplog.records[-1].message
        assert refusal.startswith(f"pki-enrolment-refused code=pki-request-malformed holder={TITLE}")


def test_who_shows_what_no_library_can_read(world: World) -> None:
    keystore, _ = gateway(world)
    wanted = encodebytes(request(keystore, "sig"))
    for extensions in hostile.EXTENSIONS.values():
        assert ask(world, wanted, peer=hostile.certificate(extensions)).status == 403
