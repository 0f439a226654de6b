"""The ``openssl`` command as foreign judge of our chains and lists."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.register import Register
from pki.world import OPERATOR, World

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl command on this machine")


def pem(path: Path, *parts: x509.Certificate | x509.CertificateRevocationList) -> str:
    path.write_bytes(b"".join(part.public_bytes(Encoding.PEM) for part in parts))
    return str(path)


def verdict(world: World, folder: Path, chain: list[x509.Certificate]) -> str:
    assert OPENSSL is not None
    command = [
        OPENSSL, "verify", "-x509_strict", "-crl_check_all",
        "-CAfile", pem(folder / "roots.pem", *world.trust.anchors()),
        "-CRLfile", pem(folder / "lists.pem", *world.trust.crls()),
        "-untrusted", pem(folder / "chain.pem", *chain[1:]),
        pem(folder / "leaf.pem", chain[0]),
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return run.stdout + run.stderr


def printed(crl: x509.CertificateRevocationList, folder: Path, *authorities: x509.Certificate) -> str:
    """What ``openssl crl`` prints of a list, and thinks of its signature by these authorities."""
    assert OPENSSL is not None
    command = [
        OPENSSL, "crl", "-in", pem(folder / "list.pem", crl), "-noout", "-text", "-crlnumber",
        "-verify", "-CAfile", pem(folder / "authorities.pem", *authorities),
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return run.stdout + run.stderr


def in_days(
    folder: Path,
    world: World,
    chain: list[x509.Certificate],
    crl: x509.CertificateRevocationList,
    days: float,
) -> str:
    """The verdict on a leaf by one list, at another time."""
    assert OPENSSL is not None
    at = world.now + timedelta(days=days)
    command = [
        OPENSSL, "verify", "-x509_strict", "-crl_check", "-attime", str(int(at.timestamp())),
        "-CAfile", pem(folder / "roots.pem", *world.trust.anchors()),
        "-CRLfile", pem(folder / "list.pem", crl),
        "-untrusted", pem(folder / "chain.pem", *chain[1:]),
        pem(folder / "leaf.pem", chain[0]),
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return run.stdout + run.stderr


def chains(world: World) -> list[list[x509.Certificate]]:
    gateway = world.enrolled()
    reader = SoftwareKeystore(world.folder / "mdm" / "keystore")
    return [
        *(gateway.certificate(label) for label in ("tls", "sig", "enc")),
        world.headend().certificate("tls"),
        reader.certificate("enc"),
    ]


def test_every_kind_of_certificate_is_accepted(world: World, tmp_path: Path) -> None:
    for chain in chains(world):
        assert "leaf.pem: OK" in verdict(world, tmp_path, chain)


def test_a_revoked_certificate_is_refused(world: World, tmp_path: Path) -> None:
    chain = world.enrolled().certificate("sig")
    assert "leaf.pem: OK" in verdict(world, tmp_path, chain)
    world.site.authority.revoke(chain[0].serial_number, world.now)
    assert "certificate revoked" in verdict(world, tmp_path, chain)


def test_every_list_is_signed_by_its_authority_and_by_no_other(world: World, tmp_path: Path) -> None:
    world.site.authority.revoke(world.enrolled().certificate("sig")[0].serial_number, world.now)
    authorities = [*world.trust.anchors(), *world.trust.intermediates()]
    for crl in world.trust.crls():
        others = [each for each in authorities if each.subject != crl.issuer]
        assert "verify OK" in printed(crl, tmp_path, *authorities)
        assert "Error getting CRL issuer certificate" in printed(crl, tmp_path, *others)


def test_a_list_under_another_key_is_seen(world: World, tmp_path: Path) -> None:
    device = next(each for each in world.trust.crls() if "device" in each.issuer.rfc4514_string())
    octets = bytearray(device.public_bytes(Encoding.DER))
    octets[-1] ^= 1
    forged = x509.load_der_x509_crl(bytes(octets))
    assert "verify failure" in printed(forged, tmp_path, *world.trust.intermediates())


def test_a_shard_says_whose_it_is_and_who_is_on_it(world: World, tmp_path: Path) -> None:
    chain = world.enrolled().certificate("sig")
    serial = chain[0].serial_number
    world.site.authority.revoke(serial, world.now)
    for number in range(4):
        crl = world.trust.crl(f"device-{number}")
        assert crl is not None
        text = printed(crl, tmp_path, *world.trust.intermediates())
        assert "X509v3 Issuing Distribution Point: critical" in text
        assert f"URI:http://pki.meterkast.internal/crl/device-{number}.crl" in text
        assert (f"{serial:X}" in text) is (number == serial % 4)
        told = "certificate revoked" if number == serial % 4 else "different CRL scope"
        assert told in in_days(tmp_path, world, chain, crl, 0)


def test_lists_signed_ahead_take_over_in_turn(world: World, tmp_path: Path) -> None:
    """Of three lists each counts in its time, and their numbers rise."""
    chain = world.enrolled().certificate("sig")
    name = f"device-{chain[0].serial_number % 4}"
    today = world.trust.crl(name)
    with Register(world.folder / "pki" / "register.sqlite").records(OPERATOR) as records:
        later = [records.revocations.ahead(world.now + timedelta(days=days))[name] for days in (6.5, 12.5)]
    assert today is not None
    numbers = []
    for crl, fresh in zip((today, *later), (1, 8, 14), strict=True):
        text = printed(crl, tmp_path, *world.trust.intermediates())
        assert "verify OK" in text
        numbers.append(int(text.rpartition("crlNumber=0x")[2].split()[0], 16))
        assert "leaf.pem: OK" in in_days(tmp_path, world, chain, crl, fresh)
        assert "CRL has expired" in in_days(tmp_path, world, chain, crl, fresh + 7)
        if crl is not today:
            assert "CRL is not yet valid" in in_days(tmp_path, world, chain, crl, fresh - 7)
    assert numbers == sorted(set(numbers))
