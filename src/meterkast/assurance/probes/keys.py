"""Every key there is in a site, and every way we know to open an envelope with one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from meterkast.model.errors import MeterkastError
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.protocols.envelope import Envelope

_AES_KEY_LENGTHS = (16, 32)
_TAG = 16


@dataclass(frozen=True, slots=True)
class Key:
    """A key somewhere in the system, and whose it is. A secret is symmetric, all else a private key."""

    holder: str
    label: str
    keystore: SoftwareKeystore
    secret: bool


def keys_in(site: Path) -> Iterator[Key]:
    """Every private and symmetric key in any keystore of the site that could open anything."""
    folders = {
        path.parent for suffix in ("*.kem.pem", "*.secret", "*.key.pem") for path in site.rglob(suffix)
    }
    for folder in sorted(folders):
        keystore = SoftwareKeystore(folder)
        holder = str(folder.relative_to(site).parent)
        for path in sorted(folder.iterdir()):
            label, _, kind = path.name.partition(".")
            if kind in ("kem.pem", "secret"):
                yield Key(holder, label, keystore, secret=kind == "secret")


def reader_of(site: Path) -> Key:
    """The one key that is meant to open envelopes: the operator's, at data management."""
    return Key("operator", "enc", SoftwareKeystore(site / "mdm" / "keystore"), secret=False)


def content(envelope: Envelope, key: Key) -> bytes | None:
    """The content, where the key opens it in any way we know."""
    if key.secret:
        return _open_symmetric(envelope, key.keystore.secret(key.label))
    for recipient in envelope.recipients:
        try:
            return envelope.open(
                lambda sealed, info: key.keystore.unseal(key.label, sealed, info), recipient.key_id
            )
        except MeterkastError:
            continue
    return None


def _open_symmetric(envelope: Envelope, secret: bytes) -> bytes | None:
    for length in _AES_KEY_LENGTHS:
        for start in range(0, len(secret) - length + 1, _AES_KEY_LENGTHS[0]):
            for associated in (None, b"", envelope.signed_octets[: -len(envelope.ciphertext) - _TAG]):
                try:
                    cipher = AESGCM(secret[start : start + length])
                    return cipher.decrypt(envelope.nonce, envelope.ciphertext, associated)
                except InvalidTag:
                    continue
    return None
