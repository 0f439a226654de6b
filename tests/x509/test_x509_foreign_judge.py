"""The ``openssl`` command as foreign judge of our chains and lists."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.outside.keystore import SoftwareKeystore
from pki.world import World

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
