"""Requests that the present key signs: one form of CMS counts, ours and that of ``openssl``, and no other."""

import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.x509.signed_request import read_signed_request, sign_request

KEY, NEXT, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))


def certificate(key: ec.EllipticCurvePrivateKey, serial: int = 0x1234) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial, now, now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


PRESENT = certificate(KEY)
REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([]))
    .sign(NEXT, hashes.SHA256())
    .public_bytes(Encoding.DER)
)
SIGNED = sign_request(REQUEST, PRESENT, KEY)


def code(octets: bytes) -> str:
    with pytest.raises(PeerError) as caught:
        read_signed_request(octets)
    return caught.value.code


def built(*options: pkcs7.PKCS7Options, digest: hashes.SHA256 | hashes.SHA384 | None = None) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(REQUEST)
    signed = builder.add_signer(PRESENT, KEY, digest or hashes.SHA256())
    return signed.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def test_what_was_signed_is_read() -> None:
    found = read_signed_request(SIGNED)
    assert (found.request, found.certificate) == (REQUEST, PRESENT)


@pytest.mark.parametrize("serial", [1, 0x80, 0xFF00FF, (1 << 159) - 1])
def test_numbers_of_any_length(serial: int) -> None:
    present = certificate(KEY, serial)
    assert read_signed_request(sign_request(REQUEST, present, KEY)).certificate == present


def test_no_octet_of_what_is_signed_can_be_another() -> None:
    """What is read is the request that the key of the certificate has signed, or it is not read."""
    read = 0
    for index in range(len(SIGNED)):
        changed = bytearray(SIGNED)
        changed[index] ^= 0x01
        with suppress(PeerError):
            found = read_signed_request(bytes(changed))
            read += 1
            assert found.request == REQUEST
            assert found.certificate.public_key() == PRESENT.public_key()
    assert (
        0 < read < len(PRESENT.public_bytes(Encoding.DER))
    )  # whether to believe that one is asked elsewhere


def test_the_key_of_another_certificate_proves_nothing() -> None:
    changed = REQUEST[:-1] + bytes((REQUEST[-1] ^ 1,))
    assert code(SIGNED.replace(REQUEST, changed)) == "signed-request-proof"
    impostor = sign_request(REQUEST, certificate(OTHER), OTHER)
    key, own = (each.public_numbers() for each in (OTHER.public_key(), KEY.public_key()))
    for left, right in ((key.x, own.x), (key.y, own.y)):
        impostor = impostor.replace(left.to_bytes(32, "big"), right.to_bytes(32, "big"))
    assert code(impostor) == "signed-request-proof"


def test_other_forms_do_not_count() -> None:
    attributes = built()
    assert code(attributes) == "signed-request-malformed"
    detached = built(pkcs7.PKCS7Options.NoAttributes, pkcs7.PKCS7Options.DetachedSignature)
    assert code(detached) == "signed-request-malformed"
    nobody = built(pkcs7.PKCS7Options.NoAttributes, pkcs7.PKCS7Options.NoCerts)
    assert code(nobody) == "signed-request-malformed"
    assert code(built(pkcs7.PKCS7Options.NoAttributes, digest=hashes.SHA384())) == "signed-request-malformed"
    assert code(pkcs7.serialize_certificates([PRESENT], Encoding.DER)) == "signed-request-malformed"
    twice = pkcs7.PKCS7SignatureBuilder().set_data(REQUEST)
    twice = twice.add_signer(PRESENT, KEY, hashes.SHA256())
    twice = twice.add_signer(certificate(OTHER), OTHER, hashes.SHA256())
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes]
    assert code(twice.sign(Encoding.DER, options)) == "signed-request-malformed"
    assert code(SIGNED + b"\x00") == "signed-request-malformed"
    assert code(b"\x30" * (1 << 16)) == "signed-request-malformed"


def test_the_signer_is_the_holder_of_the_certificate_with_it() -> None:
    """The signature holds, and says that it is somebody else's: of that name or that number."""
    serial, name = b"\x02\x02\x12\x34", b"\x0c\x06server"
    for kept in (serial, name):
        at = SIGNED.rindex(kept)
        changed = SIGNED[:at] + kept[:-1] + bytes((kept[-1] ^ 1,)) + SIGNED[at + len(kept) :]
        assert code(changed) == "signed-request-malformed"


@given(st.binary(max_size=400))
def test_garbage_is_refused(octets: bytes) -> None:
    assert code(octets) == "signed-request-malformed"


def test_a_key_of_another_kind_is_ours_to_know() -> None:
    key = mldsa.MLDSA44PrivateKey.generate()
    with pytest.raises(LocalError) as caught:
        sign_request(REQUEST, PRESENT, key)
    assert caught.value.code == "request-signer-kind"


@pytest.mark.processes
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command on this machine")
def test_openssl_makes_and_takes_the_same_form(tmp_path: Path) -> None:
    (tmp_path / "request.der").write_bytes(REQUEST)
    (tmp_path / "present.pem").write_bytes(PRESENT.public_bytes(Encoding.PEM))
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "ours.der").write_bytes(SIGNED)

    def openssl(words: str) -> None:
        subprocess.run(["openssl", "cms", *words.split()], cwd=tmp_path, check=True, capture_output=True)

    openssl(
        "-sign -binary -nodetach -noattr -md sha256 -in request.der -signer present.pem -inkey key.pem"
        " -outform DER -out theirs.der"
    )
    found = read_signed_request((tmp_path / "theirs.der").read_bytes())
    assert (found.request, found.certificate) == (REQUEST, PRESENT)
    openssl("-verify -noverify -binary -inform DER -in ours.der -out read.der")
    assert (tmp_path / "read.der").read_bytes() == REQUEST
