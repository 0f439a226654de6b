"""The keystore in files, for development and simulation (RQ-25 asks for a token in production)."""

import ssl
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.keystore.belongings import Belongings, labels, present
from meterkast.outside.keystore.folder import Files, PrivateFolder
from meterkast.outside.keystore.handle import SigningHandle
from meterkast.outside.keystore.hybrid import HybridKey, HybridPublicKey
from meterkast.outside.keystore.kind import CURVES, ML_DSA, KeyKind
from meterkast.outside.keystore.label import label_taken, require_label
from meterkast.outside.keystore.post_quantum import MlDsaPrivateKey, mldsa_handle
from meterkast.outside.keystore.signature import DIGESTS, raw_signature
from meterkast.outside.keystore.signer import Signer
from meterkast.outside.keystore.tls import lend_key, mutual_context
from meterkast.outside.tls import HYBRID_ONLY, TlsContext, TlsPolicy
from meterkast.outside.trust import TrustFolder

_KEY, _KEM = ".key.pem", ".kem.pem"
_ML_DSA = (mldsa.MLDSA44PrivateKey, mldsa.MLDSA65PrivateKey, mldsa.MLDSA87PrivateKey)
_SigningKey = ec.EllipticCurvePrivateKey | MlDsaPrivateKey


class SoftwareKeystore(Belongings):
    """A keystore in a folder: private keys in files that only their owner can read.

    What its methods do and raise stands at ``Keystore``.

    Args:
        folder: made where it is not there.
        private: where private keys and secrets go instead of into that folder in clear.

    Raises:
        LocalError: ``keystore-open-to-others`` where the folder is not private.
    """

    def __init__(self, folder: Path, *, private: Files | None = None) -> None:
        public = PrivateFolder(folder)
        super().__init__(folder, public=public, private=private or public)
        self._signing_keys: dict[str, _SigningKey] = {}
        self._hybrid_keys: dict[str, HybridKey] = {}

    def generate(self, label: str, kind: KeyKind) -> None:
        """Makes a key pair of any kind."""
        if label in self.labels():
            raise label_taken(label)
        if kind is KeyKind.HYBRID_KEM:
            self._private.write(require_label(label) + _KEM, HybridKey.generate().to_pem())
        else:
            key = _generated(kind)
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            self._private.write(require_label(label) + _KEY, pem)

    def destroy(self, label: str) -> None:
        """Takes the key's file and its certificate away."""
        for suffix in (_KEY, _KEM):
            self._private.remove(require_label(label) + suffix)
        self._signing_keys.pop(label, None)
        self._hybrid_keys.pop(label, None)
        self._discard_certificate(label)

    def labels(self) -> set[str]:
        """Labels that have a private key."""
        return labels(self._private, _KEY, _KEM)

    def public_key(self, label: str) -> ec.EllipticCurvePublicKey:
        """The public half of an elliptic-curve key."""
        return self._ec_key(label).public_key()

    def kem_public_key(self, label: str) -> HybridPublicKey:
        """The public halves of a hybrid key."""
        return self._hybrid_key(label).public_key()

    def signer(self, label: str) -> Signer:
        """A handle that signs certificates, requests and lists."""
        key = self._signing_key(label)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return SigningHandle(key.public_key(), key.sign)
        return mldsa_handle(key)

    def sign(self, label: str, data: bytes) -> bytes:
        """A signature over the data."""
        key = self._signing_key(label)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data)
        return raw_signature(key.sign(data, ec.ECDSA(DIGESTS[key.curve.name])), key.curve)

    def unseal(self, label: str, sealed: bytes, info: bytes) -> bytes:
        """Opens what was sealed (HPKE) to the hybrid key."""
        return self._hybrid_key(label).unseal(sealed, info)

    def lend(self, label: str, context: ssl.SSLContext) -> None:
        """Lends the key to Python's own ``ssl``."""
        lend_key(context, self._signing_key(label), self.certificate(label))

    def tls_context(
        self, label: str, *, trust: TrustFolder, server_side: bool, policy: TlsPolicy = HYBRID_ONLY
    ) -> TlsContext:
        """TLS 1.3 with certificates and revocation checked on both sides."""
        return mutual_context(
            key=self._signing_key(label),
            chain=self.certificate(label),
            trust=trust,
            server_side=server_side,
            policy=policy,
        )

    def _certified_key(self, label: str) -> object:
        if label in labels(self._private, _KEM):
            return self.kem_public_key(label).x25519
        return self._signing_key(label).public_key()

    def _ec_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        key = self._signing_key(label)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise LocalError("keystore-key-kind", "The key is not on an elliptic curve.", where=label)
        return key

    def _signing_key(self, label: str) -> _SigningKey:
        if label not in self._signing_keys:
            self._signing_keys[label] = _load(present(self._private, label, _KEY), label)
        return self._signing_keys[label]

    def _hybrid_key(self, label: str) -> HybridKey:
        if label not in self._hybrid_keys:
            self._hybrid_keys[label] = HybridKey.from_pem(present(self._private, label, _KEM))
        return self._hybrid_keys[label]


def _generated(kind: KeyKind) -> _SigningKey:
    curve = CURVES.get(kind)
    return ML_DSA[kind].generate() if curve is None else ec.generate_private_key(curve)


def _load(pem: bytes, label: str) -> _SigningKey:
    try:
        key = load_pem_private_key(pem, None)
    except ValueError as cause:
        raise DataError("keystore-key-malformed", "A key file does not hold a key.", where=label) from cause
    if isinstance(key, _ML_DSA) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in DIGESTS
    ):
        return key
    raise DataError("keystore-key-malformed", "A key file holds a key of another kind.", where=label)
