"""Signatures over statements: DSSE envelopes made with a key that does not leave its keystore."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import (  # type: ignore[attr-defined]
    Key,
    SecretsHandler,
    Signature,
    Signer,
    SSlibKey,
)

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.outside.keystore import KeyKind, SigningHandle, SoftwareKeystore

PublicKey: TypeAlias = Key
"""A public key under the fingerprint that is its id."""

_SCHEME = "ecdsa-sha2-nistp256"


class KeystoreSigner(Signer):
    """Signs with ECDSA P-256 inside a keystore; makes the key where the label has none yet."""

    def __init__(self, keystore: SoftwareKeystore, label: str) -> None:
        if label not in keystore.labels():
            keystore.generate(label, KeyKind.EC_P256)
        handle = keystore.signer(label)
        if not isinstance(handle, SigningHandle):
            raise LocalError("keystore-key-kind", "Evidence is signed with ECDSA.", where=label)
        self._handle = handle
        self._public = SSlibKey.from_crypto(self._handle.public_key(), scheme=_SCHEME)

    @property
    def public_key(self) -> Key:
        """The public half, under its fingerprint."""
        return self._public

    def sign(self, payload: bytes) -> Signature:
        """An ECDSA signature in DER."""
        octets = self._handle.sign(payload, ec.ECDSA(hashes.SHA256()))
        return Signature(self._public.keyid, octets.hex())

    @classmethod
    def from_priv_key_uri(
        cls,
        priv_key_uri: str,
        public_key: Key,  # noqa: ARG003
        secrets_handler: SecretsHandler | None = None,  # noqa: ARG003
    ) -> "KeystoreSigner":
        """Refused: a key is reached through its keystore and not by an address."""
        raise LocalError("keystore-key-stays", "A private key has no address.", where=priv_key_uri)


def keystore_signer(folder: Path, label: str) -> KeystoreSigner:
    """The signer with this label in the keystore in ``folder``, both made where they are missing."""
    return KeystoreSigner(SoftwareKeystore(folder), label)


def signed(payload: bytes, payload_type: str, signer: Signer) -> dict[str, Any]:
    """A DSSE envelope as JSON-able values."""
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(signer)
    return _plain(envelope)


def opened(document: Mapping[str, Any], payload_type: str, keys: Iterable[Key]) -> tuple[bytes, str]:
    """The payload of an envelope and the id of the key that signed it.

    Raises:
        DataError: ``evidence-envelope-malformed``.
        TrustError: ``evidence-signature-wrong`` where none of the keys made a signature of it.
    """
    payload, envelope = _parsed(document)
    if envelope.payload_type != payload_type:
        raise TrustError("evidence-signature-wrong", "The envelope holds something else than expected.")
    known = list(keys)
    try:
        accepted = envelope.verify(known, 1)
    except (VerificationError, ValueError) as error:
        raise TrustError("evidence-signature-wrong", "No known key signed this.") from error
    return payload, next(iter(accepted))


def peek(document: Mapping[str, Any]) -> bytes:
    """The payload without looking at signatures: only for what was opened before.

    Raises:
        DataError: ``evidence-envelope-malformed``.
    """
    return _parsed(document)[0]


def key_to_pem(key: Key) -> str:
    """The public key as others can read it."""
    return str(key.keyval["public"])


def key_from_pem(pem: str) -> Key:
    """A public key under its fingerprint.

    Raises:
        DataError: ``evidence-key-malformed``.
    """
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, AttributeError) as error:
        raise DataError("evidence-key-malformed", "This is not a public key in PEM.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise DataError("evidence-key-malformed", "Evidence is signed with P-256, and this is another key.")
    return SSlibKey.from_crypto(key, scheme=_SCHEME)


def _plain(envelope: Envelope) -> dict[str, Any]:
    plain: dict[str, Any] = envelope.to_dict()
    return plain


def _parsed(document: Mapping[str, Any]) -> tuple[bytes, Envelope]:
    try:
        payload = base64.b64decode(document["payload"], validate=True)
        # from_dict writes into what it reads, hence the copy
        envelope = Envelope.from_dict(json.loads(json.dumps(document)))
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise DataError("evidence-envelope-malformed", "This is not a DSSE envelope.") from error
    if not isinstance(document, Mapping) or payload != envelope.payload:
        raise DataError("evidence-envelope-malformed", "This is not a DSSE envelope.")
    return payload, envelope
