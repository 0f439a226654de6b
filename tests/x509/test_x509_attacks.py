"""Certificates as an attacker would make them, signed by our own authority where that helps (AT-07 to AT-13).

Each case has its control, the same certificate without the attack, and keeps the common rule of the attacks:
one text for every cause, nothing changed, bounded time.
"""

import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterkast.model.errors import TrustError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.protocols.ber import Element, elements, single
from meterkast.protocols.x509 import PathCache, Purpose, system_title
from meterkast.protocols.x509.profile import RULES
from pki.world import OTHER, TITLE, World
from x509.forge import forge, key_usage, list_address, policies, sig_extensions

SEQUENCE, BIT_STRING = 0x30, 0x03
MILLISECONDS = 250
"""No certificate may cost more than this to refuse, on a busy machine."""


def verdict(world: World, der: bytes, purpose: Purpose = Purpose.SIG, *, days: float = 0) -> str:
    before = {path.name: path.stat().st_mtime_ns for path in world.trust.path.iterdir()}
    begun = time.process_time()
    refusal: TrustError | None = None
    try:
        PathCache(world.trust).validate(der, world.now + timedelta(days=days), purpose)
    except TrustError as error:
        refusal = error
    assert (time.process_time() - begun) * 1000 < MILLISECONDS
    assert {path.name: path.stat().st_mtime_ns for path in world.trust.path.iterdir()} == before
    if refusal is None:
        return "believed"
    assert refusal.to_dict() == {
        "code": refusal.code,
        "message": "The certificate is not accepted.",
        "where": None,
        "hint": None,
    }
    return refusal.code


def of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def genuine(world: World) -> x509.Certificate:
    """What the forger makes when it changes nothing."""
    issuing = world.issuing()
    return forge(
        issuing.certificate("device")[0],
        issuing.signer("device"),
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        sig_extensions(),
        world.now,
        address=list_address("device-0"),
    )


def resigned(world: World, certificate: x509.Certificate, change: Callable[[bytes], bytes]) -> bytes:
    """The certificate with other octets in it, and a signature of the device authority that fits them."""
    contents = change(single(certificate.tbs_certificate_bytes, SEQUENCE).contents)
    tbs = Element(SEQUENCE, contents).encode()
    signer = world.issuing().signer("device")
    signature = signer.sign(tbs, ec.ECDSA(hashes.SHA384()))  # type: ignore[arg-type]
    _, algorithm, _ = elements(single(of(certificate), SEQUENCE).contents)
    parts = tbs + algorithm.encode() + Element(BIT_STRING, b"\0" + signature).encode()
    return Element(SEQUENCE, parts).encode()


def with_key(world: World, spki: bytes) -> bytes:
    certificate = genuine(world)
    old = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return resigned(world, certificate, lambda contents: contents.replace(old, spki))


def test_the_forger_makes_what_is_believed_where_it_changes_nothing(world: World) -> None:
    assert verdict(world, of(genuine(world))) == "believed"
    assert verdict(world, resigned(world, genuine(world), bytes)) == "believed"


def test_at_07_a_genuine_certificate_of_another_device(world: World) -> None:
    """It is believed, for the device that it names: whoever compares titles sees that it is another."""
    theirs = world.enrolled(OTHER).certificate("sig")[0]
    validated = PathCache(world.trust).validate(of(theirs), world.now, Purpose.SIG)
    assert validated.title == system_title(theirs) == OTHER != TITLE


def test_at_08_a_revoked_certificate(world: World) -> None:
    certificate = world.enrolled().certificate("sig")[0]
    assert verdict(world, of(certificate)) == "believed"
    world.site.authority.revoke(certificate.serial_number, world.now)
    assert verdict(world, of(certificate)) == "certificate-revoked"


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (-1, "certificate-not-yet-valid"),
        (0, "believed"),
        (731, "certificate-expired"),
        (29000, "certificate-expired"),
    ],
)
def test_at_09_outside_its_time(world: World, days: float, code: str) -> None:
    assert verdict(world, of(world.enrolled().certificate("sig")[0]), days=days) == code


@pytest.mark.parametrize("made_for", ["birth", "tls", "enc"])
def test_at_10_a_certificate_for_something_else(world: World, made_for: str) -> None:
    keystore = world.enrolled()
    assert verdict(world, of(keystore.certificate(made_for)[0])) == "certificate-purpose"
    assert verdict(world, of(keystore.certificate("sig")[0])) == "believed"


@pytest.mark.parametrize("fault", ["rogue", "no constraints", "not an authority", "unknown critical"])
def test_at_11_an_authority_that_is_none(world: World, fault: str) -> None:
    """Made by the root itself but for the rogue; the leaf below is as it should be."""
    root = SoftwareKeystore(world.folder / "pki" / "root")
    by_root = fault != "rogue"
    keystore, label = (root, "root") if by_root else (world.issuing(), "device")
    key = ec.generate_private_key(ec.SECP384R1())
    extensions: dict[str, tuple[x509.ExtensionType, bool]] = {
        "constraints": (x509.BasicConstraints(ca=True, path_length=0), True),
        "use": (key_usage("key_cert_sign", "crl_sign"), True),
        "policy": (policies(*RULES.authorities["device"].policies), True),
    }
    match fault:
        case "no constraints":
            del extensions["constraints"]
        case "not an authority":
            extensions["constraints"] = (x509.BasicConstraints(ca=False, path_length=None), True)
        case "unknown critical":
            unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.9"), b"\x05\x00")
            extensions["unknown"] = (unknown, True)
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Alliander"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "another authority"),
        ]
    )
    begin = world.now
    authority = forge(
        keystore.certificate(label)[0],
        keystore.signer(label),
        key.public_key(),
        extensions,
        begin,
        subject=subject,
    )
    leaf = forge(
        authority, key, ec.generate_private_key(ec.SECP256R1()).public_key(), sig_extensions(), begin
    )
    world.trust.publish("chain.pem", [authority, *world.trust.intermediates()])
    empty = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(subject)
        .last_update(begin)
        .next_update(begin + timedelta(days=1))
        .sign(key, hashes.SHA384())
    )
    world.trust.publish("another.crl.pem", [empty])
    assert verdict(world, of(leaf)) == "certificate-untrusted"
    assert verdict(world, of(genuine(world))) == "believed"


def test_at_11_the_control_an_authority_that_is_one(world: World) -> None:
    """The same forger with nothing left out: believed."""
    root = SoftwareKeystore(world.folder / "pki" / "root")
    key = ec.generate_private_key(ec.SECP384R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Alliander")])
    authority = forge(
        root.certificate("root")[0],
        root.signer("root"),
        key.public_key(),
        {
            "constraints": (x509.BasicConstraints(ca=True, path_length=0), True),
            "use": (key_usage("key_cert_sign", "crl_sign"), True),
            "policy": (policies(*RULES.authorities["device"].policies), True),
        },
        world.now,
        subject=subject,
    )
    leaf = forge(
        authority, key, ec.generate_private_key(ec.SECP256R1()).public_key(), sig_extensions(), world.now
    )
    builder = x509.CertificateRevocationListBuilder().issuer_name(subject).last_update(world.now)
    empty = builder.next_update(world.now + timedelta(days=1)).sign(key, hashes.SHA384())
    world.trust.publish("chain.pem", [authority])
    world.trust.publish("another.crl.pem", [empty])
    assert verdict(world, of(leaf)) == "believed"


def spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("kind", ["brainpool", "p-192", "p-521", "rsa-1024"])
def test_at_12_a_key_of_a_kind_that_is_not_ours(world: World, kind: str) -> None:
    keys: dict[str, Callable[[], object]] = {
        "brainpool": lambda: ec.generate_private_key(ec.BrainpoolP256R1()).public_key(),
        "p-192": lambda: ec.generate_private_key(ec.SECP192R1()).public_key(),
        "p-521": lambda: ec.generate_private_key(ec.SECP521R1()).public_key(),
        "rsa-1024": lambda: rsa.generate_private_key(65537, 1024).public_key(),
    }
    assert verdict(world, with_key(world, spki(keys[kind]()))) == "certificate-key"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command on this machine")
def test_at_12_explicit_parameters(world: World) -> None:
    """The curve spelled out instead of named, as in CVE-2020-0601: ours to the octet, and refused."""
    make = ["openssl", "ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout"]
    private = subprocess.run(make, capture_output=True, check=True, timeout=30).stdout
    show = ["openssl", "ec", "-pubout", "-outform", "DER", "-param_enc", "explicit"]
    der = subprocess.run(show, input=private, capture_output=True, check=True, timeout=30).stdout
    assert len(der) > 200
    assert verdict(world, with_key(world, der)) == "certificate-key"


def test_at_12_a_signature_with_sha_1(world: World) -> None:
    sha_384, sha_1 = bytes.fromhex("06082a8648ce3d040303"), bytes.fromhex("06072a8648ce3d0401")
    certificate = genuine(world)
    tbs = single(certificate.tbs_certificate_bytes, SEQUENCE).contents
    named = Element(SEQUENCE, sha_384).encode()
    weak = Element(SEQUENCE, sha_1).encode()
    assert tbs.count(named) == 1
    signed = Element(SEQUENCE, tbs.replace(named, weak)).encode()
    key = authority_key(world)
    signature = key.sign(signed, ec.ECDSA(hashes.SHA1()))
    der = Element(SEQUENCE, signed + weak + Element(BIT_STRING, b"\0" + signature).encode()).encode()
    assert verdict(world, der) == "certificate-untrusted"


def authority_key(world: World) -> ec.EllipticCurvePrivateKey:
    signer: ec.EllipticCurvePrivateKey = world.issuing().signer("device")  # type: ignore[assignment]
    return signer


@pytest.mark.parametrize("fault", ["off the curve", "identity", "compressed", "hybrid form", "too short"])
def test_at_13_a_point_that_is_no_point(world: World, fault: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    whole, point = spki(key), key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    head = whole[2 : whole.index(b"\x03\x42\x00")]
    points = {
        "off the curve": point[:-1] + bytes([point[-1] ^ 1]),
        "identity": b"\x00",
        "compressed": key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        "hybrid form": bytes([6 + (point[-1] & 1)]) + point[1:],
        "too short": point[:-1],
    }
    bad = Element(SEQUENCE, head + Element(BIT_STRING, b"\0" + points[fault]).encode()).encode()
    assert verdict(world, with_key(world, bad)) == "certificate-key"
    assert verdict(world, with_key(world, whole)) == "believed"


def test_every_octet_spoiled_is_refused(world: World) -> None:
    """No octet of a certificate is free: whichever is changed, it is not believed."""
    der = of(genuine(world))
    for place in range(0, len(der), 5):
        spoiled = der[:place] + bytes([der[place] ^ 0x10]) + der[place + 1 :]
        assert verdict(world, spoiled) != "believed", place
