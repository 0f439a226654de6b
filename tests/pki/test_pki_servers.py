"""The label ``server``: a server renews by the signature of its present key, and nobody does for another."""

import logging
from base64 import b64decode, encodebytes
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.model.errors import TrustError
from meterkast.outside.https import Request, Response, fetch
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.keystore.tls import mutual_context
from meterkast.outside.tls import HYBRID_ONLY
from meterkast.pki import HEADEND_NAME, PKI_NAME, PkiService, PkiSettings
from meterkast.pki.est import EstServer
from meterkast.pki.root import Root
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, server_name
from meterkast.protocols.x509.signed_request import sign_request
from pki.world import World, found, request

DUE, EXPIRED, LOST = 500, 745, 830
SIGNED = "application/pkcs7-mime"


def today() -> datetime:
    return datetime.now(UTC)


def asked(
    world: World,
    body: bytes,
    *,
    operation: str = "simplereenroll",
    content_type: str = SIGNED,
    peer: bytes | None = None,
) -> Response:
    question = Request(
        method="GET" if operation == "csrattrs" else "POST",
        path=f"/.well-known/est/server/{operation}",
        content_type=content_type,
        body=body,
        peer=peer,
        address="192.0.2.1",
    )
    return EstServer(Tenants(world.folder / "pki", world.trust), world.manufacturers).handle(
        question, today()
    )


def signed(keystore: Keystore, label: str, by: str = "tls", *wishes: x509.ExtensionType) -> bytes:
    """A request for the key under a label, signed by the key under another, as it travels."""
    present = keystore.certificate(by)[0]
    return encodebytes(sign_request(request(keystore, label, *wishes), present, keystore.signer(by)))


def issued(response: Response) -> x509.Certificate:
    assert response.status == 200
    (certificate,) = pkcs7.load_der_pkcs7_certificates(b64decode(response.body))
    return certificate


def refused(response: Response, status: int, caplog: pytest.LogCaptureFixture, code: str) -> None:
    assert (response.status, response.body) == (status, b"refused\n")
    (event,) = (each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING)
    assert f"code={code} " in event


def aged(tmp_path: Path, days: float = DUE) -> tuple[World, SoftwareKeystore]:
    """A site that old, and the keystore of its head-end with a key that has no certificate yet."""
    world = found(tmp_path / "aged", days_ago=days)
    keystore = world.headend()
    keystore.generate("next", KeyKind.EC_P256)
    return world, keystore


def test_a_server_renews_for_a_new_key(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path)
    new = issued(asked(world, signed(keystore, "next")))
    assert new.public_key() == keystore.public_key("next")
    assert server_name(new) == HEADEND_NAME
    # an answer that was lost on the way costs nothing
    assert issued(asked(world, signed(keystore, "next"))) == new
    assert len(world.site.authority.issued(HEADEND_NAME)) == 2
    keystore.put_certificate("next", [new])
    keystore.generate("third", KeyKind.EC_P256)
    assert asked(world, signed(keystore, "third", "next")).status == 403  # before two thirds of its life


def test_too_early(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world, keystore = aged(tmp_path, 480)
    refused(asked(world, signed(keystore, "next")), 403, caplog, "pki-renewal-early")


def test_a_little_late_and_too_late(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world, keystore = aged(tmp_path / "late", EXPIRED)
    assert asked(world, signed(keystore, "next")).status == 200
    world, keystore = aged(tmp_path / "lost", LOST)
    caplog.clear()
    refused(asked(world, signed(keystore, "next")), 403, caplog, "certificate-expired")


def test_a_revoked_server_does_not_renew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world, keystore = aged(tmp_path)
    world.site.authority.revoke(keystore.certificate("tls")[0].serial_number, today())
    caplog.clear()
    refused(asked(world, signed(keystore, "next")), 403, caplog, "certificate-revoked")


@pytest.mark.parametrize("label", ["tls", "sig", "birth"])
def test_no_certificate_of_a_gateway_renews_a_server(
    tmp_path: Path, label: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by its signature, nor shown in TLS beside a request in the server's name (AT-10)."""
    world, _ = aged(tmp_path)
    keystore = world.enrolled()
    name = x509.SubjectAlternativeName([x509.DNSName(HEADEND_NAME)])
    keystore.generate("next", KeyKind.EC_P256)
    code = "pki-not-admitted" if label == "birth" else "certificate-purpose"
    caplog.clear()
    refused(asked(world, signed(keystore, "next", label, name)), 403, caplog, code)
    peer = keystore.certificate(label)[0].public_bytes(Encoding.DER)
    plain = encodebytes(request(keystore, "next", name))
    assert asked(world, plain, peer=peer, content_type="application/pkcs10").status == 415
    assert asked(world, plain, peer=peer).status == 400
    assert len(world.site.authority.issued(HEADEND_NAME)) == 1


def test_no_server_renews_another(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world, keystore = aged(tmp_path)
    name = x509.SubjectAlternativeName([x509.DNSName(PKI_NAME)])
    refused(asked(world, signed(keystore, "next", "tls", name)), 400, caplog, "pki-request-presumptuous")


def test_the_signature_must_be_of_the_certificate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The server's genuine certificate, and somebody else's key."""
    world, keystore = aged(tmp_path)
    present = keystore.certificate("tls")[0]
    forged = sign_request(request(keystore, "next"), present, keystore.signer("next"))
    refused(asked(world, encodebytes(forged)), 400, caplog, "signed-request-proof")


def test_a_server_of_another_root_does_not_renew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of the same names all through: operator, authority, server."""
    world, _ = aged(tmp_path)
    _, stranger = aged(tmp_path / "other")
    caplog.clear()
    refused(asked(world, signed(stranger, "next")), 403, caplog, "certificate-untrusted")


def test_each_operator_renews_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Two operators under one root, each with a server of one name."""
    world, keystore = aged(tmp_path)
    pki, long_ago = world.folder / "pki", world.now
    enexis = world.site.admit("Enexis", long_ago)
    enexis.publish(today())
    Root(pki / "root").publish(world.trust, now=today())
    theirs = SoftwareKeystore(tmp_path / "theirs")
    for label in ("tls", "next"):
        theirs.generate(label, KeyKind.EC_P256)
    theirs.put_certificate("tls", enexis.certify_server(HEADEND_NAME, theirs.public_key("tls"), long_ago))
    (tmp_path / "root.crl.pem").write_bytes((world.trust.path / "root.crl.pem").read_bytes())
    enexis.trust.publish("root.crl.pem", [x509.load_pem_x509_crl((tmp_path / "root.crl.pem").read_bytes())])
    caplog.clear()
    new = issued(asked(world, signed(theirs, "next")))
    assert new.issuer == theirs.certificate("tls")[0].issuer
    assert [len(each.issued(HEADEND_NAME)) for each in (world.site.authority, enexis)] == [1, 2]
    assert world.site.authority.events() == enexis.events() == []
    assert issued(asked(world, signed(keystore, "next"))).issuer == keystore.certificate("tls")[0].issuer


def test_a_server_does_not_enrol(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path)
    for operation in ("simpleenroll", "renew"):
        assert asked(world, signed(keystore, "next"), operation=operation).status == 404
    assert asked(world, b"", operation="csrattrs").status == 200
    assert asked(world, b"!").status == asked(world, b"MAA=").status == 400


# Over real TLS


def test_without_a_certificate_one_is_told_what_is_public_and_nothing_else(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path)
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    context = mutual_context(key=None, chain=(), trust=world.trust, server_side=False, policy=HYBRID_ONLY)
    address = "127.0.0.1", service.port

    def ask(method: str, path: str, body: bytes = b"", kind: str = SIGNED) -> Response:
        question = Request(method=method, path=f"/.well-known/est/{path}", content_type=kind, body=body)
        return fetch(address, question, context=context, server_name=PKI_NAME)

    try:
        assert ask("GET", "cacerts").status == 200
        plain = encodebytes(request(keystore, "next"))
        for operation in ("simpleenroll", "simplereenroll"):
            assert ask("POST", f"tls/{operation}", plain, "application/pkcs10").status == 403
        assert issued(ask("POST", "server/simplereenroll", signed(keystore, "next")))
        with pytest.raises(TrustError) as caught:
            fetch(address, Request(method="GET", path="/"), context=context, server_name=HEADEND_NAME)
        assert caught.value.code == "https-tls-refused"
    finally:
        service.stop()


def test_a_server_certificate_is_not_shown_as_a_clients(tmp_path: Path) -> None:
    """RFC 5280, 4.2.1.12: it is for servers alone, so TLS refuses it, and the request is signed instead."""
    world, keystore = aged(tmp_path)
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    context = keystore.tls_context("tls", trust=world.trust, server_side=False)
    question = Request(method="GET", path="/.well-known/est/cacerts")
    try:
        with pytest.raises(TrustError) as caught:
            fetch(("127.0.0.1", service.port), question, context=context, server_name=PKI_NAME)
        assert caught.value.code == "https-tls-refused"
    finally:
        service.stop()


def test_the_register_has_it(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path)
    new = issued(asked(world, signed(keystore, "next")))
    (_, last) = world.site.authority.issued(HEADEND_NAME)
    assert (last.purpose, last.certificate) == (Purpose.TLS_SERVER, new)
    assert new.not_valid_after_utc - new.not_valid_before_utc >= timedelta(days=730)
