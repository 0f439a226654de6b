"""A holder's card: a secret of 32 octets in a file that only the holder's passphrase opens.

The secret is drawn, not chosen, so what is public about it (an Ed25519 key derived from it) helps nobody to
guess it. The passphrase guards the file alone, and only who has the file can try passphrases.
"""

import json
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.outside.entropy import Entropy
from meterkast.pki.ceremony.quorum import SECRET

SHORTEST_PASSPHRASE = 12
_VERSION = "meterkast card v1"
_WORK = 1 << 15
_MOST_WORK = 1 << 20
_MAX = 1 << 12


@dataclass(frozen=True, slots=True)
class Card:
    """A card that its holder has opened. It signs, and it has its part in the quorum."""

    holder: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Card({self.holder!r})"

    @property
    def public_key(self) -> bytes:
        """The Ed25519 key by which the holder is known."""
        return self._key().public_key().public_bytes_raw()

    def sign(self, octets: bytes) -> bytes:
        """The holder's signature."""
        return self._key().sign(octets)

    def lock(self, passphrase: str, entropy: Entropy) -> bytes:
        """The file.

        Raises:
            LocalError: ``ceremony-passphrase-short``.
        """
        if len(passphrase) < SHORTEST_PASSPHRASE:
            message = f"A passphrase has at least {SHORTEST_PASSPHRASE} characters."
            raise LocalError("ceremony-passphrase-short", message, where=self.holder)
        salt, nonce = entropy(16), entropy(12)
        sealed = AESGCM(_stretched(passphrase, salt, _WORK)).encrypt(nonce, self.secret, _bound(self.holder))
        octets = {"salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}
        return rfc8785.dumps({"version": _VERSION, "holder": self.holder, "work": _WORK, **octets})

    def _key(self) -> Ed25519PrivateKey:
        derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"meterkast card signs")
        return Ed25519PrivateKey.from_private_bytes(derive.derive(self.secret))


def new_card(holder: str, entropy: Entropy) -> Card:
    """A card with a secret that nobody has."""
    return Card(holder, entropy(SECRET))


def open_card(octets: bytes, holder: str, passphrase: str) -> Card:
    """Opens a holder's card.

    Raises:
        DataError: ``ceremony-card-malformed``.
        TrustError: ``ceremony-holder-wrong``, naming the holder: another's card, or not the passphrase.
    """
    try:
        document: Any = json.loads(octets) if len(octets) <= _MAX else None
        named, work = document["holder"], int(document["work"])
        salt, nonce, sealed = (bytes.fromhex(document[field]) for field in ("salt", "nonce", "sealed"))
        usable = document["version"] == _VERSION and 2 <= work <= _MOST_WORK and work & (work - 1) == 0
    except (ValueError, TypeError, KeyError, RecursionError) as cause:
        raise _malformed(holder) from cause
    if not usable or len(nonce) != 12:
        raise _malformed(holder)
    if named != holder:
        raise wrong_holder(holder)
    try:
        return Card(holder, AESGCM(_stretched(passphrase, salt, work)).decrypt(nonce, sealed, _bound(holder)))
    except InvalidTag as cause:
        raise wrong_holder(holder) from cause


def wrong_holder(holder: str) -> TrustError:
    """Somebody is not who they should be; which part of it was wrong is not told."""
    return TrustError(
        "ceremony-holder-wrong", "The card or the passphrase of this holder is wrong.", where=holder
    )


def _stretched(passphrase: str, salt: bytes, work: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=work, r=8, p=1).derive(passphrase.encode())


def _bound(holder: str) -> bytes:
    return f"{_VERSION}\n{holder}".encode()


def _malformed(holder: str) -> DataError:
    return DataError("ceremony-card-malformed", "The file is no card of a holder.", where=holder)
