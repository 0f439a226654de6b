"""Keys in a token: they sign there, stay there, and a token that fails closes the door (AT-49)."""

import copy
import logging
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.model.errors import LocalError, MeterkastError, UnreachableError
from meterkast.outside.keystore import (
    KeyKind,
    Keystore,
    Pin,
    Pkcs11Keystore,
    SoftwareKeystore,
    pin_in_environment,
    pin_in_file,
)
from meterkast.outside.keystore import token as token_room
from meterkast.outside.trust import TrustFolder

pytestmark = needs_softhsm


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    with token_in(tmp_path / "hsm") as hsm:
        yield hsm


def open_in(hsm: SoftHsm, folder: Path, pin: Pin | None = None) -> Pkcs11Keystore:
    return Pkcs11Keystore(hsm.module, hsm.label, pin or hsm.pin, folder)


@pytest.fixture
def keystore(hsm: SoftHsm, tmp_path: Path) -> Pkcs11Keystore:
    return open_in(hsm, tmp_path / "keystore")


def refusal(attempt: Callable[[], object]) -> tuple[type[MeterkastError], str]:
    with pytest.raises(MeterkastError) as caught:
        attempt()
    return type(caught.value), caught.value.code


def self_signed(keystore: Keystore) -> x509.Certificate:
    signer = keystore.signer("sig")
    now, name = datetime.now(UTC), x509.Name([])
    builder = x509.CertificateBuilder(name, name, signer.public_key(), 1, now, now + timedelta(days=1))
    return builder.sign(signer, signer.digest)


GONE = UnreachableError, "keystore-token-gone"
PIN_WRONG = LocalError, "keystore-pin-wrong"


@pytest.mark.parametrize(("kind", "width"), [(KeyKind.EC_P256, 32), (KeyKind.EC_P384, 48)])
def test_signatures_are_raw_and_low(keystore: Pkcs11Keystore, kind: KeyKind, width: int) -> None:
    keystore.generate("sig", kind)
    key = keystore.public_key("sig")
    algorithm = hashes.SHA256() if kind is KeyKind.EC_P256 else hashes.SHA384()
    for number in range(20):  # one in two would have a high s
        signature = keystore.sign("sig", bytes((number,)))
        r, s = int.from_bytes(signature[:width], "big"), int.from_bytes(signature[width:], "big")
        assert len(signature) == 2 * width
        assert s <= key.curve.group_order // 2
        key.verify(encode_dss_signature(r, s), bytes((number,)), ec.ECDSA(algorithm))


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384])
def test_a_handle_signs_and_keeps_the_key(keystore: Pkcs11Keystore, kind: KeyKind) -> None:
    keystore.generate("ca", kind)
    handle = keystore.signer("ca")
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    assert builder.sign(handle, handle.digest).is_signature_valid
    digest = hashes.Hash(handle.digest)
    digest.update(b"data")
    signature = handle.sign(digest.finalize(), ec.ECDSA(Prehashed(handle.digest)))
    handle.public_key().verify(signature, b"data", ec.ECDSA(handle.digest))
    for attempt in (
        handle.private_numbers,
        lambda: handle.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        lambda: pickle.dumps(handle),
    ):
        assert refusal(attempt) == (LocalError, "keystore-key-stays")
    assert copy.deepcopy(handle) is handle


def test_the_private_value_cannot_be_read_from_the_token(hsm: SoftHsm, keystore: Pkcs11Keystore) -> None:
    """Not even with the PIN and past our own code (RQ-25); nor can its protection be taken off."""
    import pkcs11
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

    keystore.generate("sig", KeyKind.EC_P256)
    keystore.put_secret("pairing", b"secret")
    keystore.close()
    token = pkcs11.lib(str(hsm.module)).get_token(token_label=hsm.label)
    with token.open(rw=True, user_pin=hsm.pin()) as session:
        for kind, type_, label in (
            (ObjectClass.PRIVATE_KEY, KeyType.EC, "sig"),
            (ObjectClass.SECRET_KEY, KeyType.AES, "seal"),
        ):
            key = session.get_key(kind, type_, label)
            with pytest.raises(pkcs11.AttributeSensitive):
                key[Attribute.VALUE]
            assert key[Attribute.ALWAYS_SENSITIVE]
            assert key[Attribute.NEVER_EXTRACTABLE]
            for attribute in (Attribute.SENSITIVE, Attribute.EXTRACTABLE):
                with pytest.raises(pkcs11.PKCS11Error):
                    key[attribute] = attribute is Attribute.EXTRACTABLE
        private = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, "sig")
        wrapping = session.generate_key(KeyType.AES, 256)
        with pytest.raises(pkcs11.PKCS11Error):
            wrapping.wrap_key(private, mechanism=Mechanism.AES_KEY_WRAP)  # type: ignore[attr-defined]


def test_two_keystores_stand_on_one_token(
    hsm: SoftHsm, tmp_path: Path, keystore: Pkcs11Keystore, caplog: pytest.LogCaptureFixture
) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    again = open_in(hsm, tmp_path / "again")
    assert again.labels() == {"sig"}
    assert again.public_key("sig") == keystore.public_key("sig")
    for label in ("sig", "Sig", ""):
        assert refusal(lambda label=label: again.generate(label, KeyKind.EC_P384))[0] is LocalError  # type: ignore[misc]
    assert refusal(lambda: keystore.sign("none", b"")) == (LocalError, "keystore-label-unknown")
    assert "keystore-session-lost" not in caplog.text


def test_tokens_are_strangers_to_each_other(hsm: SoftHsm, tmp_path: Path) -> None:
    hsm.add("other")
    one = open_in(hsm, tmp_path / "one")
    other = Pkcs11Keystore(hsm.module, "other", lambda: hsm.pins["other"], tmp_path / "other")
    one.generate("sig", KeyKind.EC_P256)
    assert other.labels() == set()
    other.generate("sig", KeyKind.EC_P256)
    assert one.public_key("sig") != other.public_key("sig")
    hsm.lose_session()
    assert len(one.sign("sig", b"")) == len(other.sign("sig", b"")) == 64


def test_what_a_token_cannot_do_is_said(keystore: Pkcs11Keystore, tmp_path: Path) -> None:
    trust = TrustFolder(tmp_path)
    for attempt in (
        lambda: keystore.generate("enc", KeyKind.HYBRID_KEM),
        lambda: keystore.generate("root", KeyKind.ML_DSA_65),
        lambda: keystore.unseal("enc", b"", b""),
        lambda: keystore.kem_public_key("enc"),
        lambda: keystore.tls_context("tls", trust=trust, server_side=True),
    ):
        assert refusal(attempt) == (LocalError, "keystore-mechanism-missing")
    assert keystore.labels() == set()


def test_certificates_and_secrets(keystore: Pkcs11Keystore, tmp_path: Path) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    other = SoftwareKeystore(tmp_path / "other")
    other.generate("sig", KeyKind.EC_P256)
    certificate = self_signed(keystore)
    keystore.put_certificate("sig", [certificate])
    assert keystore.certified() == {"sig"}
    assert keystore.certificate("sig") == [certificate]
    foreign = self_signed(other)
    code = refusal(lambda: keystore.put_certificate("sig", [foreign]))
    assert code == (LocalError, "keystore-certificate-foreign")
    keystore.put_secret("pairing", b"only the token opens this")
    assert keystore.secret("pairing") == b"only the token opens this"
    assert keystore.secrets() == {"pairing"}
    assert not any(b"only the token" in path.read_bytes() for path in keystore.folder.iterdir())


def test_many_threads_share_the_session(keystore: Pkcs11Keystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    key = keystore.public_key("sig")
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda n: (n, keystore.sign("sig", bytes((n,)))), range(100)))
    for number, signature in signatures:
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        key.verify(encode_dss_signature(r, s), bytes((number,)), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("logged_in", [False, True])
def test_at_49_a_wrong_pin_is_tried_once(hsm: SoftHsm, tmp_path: Path, *, logged_in: bool) -> None:
    """A process that is logged in already lets nobody in with another PIN."""
    control = open_in(hsm, tmp_path / "control")
    control.generate("sig", KeyKind.EC_P256)
    if not logged_in:
        control.close()
    asked = []

    def wrong() -> str:
        asked.append("wrong")
        return "13579-wrong"

    assert refusal(lambda: open_in(hsm, tmp_path / "keystore", wrong)) == PIN_WRONG
    assert asked == ["wrong"]
    assert len(control.sign("sig", b"")) == 64


def test_at_49_a_pin_that_is_changed_under_us(hsm: SoftHsm, keystore: Pkcs11Keystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    right = hsm.pins[hsm.label]
    hsm.pins[hsm.label] = "13579-wrong"
    assert len(keystore.sign("sig", b"")) == 64
    hsm.lose_session()
    assert refusal(lambda: keystore.sign("sig", b"")) == PIN_WRONG
    hsm.pins[hsm.label] = right
    assert len(keystore.sign("sig", b"")) == 64


def test_at_49_a_lost_session_is_opened_once(
    hsm: SoftHsm, keystore: Pkcs11Keystore, caplog: pytest.LogCaptureFixture
) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    with caplog.at_level(logging.WARNING, "meterkast.keystore"):
        assert len(keystore.sign("sig", b"")) == 64
        assert not caplog.records
        hsm.lose_session()
        assert len(keystore.sign("sig", b"")) == 64
        assert [record.message.split()[0] for record in caplog.records] == ["keystore-session-lost"]


def test_at_49_without_its_token_nothing_works_and_nothing_is_lost(
    hsm: SoftHsm, keystore: Pkcs11Keystore, tmp_path: Path
) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    keystore.put_secret("pairing", b"secret")
    hsm.unplug()
    for attempt in (
        lambda: keystore.sign("sig", b""),
        lambda: keystore.signer("sig").sign(b"", ec.ECDSA(hashes.SHA256())),
        lambda: keystore.generate("new", KeyKind.EC_P256),
        lambda: keystore.secret("pairing"),
        lambda: keystore.put_secret("pairing", b"other"),
        keystore.labels,
        lambda: open_in(hsm, tmp_path / "late"),
    ):
        assert refusal(attempt) == GONE
    hsm.plug_in()
    assert len(keystore.sign("sig", b"")) == 64
    assert (keystore.labels(), keystore.secret("pairing")) == ({"sig"}, b"secret")


def test_at_49_a_token_that_is_not_there(hsm: SoftHsm, tmp_path: Path) -> None:
    folder = tmp_path / "keystore"
    assert refusal(lambda: Pkcs11Keystore(hsm.module, "none", hsm.pin, folder)) == GONE
    missing = tmp_path / "none.so"
    code = refusal(lambda: Pkcs11Keystore(missing, hsm.label, hsm.pin, folder))
    assert code == (LocalError, "keystore-module-missing")


def test_without_python_pkcs11(hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(LocalError, match="extra `hsm`") as caught:
        open_in(hsm, tmp_path / "keystore")
    assert caught.value.code == "keystore-pkcs11-missing"
    assert "meterkast[hsm]" in (caught.value.hint or "")


def sign_in_child(keystore: Pkcs11Keystore, answer: "multiprocessing.Queue[str]") -> None:
    try:
        keystore.sign("sig", b"")
    except MeterkastError as error:
        answer.put(error.code)
    else:
        answer.put("signed")


def test_a_session_does_not_survive_a_fork(keystore: Pkcs11Keystore) -> None:
    keystore.generate("sig", KeyKind.EC_P256)
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    child = context.Process(target=sign_in_child, args=(keystore, answer))
    child.start()
    assert answer.get(timeout=20) == "keystore-forked"
    child.join()
    assert len(keystore.sign("sig", b"")) == 64


def test_pins_come_from_private_places(hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pin"
    file.write_text(hsm.pin() + "\n")
    file.chmod(0o600)
    monkeypatch.setenv("METERKAST_TEST_PIN", hsm.pin())
    for pin in (pin_in_file(file), pin_in_environment("METERKAST_TEST_PIN")):
        open_in(hsm, tmp_path / "keystore", pin).close()
    file.chmod(0o644)
    assert refusal(pin_in_file(file)) == (LocalError, "keystore-open-to-others")
    file.unlink()
    assert refusal(pin_in_file(file)) == (LocalError, "keystore-pin-missing")
    monkeypatch.delenv("METERKAST_TEST_PIN")
    assert refusal(pin_in_environment("METERKAST_TEST_PIN")) == (LocalError, "keystore-pin-missing")


def test_the_pin_stands_nowhere(hsm: SoftHsm, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "13579-never-shown"
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(LocalError) as caught:
            open_in(hsm, tmp_path / "keystore", lambda: secret)
        keystore = open_in(hsm, tmp_path / "keystore")
        hsm.lose_session()
        keystore.labels()
    shown = f"{caught.value!r} {caught.value.to_dict()} {caught.value.__cause__!r} {caplog.text}"
    kept = repr(token_room._logins) + repr(vars(keystore)) + repr(vars(keystore._token))
    for pin in (secret, hsm.pin()):
        assert pin not in shown
        assert pin not in kept
