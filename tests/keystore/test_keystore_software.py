"""The keystore: keys work inside and do not come out."""

import copy
import os
import pickle
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.outside.keystore import KeyKind, SigningHandle, SoftwareKeystore
from meterkast.outside.keystore.post_quantum import MlDsa44Handle, MlDsa65Handle, MlDsa87Handle
from pki.world import World


def code_of(error: pytest.ExceptionInfo[LocalError]) -> str:
    return error.value.code


@pytest.fixture
def keystore(tmp_path: Path) -> SoftwareKeystore:
    return SoftwareKeystore(tmp_path / "keystore")


@pytest.mark.parametrize(("kind", "width"), [(KeyKind.EC_P256, 32), (KeyKind.EC_P384, 48)])
def test_signatures_are_raw_and_low(keystore: SoftwareKeystore, kind: KeyKind, width: int) -> None:
    keystore.generate("sig", kind)
    key = keystore.public_key("sig")
    algorithm = hashes.SHA256() if kind is KeyKind.EC_P256 else hashes.SHA384()
    for number in range(20):  # one in two would have a high s
        signature = keystore.sign("sig", bytes((number,)))
        r, s = int.from_bytes(signature[:width], "big"), int.from_bytes(signature[width:], "big")
        assert len(signature) == 2 * width
        assert s <= key.curve.group_order // 2
        key.verify(encode_dss_signature(r, s), bytes((number,)), ec.ECDSA(algorithm))


def test_a_handle_signs_and_keeps_the_key(keystore: SoftwareKeystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    handle = keystore.signer("sig")
    assert isinstance(handle, SigningHandle)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    assert builder.sign(handle, hashes.SHA256()).is_signature_valid
    attempts: tuple[Callable[[], object], ...] = (
        handle.private_numbers,
        lambda: handle.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        lambda: handle.exchange(ec.ECDH(), handle.public_key()),
        lambda: pickle.dumps(handle),
    )
    for attempt in attempts:
        with pytest.raises(LocalError) as caught:
            attempt()
        assert code_of(caught) == "keystore-key-stays"
    assert copy.copy(handle) is handle
    assert copy.deepcopy(handle) is handle
    assert (handle.curve.name, handle.key_size) == ("secp256r1", 256)


@pytest.mark.parametrize(
    ("kind", "length"), [(KeyKind.ML_DSA_44, 2420), (KeyKind.ML_DSA_65, 3309), (KeyKind.ML_DSA_87, 4627)]
)
def test_post_quantum_handles_sign_and_keep_the_key(
    keystore: SoftwareKeystore, kind: KeyKind, length: int
) -> None:
    """Certificates, requests, lists and raw data; lengths from FIPS 204, table 2."""
    keystore.generate("root", kind)
    again = SoftwareKeystore(keystore.folder)
    handle = again.signer("root")
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "root")])
    certificate = (
        x509.CertificateBuilder(name, name, handle.public_key(), 1, now, now + timedelta(days=1))
    ).sign(handle, handle.digest)
    certificate.verify_directly_issued_by(certificate)
    assert x509.CertificateSigningRequestBuilder(name).sign(handle, handle.digest).is_signature_valid
    revocations = x509.CertificateRevocationListBuilder(name, now, now + timedelta(days=1))
    key = handle.public_key()
    assert not isinstance(key, ec.EllipticCurvePublicKey)
    assert revocations.sign(handle, handle.digest).is_signature_valid(key)
    signature = again.sign("root", b"data")
    assert len(signature) == length
    key.verify(signature, b"data")
    again.put_certificate("root", [certificate])
    with pytest.raises(LocalError, match="elliptic") as caught:
        again.public_key("root")
    assert code_of(caught) == "keystore-key-kind"
    assert isinstance(handle, MlDsa44Handle | MlDsa65Handle | MlDsa87Handle)
    attempts: tuple[Callable[[], object], ...] = (
        handle.private_bytes_raw,
        lambda: handle.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        lambda: handle.sign_mu(bytes(64)),
        lambda: pickle.dumps(handle),
    )
    for attempt in attempts:
        with pytest.raises(LocalError) as caught:
            attempt()
        assert code_of(caught) == "keystore-key-stays"
    assert copy.deepcopy(copy.copy(handle)) is handle


def test_no_public_face_returns_a_private_key(keystore: SoftwareKeystore) -> None:
    faces = {name for name in dir(SoftwareKeystore) if not name.startswith("_")}
    assert faces == {
        "certificate", "certified", "destroy", "generate", "kem_public_key", "labels", "lend", "public_key",
        "put_certificate", "put_secret", "secret", "secrets", "sign", "signer", "tls_context", "unseal",
    }  # fmt: skip


def test_files_are_private_and_survive(keystore: SoftwareKeystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    keystore.generate("enc", KeyKind.HYBRID_KEM)
    keystore.put_secret("pairing", b"secret")
    assert stat.S_IMODE(keystore.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in keystore.folder.iterdir()} == {0o600}
    again = SoftwareKeystore(keystore.folder)
    assert again.labels() == {"sig", "enc"}
    assert again.public_key("sig") == keystore.public_key("sig")
    assert again.secret("pairing") == b"secret"


def test_a_keystore_that_others_can_read_is_refused(keystore: SoftwareKeystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    (keystore.folder / "sig.key.pem").chmod(0o640)
    with pytest.raises(LocalError) as caught:
        SoftwareKeystore(keystore.folder).sign("sig", b"")
    assert code_of(caught) == "keystore-open-to-others"
    keystore.folder.chmod(0o755)
    with pytest.raises(LocalError) as caught:
        SoftwareKeystore(keystore.folder)
    assert code_of(caught) == "keystore-open-to-others"


def test_a_hybrid_key_opens_what_is_sealed_to_it(keystore: SoftwareKeystore) -> None:
    keystore.generate("enc", KeyKind.HYBRID_KEM)
    public = SoftwareKeystore(keystore.folder).kem_public_key("enc")
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    sealed = suite.encrypt(b"key", hpke.MLKEM768X25519PublicKey(public.mlkem, public.x25519), b"info")
    assert keystore.unseal("enc", sealed, b"info") == b"key"
    for octets, info in ((sealed, b"other"), (sealed[:-1], b"info"), (b"", b"info"), (bytes(1168), b"info")):
        with pytest.raises(TrustError) as caught:
            keystore.unseal("enc", octets, info)
        assert caught.value.code == "keystore-unseal-failed"


def test_a_key_is_never_replaced(keystore: SoftwareKeystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    for kind in KeyKind:
        with pytest.raises(LocalError) as caught:
            keystore.generate("sig", kind)
        assert code_of(caught) == "keystore-label-taken"


@pytest.mark.parametrize("label", ["", "../sig", "Sig", "a/b", "a.b", "-a", "a" * 65, "a\n"])
def test_labels(keystore: SoftwareKeystore, label: str) -> None:
    with pytest.raises(LocalError) as caught:
        keystore.generate(label, KeyKind.EC_P256)
    assert code_of(caught) == "keystore-label-malformed"


def test_what_is_not_there(keystore: SoftwareKeystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    for ask in (keystore.sign, keystore.put_certificate):
        with pytest.raises(LocalError):
            ask("none", b"")  # type: ignore[arg-type]
    for label in ("none", "sig"):
        with pytest.raises(LocalError) as caught:
            keystore.certificate(label)
        assert code_of(caught) == "keystore-label-unknown"


@pytest.mark.parametrize(
    "contents", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"]
)
def test_spoiled_key_files(keystore: SoftwareKeystore, contents: bytes) -> None:
    for name in ("sig.key.pem", "enc.kem.pem", "enc.crt.pem"):
        keystore.folder.joinpath(name).write_bytes(contents)
        keystore.folder.joinpath(name).chmod(0o600)
    with pytest.raises(DataError):
        keystore.sign("sig", b"")
    with pytest.raises(DataError):
        keystore.unseal("enc", b"", b"")
    with pytest.raises(DataError):
        keystore.certificate("enc")


def test_a_crash_while_writing_leaves_the_old_file(
    keystore: SoftwareKeystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore.put_secret("pairing", b"old")

    def crash(_descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="disk full"):
        keystore.put_secret("pairing", b"new")
    assert keystore.secret("pairing") == b"old"
    assert [path.name for path in keystore.folder.iterdir()] == ["pairing.secret"]


def test_a_certificate_belongs_to_its_key(world: World) -> None:
    keystore = world.enrolled()
    with pytest.raises(LocalError) as caught:
        keystore.put_certificate("tls", keystore.certificate("sig"))
    assert code_of(caught) == "keystore-certificate-foreign"
    assert keystore.certified() == {"birth", "tls", "sig", "enc"}
    assert len(keystore.certificate("sig")) == 2


def test_the_trust_folder_is_read_again_when_it_changes(world: World) -> None:
    trust = world.trust
    before, version = trust.crls(), trust.version()
    assert trust.crls()[0] is before[0]
    world.site.authority.publish(datetime.now(UTC))
    assert trust.version() != version
    assert trust.crls() != before
    assert {stat.S_IMODE(path.stat().st_mode) for path in trust.crl_files()} == {0o644}


def test_a_spoiled_or_empty_trust_folder(world: World) -> None:
    (world.trust.path / "device.crl.pem").write_text("garbage")
    with pytest.raises(DataError) as spoiled:
        world.trust.crls()
    assert spoiled.value.code == "trust-malformed"
    (world.trust.path / "anchors.pem").unlink()
    with pytest.raises(LocalError) as missing:
        world.trust.anchors()
    assert code_of(missing) == "trust-missing"
