"""Keys in files that only the token opens: for what the token itself cannot do."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hpke

from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.model.errors import LocalError, MeterkastError, UnreachableError
from meterkast.outside.keystore import KeyKind, SealedKeystore, SoftwareKeystore

pytestmark = needs_softhsm

BROKEN = LocalError, "keystore-seal-broken"


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    with token_in(tmp_path / "hsm") as hsm:
        yield hsm


def open_in(hsm: SoftHsm, folder: Path) -> SealedKeystore:
    return SealedKeystore(hsm.module, hsm.label, hsm.pin, folder)


@pytest.fixture
def keystore(hsm: SoftHsm, tmp_path: Path) -> SealedKeystore:
    keystore = open_in(hsm, tmp_path / "keystore")
    for kind in KeyKind:
        keystore.generate(kind, kind)
    keystore.put_secret("pairing", b"a secret between two devices")
    return keystore


def refusal(attempt: Callable[[], object]) -> tuple[type[MeterkastError], str]:
    with pytest.raises(MeterkastError) as caught:
        attempt()
    return type(caught.value), caught.value.code


def test_every_kind_of_key_works_after_a_restart(hsm: SoftHsm, keystore: SealedKeystore) -> None:
    again = open_in(hsm, keystore.folder)
    assert again.labels() == {*KeyKind}
    assert again.secrets() == {"pairing"}
    assert again.secret("pairing") == b"a secret between two devices"
    assert again.public_key("ec-p384") == keystore.public_key("ec-p384")
    assert len(again.sign("ml-dsa-65", b"")) == 3309
    public = keystore.kem_public_key("hybrid-kem")
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    sealed = suite.encrypt(b"key", hpke.MLKEM768X25519PublicKey(public.mlkem, public.x25519), b"info")
    assert again.unseal("hybrid-kem", sealed, b"info") == b"key"


def test_whoever_has_the_folder_has_nothing(keystore: SealedKeystore) -> None:
    files = [path.read_bytes() for path in keystore.folder.iterdir()]
    assert len(files) == len(KeyKind) + 1
    for contents in files:
        assert contents.startswith(b"MKS\x01")
        assert b"PRIVATE KEY" not in contents
        assert b"a secret" not in contents
    assert SoftwareKeystore(keystore.folder).labels() == set()


def test_another_token_does_not_open_it(hsm: SoftHsm, keystore: SealedKeystore) -> None:
    hsm.add("other")
    stranger = SealedKeystore(hsm.module, "other", lambda: hsm.pins["other"], keystore.folder)
    assert refusal(lambda: stranger.secret("pairing")) == (LocalError, "keystore-label-unknown")
    assert refusal(lambda: stranger.put_secret("new", b"")) == (LocalError, "keystore-label-unknown")
    stranger_elsewhere = SealedKeystore(
        hsm.module, "other", lambda: hsm.pins["other"], keystore.folder.parent / "else"
    )
    stranger_elsewhere.put_secret("new", b"")
    assert refusal(lambda: stranger.secret("pairing")) == BROKEN


def test_files_cannot_change_places_or_content(hsm: SoftHsm, keystore: SealedKeystore) -> None:
    secret = keystore.folder / "pairing.secret.sealed"
    whole = secret.read_bytes()
    for position in range(len(whole)):
        spoiled = bytearray(whole)
        spoiled[position] ^= 1
        secret.write_bytes(spoiled)
        assert refusal(lambda: keystore.secret("pairing")) == BROKEN
    for length in (0, 3, 31, len(whole) - 1):
        secret.write_bytes(whole[:length])
        assert refusal(lambda: keystore.secret("pairing")) == BROKEN
    secret.write_bytes(whole)
    assert keystore.secret("pairing") == b"a secret between two devices"
    shutil.copy(secret, keystore.folder / "other.secret.sealed")
    assert refusal(lambda: keystore.secret("other")) == BROKEN
    shutil.copy(keystore.folder / "ec-p256.key.pem.sealed", keystore.folder / "ec-p384.key.pem.sealed")
    assert refusal(lambda: open_in(hsm, keystore.folder).sign("ec-p384", b"")) == BROKEN


def test_at_49_keys_that_were_not_opened_yet_stay_closed_without_the_token(
    hsm: SoftHsm, keystore: SealedKeystore
) -> None:
    fresh = open_in(hsm, keystore.folder)
    hsm.unplug()
    for attempt in (
        lambda: fresh.sign("ec-p256", b""),
        lambda: fresh.generate("new", KeyKind.EC_P256),
        lambda: fresh.secret("pairing"),
    ):
        assert refusal(attempt) == (UnreachableError, "keystore-token-gone")
    hsm.plug_in()
    assert len(fresh.sign("ec-p256", b"")) == 64
