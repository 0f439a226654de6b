"""Foreign judges of what we issue: pkilint for its form, pyhanko-certvalidator for its paths and its shards.

Neither has anything to say against it; what they would say where we departed is the control of each test.
"""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from bench.peers import peer_python
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.outside.keystore import SoftwareKeystore
from meterkast.protocols.x509 import Purpose
from pki.world import OTHER, World
from x509.forge import forge, sig_extensions

PEERS = peer_python("pki")
pytestmark = pytest.mark.skipif(PEERS is None, reason="the peers of the set pki are not installed")

VALIDATOR = """
import asyncio, json, sys
from datetime import datetime
from asn1crypto import crl, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
task = json.load(sys.stdin)
certificate = lambda text: x509.Certificate.load(bytes.fromhex(text))
verdicts = {}
for name, leaf in task["leaves"].items():
    context = ValidationContext(
        trust_roots=[certificate(each) for each in task["roots"]],
        crls=[crl.CertificateList.load(bytes.fromhex(each)) for each in task["lists"]],
        revocation_mode="hard-fail", allow_fetching=False, moment=datetime.fromisoformat(task["now"]),
    )
    between = [certificate(each) for each in task["between"]]
    try:
        validator = CertificateValidator(certificate(leaf), between, validation_context=context)
        asyncio.run(validator.async_validate_usage(set()))
        verdicts[name] = "ok"
    except Exception as error:
        verdicts[name] = type(error).__name__
print(json.dumps(verdicts))
"""


def everything(world: World) -> dict[str, x509.Certificate]:
    """One certificate of every purpose but birth, whose root is another."""
    gateway = world.enrolled()
    authority, now = world.site.authority, world.now
    issued = {
        purpose.value: gateway.certificate(purpose)[0] for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC)
    }
    issued["tls-server"] = world.headend().certificate("tls")[0]
    issued["operator-enc"] = world.trust.operator_enc()[0]
    issued["operator-order"] = SoftwareKeystore(world.folder / "orders" / "keystore").certificate("order")[0]
    for purpose in (Purpose.UPDATE, Purpose.LOG, Purpose.OCSP):
        key = ec.generate_private_key(ec.SECP384R1()).public_key()
        issued[purpose] = authority.certify_role(purpose, key, now, role=f"the {purpose}")[0]
    assert set(issued) | {"birth"} == {*Purpose}
    return issued


def validated(world: World, leaves: dict[str, x509.Certificate]) -> dict[str, str]:
    trust = world.trust

    def der(each: x509.Certificate | x509.CertificateRevocationList) -> str:
        return each.public_bytes(Encoding.DER).hex()

    task = {
        "leaves": {name: der(leaf) for name, leaf in leaves.items()},
        "roots": [der(each) for each in trust.anchors()],
        "between": [der(each) for each in trust.intermediates()],
        "lists": [der(each) for each in trust.crls()],
        "now": (world.now + timedelta(minutes=1)).isoformat(),
    }
    done = subprocess.run(
        [str(PEERS), "-c", VALIDATOR],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    verdicts: dict[str, str] = json.loads(done.stdout)
    return verdicts


def linted(tool: str, path: Path, *options: str) -> list[str]:
    """What pkilint finds, from a notice up."""
    assert PEERS is not None
    command = [str(PEERS.with_name(tool)), "lint", *options, "-s", "NOTICE", "-f", "JSON", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    results = json.loads(done.stdout)["results"]
    return [finding["code"] for result in results for finding in result["finding_descriptions"]]


def test_a_foreign_validator_believes_every_kind(world: World) -> None:
    leaves = everything(world)
    assert validated(world, leaves) == dict.fromkeys(leaves, "ok")
    world.site.authority.revoke(leaves["sig"].serial_number, world.now)
    assert validated(world, leaves) == dict.fromkeys(leaves, "ok") | {"sig": "RevokedError"}


def test_a_foreign_validator_wants_the_shard_that_is_named(world: World) -> None:
    leaf = world.enrolled().certificate("sig")[0]
    (world.trust.path / f"device-{leaf.serial_number % 4}.crl.pem").unlink()
    assert validated(world, {"sig": leaf}) == {"sig": "InsufficientRevinfoError"}


def test_pkilint_finds_nothing_in_certificates(world: World, tmp_path: Path) -> None:
    trust = world.trust
    authorities = {f"authority-{number}": each for number, each in enumerate(trust.intermediates())}
    birth = world.site.equip(OTHER, world.now).certificate("birth")[0]
    for name, certificate in (
        everything(world) | authorities | {"root": trust.anchors()[0], "birth": birth}
    ).items():
        path = tmp_path / f"{name}.der"
        path.write_bytes(certificate.public_bytes(Encoding.DER))
        assert linted("lint_pkix_cert", path) == [], name


def test_pkilint_finds_what_our_linter_would_have_stopped(world: World, tmp_path: Path) -> None:
    issuing, key = world.issuing(), ec.generate_private_key(ec.SECP256R1()).public_key()
    extensions = sig_extensions()
    name, _ = extensions["name"]
    bad = forge(
        issuing.certificate("device")[0],
        issuing.signer("device"),
        key,
        extensions | {"name": (name, False)},
        world.now,
    )
    path = tmp_path / "bad.der"
    path.write_bytes(bad.public_bytes(Encoding.DER))
    assert linted("lint_pkix_cert", path) != []


def test_pkilint_finds_nothing_in_lists(world: World, tmp_path: Path) -> None:
    world.site.authority.revoke(world.enrolled().certificate("sig")[0].serial_number, world.now)
    for number, crl in enumerate(world.trust.crls()):
        path = tmp_path / f"{number}.der"
        path.write_bytes(crl.public_bytes(Encoding.DER))
        kind = "ARL" if crl.issuer == world.trust.anchors()[0].subject else "CRL"
        assert linted("lint_crl", path, "-t", kind, "-p", "PKIX") == []
