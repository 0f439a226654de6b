"""What a component may start with: in production no keys in plain files, nothing everybody knows (AT-45)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.model.deployment import Profile
from meterkast.model.errors import DataError, LocalError, MeterkastError, TrustError
from meterkast.outside.keystore import (
    DividedKeystore,
    KeyKind,
    Pkcs11Keystore,
    SealedKeystore,
    SoftwareKeystore,
    open_keystore,
)
from meterkast.outside.trust import ANCHORS, DEVELOPMENT, TrustFolder


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    with token_in(tmp_path / "hsm") as hsm:
        yield hsm


def refusal(attempt: Callable[[], object]) -> tuple[type[MeterkastError], str]:
    with pytest.raises(MeterkastError) as caught:
        attempt()
    return type(caught.value), caught.value.code


def written(folder: Path, text: str) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "keystore.toml").write_text(text)
    return folder


def token_settings(hsm: SoftHsm, folder: Path, kind: str, *more: str) -> Path:
    pin = folder.parent / "pin"
    pin.write_text(hsm.pin())
    pin.chmod(0o600)
    lines = (f'kind = "{kind}"', f'module = "{hsm.module}"', f'token = "{hsm.label}"', f'pin-file = "{pin}"')
    return written(folder, "\n".join((*lines, *more)))


def root(*units: str) -> x509.Certificate:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    parts = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root"), *parts])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize("text", [None, 'kind = "software"'])
def test_at_45_keys_in_plain_files_are_for_development(tmp_path: Path, text: str | None) -> None:
    folder = written(tmp_path / "keystore", text) if text else tmp_path / "keystore"
    control = open_keystore(folder, Profile.DEVELOPMENT)
    assert isinstance(control, SoftwareKeystore)
    control.generate("sig", KeyKind.EC_P256)
    code = refusal(lambda: open_keystore(folder, Profile.PRODUCTION))
    assert code == (TrustError, "keystore-software-refused")


@needs_softhsm
@pytest.mark.parametrize(("kind", "made"), [("pkcs11", Pkcs11Keystore), ("sealed", SealedKeystore)])
def test_a_token_is_for_production(hsm: SoftHsm, tmp_path: Path, kind: str, made: type[object]) -> None:
    folder = token_settings(hsm, tmp_path / "keystore", kind)
    for profile in Profile:
        assert isinstance(open_keystore(folder, profile), made)


@needs_softhsm
def test_some_keys_are_sealed_beside_those_in_the_token(hsm: SoftHsm, tmp_path: Path) -> None:
    """A gateway signs in its token; its key for TLS is where OpenSSL can use it."""
    folder = token_settings(hsm, tmp_path / "keystore", "pkcs11", 'sealed = ["birth", "tls"]')
    keystore = open_keystore(folder, Profile.PRODUCTION)
    assert isinstance(keystore, DividedKeystore)
    for label in ("birth", "tls", "tls-g2", "sig", "tlsx"):
        keystore.generate(label, KeyKind.EC_P256)
        code = refusal(lambda label=label: keystore.generate(label, KeyKind.EC_P384))  # type: ignore[misc]
        assert code == (LocalError, "keystore-label-taken")
        assert len(keystore.sign(label, b"")) == 64
    pin = (tmp_path / "pin").read_text
    in_token = Pkcs11Keystore(hsm.module, hsm.label, pin, tmp_path / "elsewhere").labels()
    assert in_token == {"sig", "tlsx"}
    assert keystore.labels() == {"birth", "tls", "tls-g2", *in_token}
    assert SoftwareKeystore(folder).labels() == set()
    token_settings(hsm, folder, "pkcs11", 'sealed = ["birth", "tls", "sig"]')
    again = open_keystore(folder)  # what is there stays where it is; the next one is made as it says now
    assert again.public_key("sig") == keystore.public_key("sig")
    again.generate("sig-g2", KeyKind.ML_DSA_44)
    assert len(again.sign("sig-g2", b"")) == 2420
    code = refusal(lambda: again.generate("enc", KeyKind.ML_DSA_44))
    assert code == (LocalError, "keystore-mechanism-missing")


@needs_softhsm
def test_at_45_a_pin_that_everybody_knows(hsm: SoftHsm, tmp_path: Path) -> None:
    folder = token_settings(hsm, tmp_path / "keystore", "pkcs11")
    (tmp_path / "pin").write_text("123456")
    code = refusal(lambda: open_keystore(folder, Profile.PRODUCTION))
    assert code == (TrustError, "keystore-pin-default")  # and the token was not asked, or it would be -wrong
    code = refusal(lambda: open_keystore(folder, Profile.DEVELOPMENT))
    assert code == (LocalError, "keystore-pin-wrong")


@needs_softhsm
@pytest.mark.parametrize(
    "secret",
    [
        "000102030405060708090A0B0C0D0E0F",
        "00" * 16,
        "FF" * 16,
        "000102030405060708090A0B0C0D0E0FD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF",  # both, as a pairing key
        "7B1F3D5C9A8E6F4021436587A9CBED0F" + "00" * 16,
    ],
)
def test_at_45_a_local_key_that_everybody_knows(hsm: SoftHsm, tmp_path: Path, secret: str) -> None:
    folder = token_settings(hsm, tmp_path / "keystore", "sealed")
    open_keystore(folder, Profile.DEVELOPMENT).put_secret("pairing", bytes.fromhex(secret))
    open_keystore(folder, Profile.DEVELOPMENT)
    code = refusal(lambda: open_keystore(folder, Profile.PRODUCTION))
    assert code == (TrustError, "keystore-secret-default")
    open_keystore(folder, Profile.DEVELOPMENT).put_secret("pairing", bytes(range(1, 17)))
    open_keystore(folder, Profile.PRODUCTION)


@needs_softhsm
def test_at_45_a_root_made_for_development(hsm: SoftHsm, tmp_path: Path) -> None:
    folder, trust = token_settings(hsm, tmp_path / "keystore", "sealed"), TrustFolder(tmp_path / "trust")
    trust.publish(ANCHORS, [root("metering")])
    open_keystore(folder, Profile.PRODUCTION, trust)
    trust.publish(ANCHORS, [root("metering"), root("metering", DEVELOPMENT)])
    open_keystore(folder, Profile.DEVELOPMENT, trust)
    code = refusal(lambda: open_keystore(folder, Profile.PRODUCTION, trust))
    assert code == (TrustError, "trust-root-development")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kind",
        "kind = 1",
        'kind = "hardware"',
        'kind = "software"\npin-file = "pin"',
        'kind = "pkcs11"',
        'kind = "pkcs11"\nmodule = "m"\ntoken = "t"',
        'kind = "pkcs11"\nmodule = "m"\ntoken = "t"\npin = "13579"',
        'kind = "pkcs11"\nmodule = "m"\ntoken = "t"\npin-file = "a"\npin-environment = "B"',
        'kind = "pkcs11"\nmodule = "m"\ntoken = "t"\npin-file = "a"\nsealed = "tls"',
        'kind = "pkcs11"\nmodule = "m"\ntoken = "t"\npin-file = "a"\nsealed = [1]',
        'kind = "sealed"\nmodule = "m"\ntoken = "t"\npin-file = "a"\nsealed = ["tls"]',
        'kind = "software"\nsealed = ["tls"]',
    ],
)
def test_settings_that_do_not_hold(tmp_path: Path, text: str) -> None:
    folder = written(tmp_path / "keystore", text)
    for profile in Profile:
        code = refusal(lambda profile=profile: open_keystore(folder, profile))  # type: ignore[misc]
        assert code == (DataError, "keystore-settings-malformed")
