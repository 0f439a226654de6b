"""EST with ``openssl`` and ``curl`` alone, as anybody's device would (RFC 7030)."""

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.pki import PKI_NAME, PkiService, PkiSettings
from meterkast.protocols.x509 import Purpose, system_title, validate
from pki.world import TITLE, World

pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command on this machine"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="no curl command on this machine"),
]


@pytest.fixture
def service(world: World) -> Iterator[PkiService]:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    yield service
    service.stop()


class Stranger:
    """Someone with a birth certificate, two commands and a folder."""

    def __init__(self, world: World, service: PkiService, folder: Path) -> None:
        self.folder, self._port = folder, service.port
        folder.mkdir()
        keystore = world.site.equip(TITLE, world.now)
        shutil.copy(keystore.folder / "birth.key.pem", folder / "birth.key.pem")
        (folder / "birth.pem").write_bytes(keystore.certificate("birth")[0].public_bytes(Encoding.PEM))
        shutil.copy(world.trust.path / "anchors.pem", folder / "anchors.pem")

    def openssl(self, *arguments: str) -> bytes:
        command = ["openssl", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=True, timeout=30).stdout

    def curl(self, path: str, *options: str, identity: str = "birth") -> tuple[int, str, bytes]:
        """Status, content type, body."""
        address = f"https://{PKI_NAME}:{self._port}/.well-known/est/{path}"
        command = [
            "curl", "--silent", "--max-time", "20", "--tlsv1.3",
            "--resolve", f"{PKI_NAME}:{self._port}:127.0.0.1", "--noproxy", "*",
            "--cacert", "anchors.pem", "--cert", f"{identity}.pem", "--key", f"{identity}.key.pem",
            "--output", "answer", "--write-out", "%{http_code} %{content_type}", *options, address,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=True, timeout=30
        )
        status, _, kind = done.stdout.partition(" ")
        return int(status), kind, (self.folder / "answer").read_bytes()

    def enrol(self, label: str, *, identity: str = "birth", operation: str = "simpleenroll") -> int:
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{label}.key.pem")
        self.openssl(
            "req", "-new", "-key", f"{label}.key.pem", "-subj", "/", "-outform", "DER", "-out", "req"
        )
        request = base64.encodebytes((self.folder / "req").read_bytes())
        (self.folder / "req.b64").write_bytes(request)
        header = "Content-Type: application/pkcs10"
        status, _, body = self.curl(
            f"{label}/{operation}", "--data-binary", "@req.b64", "--header", header, identity=identity
        )
        if status == 200:
            (self.folder / "answer.der").write_bytes(base64.b64decode(body))
            pem = self.openssl("pkcs7", "-inform", "DER", "-in", "answer.der", "-print_certs")
            (self.folder / f"{label}.pem").write_bytes(pem)
        return status


@pytest.fixture
def stranger(world: World, service: PkiService, tmp_path: Path) -> Stranger:
    return Stranger(world, service, tmp_path / "stranger")


def test_cacerts(world: World, stranger: Stranger) -> None:
    status, kind, body = stranger.curl("cacerts")
    assert (status, kind) == (200, "application/pkcs7-mime")
    (stranger.folder / "ca.der").write_bytes(base64.b64decode(body))
    printed = stranger.openssl("pkcs7", "-inform", "DER", "-in", "ca.der", "-print_certs").decode()
    assert printed.count("BEGIN CERTIFICATE") == 1 + len(world.trust.intermediates())


def test_csrattrs_as_openssl_reads_them(stranger: Stranger) -> None:
    status, kind, body = stranger.curl("sig/csrattrs")
    assert (status, kind) == (200, "application/csrattrs")
    (stranger.folder / "attributes.der").write_bytes(base64.b64decode(body))
    printed = stranger.openssl("asn1parse", "-inform", "DER", "-in", "attributes.der").decode()
    for name in ("id-ecPublicKey", "prime256v1", "ecdsa-with-SHA256"):
        assert name in printed


def test_a_device_enrols(world: World, stranger: Stranger) -> None:
    for label in ("tls", "sig", "enc"):
        assert stranger.enrol(label) == 200
        certificate = x509.load_pem_x509_certificate((stranger.folder / f"{label}.pem").read_bytes())
        trust = world.trust
        validated = validate(
            certificate, trust.intermediates(), trust.anchors(), trust.crls(), world.now, Purpose(label)
        )
        assert validated.title == system_title(certificate) == TITLE
    assert stranger.enrol("sig") == 403  # a second time, with another key
    assert len(world.site.authority.issued(str(TITLE))) == 3


def test_an_enrolled_device_cannot_enrol_again_and_may_not_renew_yet(stranger: Stranger) -> None:
    assert stranger.enrol("tls") == 200
    chain = stranger.folder / "tls.pem"
    certificates = stranger.openssl("pkcs7", "-inform", "DER", "-in", "answer.der", "-print_certs")
    issuing = stranger.curl("cacerts")[2]
    (stranger.folder / "ca.der").write_bytes(base64.b64decode(issuing))
    chain.write_bytes(
        certificates + stranger.openssl("pkcs7", "-inform", "DER", "-in", "ca.der", "-print_certs")
    )
    assert stranger.enrol("sig", identity="tls") == 403
    assert stranger.enrol("sig", identity="tls", operation="simplereenroll") == 403


def test_a_certificate_without_its_chain_is_refused_by_tls_and_the_rest_by_http(
    world: World, stranger: Stranger
) -> None:
    """What TLS can judge is an alert; what the PKI alone knows is a status."""
    assert stranger.enrol("tls") == 200
    with pytest.raises(subprocess.CalledProcessError) as alone:
        stranger.enrol("sig", identity="tls", operation="simplereenroll")
    assert alone.value.returncode == 56
    leaf = stranger.folder / "tls.pem"
    device = next(each for each in world.trust.intermediates() if "device" in each.subject.rfc4514_string())
    leaf.write_bytes(leaf.read_bytes() + device.public_bytes(Encoding.PEM))
    assert stranger.enrol("sig", identity="tls", operation="simplereenroll") == 403
    world.site.authority.revoke(x509.load_pem_x509_certificate(leaf.read_bytes()).serial_number, world.now)
    with pytest.raises(subprocess.CalledProcessError) as revoked:
        stranger.enrol("sig", identity="tls", operation="simplereenroll")
    assert revoked.value.returncode == 56


def test_what_openssl_does_not_print_and_does_not_decode(stranger: Stranger) -> None:
    """The name of a device; and base64 in one line, which is why ours has several."""
    assert stranger.enrol("tls") == 200
    printed = stranger.openssl("x509", "-in", "tls.pem", "-noout", "-ext", "subjectAltName")
    assert b"othername: 1.3.6.1.5.5.7.8.4::<unsupported>" in printed
    body = stranger.curl("cacerts")[2]
    (stranger.folder / "lines").write_bytes(body)
    (stranger.folder / "line").write_bytes(body.replace(b"\n", b""))
    assert stranger.openssl("base64", "-d", "-in", "lines") == base64.b64decode(body)
    assert stranger.openssl("base64", "-d", "-in", "line") == b""


def test_keys_are_not_made_for_anybody(stranger: Stranger) -> None:
    header = "Content-Type: application/pkcs10"
    status, kind, body = stranger.curl("sig/serverkeygen", "--data-binary", "x", "--header", header)
    assert (status, kind, body) == (501, "text/plain", b"refused\n")


def test_a_bad_request_is_refused_with_the_same_words(world: World, stranger: Stranger) -> None:
    header = "Content-Type: application/pkcs10"
    for body in ("", "AAAA", "not base64!", "MAA="):
        answer = stranger.curl("sig/simpleenroll", "--data-binary", body, "--header", header)
        assert (answer[0], answer[2]) == (400, b"refused\n")
    assert (
        stranger.curl("sig/simpleenroll", "--data-binary", "x", "--header", "Content-Type: text/plain")[0]
        == 415
    )
    assert world.site.authority.issued(str(TITLE)) == []
