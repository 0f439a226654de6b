"""Another issuer under our profiles: certomancer makes certificates, lists and answers, and ours judge them.

The other way round its ASN.1 (asn1crypto) reads what we make and writes it anew, and pyhanko-certvalidator
goes by our responder.
"""

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bench.peers import peer_python
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtensionOID

from meterkast.model.errors import TrustError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.ocsp import Responder
from meterkast.pki.ocsp.speakers import speakers
from meterkast.pki.ocsp.standings import Standings
from meterkast.protocols.x509 import PROFILES, RULES, Purpose, validate
from meterkast.protocols.x509.identity import hardware_module_name
from meterkast.protocols.x509.ocsp import ask, require_good
from pki.world import OPERATOR, OTHER, TITLE, World

PEERS = peer_python("pki")
pytestmark = pytest.mark.skipif(PEERS is None, reason="the peers of the set pki are not installed")

ISSUER = """
import json, sys
from datetime import datetime
from asn1crypto import core, ocsp, x509
from certomancer import default_plugins
from certomancer.registry import CertLabel, ExtensionPlugin, ServiceLabel, extension_plugin_registry
from certomancer.registry.config import CertomancerConfig

@extension_plugin_registry.register
class Octets(ExtensionPlugin):
    schema_label, extension_type = "octets", x509.ExtensionId
    def provision(self, extn_id, arch, params):
        return core.ParsableOctetString(bytes.fromhex(params))

task = json.load(sys.stdin)
arch = CertomancerConfig(task["config"], key_search_dir=task["keys"]).pki_archs["theirs"]
at, services = datetime.fromisoformat(task["now"]), arch.service_registry
responder = services.summon_responder(ServiceLabel("responder"), at)
answer = lambda octets: responder.build_ocsp_response(ocsp.OCSPRequest.load(bytes.fromhex(octets)))
print(json.dumps({
    "certificates": {each: arch.get_cert(CertLabel(each)).dump().hex() for each in task["certificates"]},
    "lists": {each: services.get_crl(ServiceLabel(each), at).dump().hex() for each in task["lists"]},
    "answers": {name: answer(octets).dump().hex() for name, octets in task["requests"].items()},
}))
"""

READER = """
import json, sys
from asn1crypto import crl, ocsp, x509
kinds = {"certificate": x509.Certificate, "list": crl.CertificateList, "answer": ocsp.OCSPResponse}
told = []
for kind, octets in json.load(sys.stdin):
    read = kinds[kind].load(bytes.fromhex(octets), strict=True)
    read.native
    told.append(read.dump(force=True).hex())
print(json.dumps(told))
"""

VALIDATOR = """
import asyncio, json, sys
from datetime import datetime
from asn1crypto import crl, ocsp, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
task = json.load(sys.stdin)
certificate = lambda text: x509.Certificate.load(bytes.fromhex(text))
context = ValidationContext(
    trust_roots=[certificate(each) for each in task["roots"]],
    crls=[crl.CertificateList.load(bytes.fromhex(each)) for each in task["lists"]],
    ocsps=[ocsp.OCSPResponse.load(bytes.fromhex(each)) for each in task["answers"]],
    revocation_mode="hard-fail", allow_fetching=False, moment=datetime.fromisoformat(task["now"]),
)
between = [certificate(each) for each in task["between"]]
validator = CertificateValidator(certificate(task["leaf"]), between, validation_context=context)
try:
    asyncio.run(validator.async_validate_usage(set()))
    print(json.dumps("ok"))
except Exception as error:
    print(json.dumps(type(error).__name__))
"""

NOW = datetime.now(UTC).replace(microsecond=0)
NONCE = bytes(range(32))
SIG, OCSP = PROFILES[Purpose.SIG], PROFILES[Purpose.OCSP]
KEYS: dict[str, ec.EllipticCurve] = {
    "root": ec.SECP384R1(),
    "device": ec.SECP384R1(),
    "leaf": ec.SECP256R1(),
    "revoked": ec.SECP256R1(),
    "responder": ec.SECP256R1(),
}


def peer(script: str, task: object) -> Any:  # noqa: ANN401 — JSON
    command = [str(PEERS), "-c", script]
    done = subprocess.run(
        command, input=json.dumps(task), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def uses(*names: str) -> dict[str, Any]:
    value = {"schema": "key-usage", "params": list(names)}
    return {"id": "key_usage", "critical": True, "smart-value": value}


def policies(*names: x509.ObjectIdentifier) -> dict[str, Any]:
    value = [{"policy_identifier": name.dotted_string} for name in names]
    return {"id": "certificate_policies", "critical": True, "value": value}


def point(name: str) -> dict[str, Any]:
    value = {"schema": "crl-dist-url", "params": {"crl-repo-names": [name]}}
    return {"id": "crl_distribution_points", "smart-value": value}


def authority(length: int, *more: dict[str, Any]) -> list[dict[str, Any]]:
    value = {"ca": True, "path_len_constraint": length}
    return [
        {"id": "basic_constraints", "critical": True, "value": value},
        uses("key_cert_sign", "crl_sign"),
        *more,
    ]


def device(extended: str) -> list[dict[str, Any]]:
    """What a signing certificate has; only the name, a HardwareModuleName, is in octets of ours."""
    name = x509.SubjectAlternativeName([hardware_module_name(TITLE)]).public_bytes().hex()
    where = {"schema": "aia-urls", "params": {"ocsp-responder-names": ["responder"]}}
    return [
        uses("digital_signature"),
        policies(SIG.policy),
        {"id": "extended_key_usage", "critical": True, "value": [extended]},
        {"id": "subject_alt_name", "critical": True, "smart-value": {"schema": "octets", "params": name}},
        {"id": "authority_information_access", "smart-value": where},
        point("device-list"),
    ]


def speaker() -> list[dict[str, Any]]:
    name = {"schema": "general-names", "params": [{"type": "directory-name", "value": "responder"}]}
    return [
        uses("digital_signature"),
        policies(OCSP.policy),
        {"id": "extended_key_usage", "critical": True, "value": ["ocsp_signing"]},
        {"id": "subject_alt_name", "smart-value": name},
        {"id": "ocsp_no_check"},
    ]


def made(
    subject: str,
    issuer: str,
    days: int,
    extensions: list[dict[str, Any]],
    *,
    key: str | None = None,
    revoked: datetime | None = None,
) -> dict[str, Any]:
    begin = NOW - timedelta(hours=2)
    certificate: dict[str, Any] = {
        "subject": subject,
        "subject-key": key or subject,
        "issuer": issuer,
        "authority-key": issuer,
        "serial": x509.random_serial_number(),
        "digest-algo": "sha384",
        "validity": {
            "valid-from": begin.isoformat(),
            "valid-to": (begin + timedelta(days=days)).isoformat(),
        },
        "extensions": extensions,
    }
    return (
        certificate
        if revoked is None
        else certificate | {"revocation": {"revoked-since": revoked.isoformat()}}
    )


def pki(extended: str = SIG.extended.dotted_string) -> dict[str, Any]:
    """A root, a device authority with its list and responder, and two devices, one of them revoked."""
    entities = {
        name: {"organization-name": OPERATOR, "common-name": name} for name in ("root", "device", "responder")
    }
    certificates = {
        "root": made("root", "root", 7300, authority(2)),
        "device": made(
            "device",
            "root",
            1825,
            authority(0, policies(*RULES.authorities["device"].policies), point("root-list")),
        ),
        "leaf": made("nobody", "device", 730, device(extended), key="leaf"),
        "revoked": made(
            "nobody", "device", 730, device(extended), key="revoked", revoked=NOW - timedelta(minutes=90)
        ),
        "responder": made("responder", "device", 30, speaker()),
    }
    lists = {
        f"{name}-list": {"for-issuer": name, "signing-key": name, "simulated-update-schedule": "PT1H"}
        for name in ("root", "device")
    }
    responder = {"for-issuer": "device", "responder-cert": "responder"}
    return {
        "external-url-prefix": "http://theirs.example",
        "keysets": {"theirs": {"path-prefix": ".", "keys": {name: {"path": f"{name}.pem"} for name in KEYS}}},
        "pki-architectures": {
            "theirs": {
                "keyset": "theirs",
                "entities": entities | {"nobody": {}},
                "certs": certificates,
                "services": {"crl-repo": lists, "ocsp": {"responder": responder}},
            }
        },
    }


@dataclass
class Theirs:
    """A PKI of certomancer's, whose keys are in a folder."""

    keys: Path
    config: dict[str, Any]

    @classmethod
    def founded(cls, keys: Path, **changed: str) -> "Theirs":
        for name, curve in KEYS.items():
            key = ec.generate_private_key(curve)
            octets = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (keys / f"{name}.pem").write_bytes(octets)
        return cls(keys, pki(**changed))

    def told(self, *, requests: dict[str, bytes] | None = None) -> dict[str, dict[str, str]]:
        told: dict[str, dict[str, str]] = peer(
            ISSUER,
            {
                "config": self.config,
                "keys": str(self.keys),
                "now": NOW.isoformat(),
                "certificates": list(KEYS),
                "lists": ["root-list", "device-list"],
                "requests": {name: octets.hex() for name, octets in (requests or {}).items()},
            },
        )
        return told


def certificates(told: dict[str, dict[str, str]]) -> dict[str, x509.Certificate]:
    return {
        name: x509.load_der_x509_certificate(bytes.fromhex(each))
        for name, each in told["certificates"].items()
    }


def judged(told: dict[str, dict[str, str]], name: str, *, without: str = "") -> str:
    """Our verdict on one of their certificates, by their lists."""
    given = certificates(told)
    lists = [bytes.fromhex(each) for label, each in told["lists"].items() if label != without]
    crls = [x509.load_der_x509_crl(each) for each in lists]
    try:
        validated = validate(given[name], [given["device"]], [given["root"]], crls, NOW, Purpose.SIG)
    except TrustError as error:
        return error.code
    return str(validated.title)


def test_certificates_and_lists_of_another_issuer(tmp_path: Path) -> None:
    told = Theirs.founded(tmp_path).told()
    assert judged(told, "leaf") == str(TITLE)
    assert judged(told, "revoked") == "certificate-revoked"
    assert judged(told, "leaf", without="device-list") == "certificate-revocation-unknown"
    other = Theirs.founded(tmp_path, extended="1.3.6.1.4.1.99999.2.4").told()
    assert judged(other, "leaf") == "certificate-purpose"


def test_answers_of_another_responder(tmp_path: Path) -> None:
    theirs = Theirs.founded(tmp_path)
    given = certificates(theirs.told())
    requests = {name: ask(given[name], given["device"], nonce=NONCE) for name in ("leaf", "revoked")}
    answers = theirs.told(requests=requests)["answers"]
    # a certificate is signed anew each time; its number, which is what a responder answers for, stays
    told = {}
    for name, answer in answers.items():
        try:
            require_good(
                bytes.fromhex(answer),
                given[name],
                given["device"],
                nonce=NONCE,
                responder_profile=OCSP,
                now=NOW,
            )
            told[name] = "good"
        except TrustError as error:
            told[name] = error.code
    assert told == {"leaf": "good", "revoked": "certificate-revoked"}


def der(each: x509.Certificate | x509.CertificateRevocationList) -> str:
    return each.public_bytes(Encoding.DER).hex()


def ours(world: World, leaf: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """What our responder says of a certificate."""
    keystore = SoftwareKeystore(world.folder / "pki" / "ocsp")
    find = Standings(world.folder / "pki" / "register.sqlite").find
    responder = Responder(speakers([world.site.authority], keystore, world.now), find)
    return responder.answer(ask(leaf, issuer, nonce=NONCE), world.now)


def test_another_reader_writes_ours_anew_to_the_octet(world: World) -> None:
    """Everything we sign is in DER, as somebody else's encoder writes it."""
    gateway = world.enrolled()
    leaf, issuer = gateway.certificate("sig")[:2]
    world.site.authority.revoke(world.enrolled(OTHER).certificate("sig")[0].serial_number, world.now)
    trust = world.trust
    made = [
        *(("certificate", der(gateway.certificate(label)[0])) for label in ("birth", "tls", "sig", "enc")),
        *(("certificate", der(each)) for each in (*trust.anchors(), *trust.intermediates())),
        *(
            ("certificate", der(each))
            for each in (trust.operator_enc()[0], *world.headend().certificate("tls"))
        ),
        *(("list", der(each)) for each in trust.crls()),
        ("answer", ours(world, leaf, issuer).hex()),
    ]
    assert peer(READER, made) == [octets for _, octets in made]
    tight = made[0][1]
    loose = "308300" + tight[4:]  # a length in more octets than it needs: BER, not DER
    assert peer(READER, [("certificate", loose)]) == [tight]


def test_another_validator_goes_by_our_responder(world: World) -> None:
    """No list of the device authority is at hand; what the responder says is all there is."""
    leaf, issuer = world.enrolled().certificate("sig")[:2]
    trust = world.trust

    def verdict(*answers: bytes) -> str:
        told: str = peer(
            VALIDATOR,
            {
                "leaf": der(leaf),
                "roots": [der(each) for each in trust.anchors()],
                "between": [der(each) for each in trust.intermediates()],
                "lists": [der(each) for each in trust.crls() if each.issuer == trust.anchors()[0].subject],
                "answers": [answer.hex() for answer in answers],
                "now": (world.now + timedelta(minutes=1)).isoformat(),
            },
        )
        return told

    assert verdict() == "InsufficientRevinfoError"
    assert verdict(ours(world, leaf, issuer)) == "ok"
    other = world.enrolled(OTHER).certificate("sig")[0]
    assert verdict(ours(world, other, issuer)) == "InsufficientRevinfoError"
    world.site.authority.revoke(leaf.serial_number, world.now)
    assert verdict(ours(world, leaf, issuer)) == "RevokedError"


def test_pkilint_finds_nothing_in_answers(world: World, tmp_path: Path) -> None:
    leaf, issuer = world.enrolled().certificate("sig")[:2]
    path = tmp_path / "answer.der"
    path.write_bytes(ours(world, leaf, issuer))
    assert PEERS is not None
    command = [str(PEERS.with_name("lint_ocsp_response")), "lint", "-s", "NOTICE", "-f", "JSON", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    results = json.loads(done.stdout)["results"]
    assert [finding["code"] for result in results for finding in result["finding_descriptions"]] == []


def test_their_lists_are_dated_as_ours_are_not(world: World, tmp_path: Path) -> None:
    """RFC 5280, 5.1.2.4: UTCTime until 2049. Theirs has GeneralizedTime, and is read all the same."""
    theirs = bytes.fromhex(Theirs.founded(tmp_path).told()["lists"]["device-list"])
    generalized = b"\x18\x0f" + NOW.strftime("%Y%m%d").encode()
    assert generalized in theirs
    assert not any(generalized in each.public_bytes(Encoding.DER) for each in world.trust.crls())
    assert ExtensionOID.ISSUING_DISTRIBUTION_POINT in {
        each.oid for each in x509.load_der_x509_crl(theirs).extensions
    }
