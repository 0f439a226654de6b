"""The hybrid key pair X25519 + ML-KEM-768 that opens sealed content keys (RFC 9180 with the X-Wing KEM)."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from meterkast.model.errors import DataError, TrustError

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_END = b"-----END PRIVATE KEY-----\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridPublicKey:
    """The two halves that others seal to; a certificate carries both."""

    x25519: X25519PublicKey
    mlkem: MLKEM768PublicKey


class HybridKey:
    """The private pair. It opens, and gives nothing away but its public halves."""

    def __init__(self, x25519: X25519PrivateKey, mlkem: MLKEM768PrivateKey) -> None:
        self._x25519 = x25519
        self._mlkem = mlkem

    @classmethod
    def generate(cls) -> "HybridKey":
        """A fresh pair."""
        return cls(X25519PrivateKey.generate(), MLKEM768PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> "HybridKey":
        """Reads what ``to_pem`` wrote.

        Raises:
            DataError: ``keystore-key-malformed``.
        """
        first, end, second = pem.partition(_END)
        try:
            x25519 = load_pem_private_key(first + end, None)
            mlkem = load_pem_private_key(second, None)
        except ValueError as cause:
            raise DataError("keystore-key-malformed", "A key file does not hold a hybrid key.") from cause
        if not (isinstance(x25519, X25519PrivateKey) and isinstance(mlkem, MLKEM768PrivateKey)):
            raise DataError("keystore-key-malformed", "A key file does not hold a hybrid key.")
        return cls(x25519, mlkem)

    def to_pem(self) -> bytes:
        """Both private keys in PKCS#8, X25519 first: for the keystore's own file and nothing else."""
        return b"".join(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            for key in (self._x25519, self._mlkem)
        )

    def public_key(self) -> HybridPublicKey:
        """The public halves."""
        return HybridPublicKey(x25519=self._x25519.public_key(), mlkem=self._mlkem.public_key())

    def unseal(self, sealed: bytes, info: bytes) -> bytes:
        """Opens what was sealed to the public halves under this ``info``.

        Raises:
            TrustError: ``keystore-unseal-failed``, whatever the cause.
        """
        try:
            return _SUITE.decrypt(sealed, hpke.MLKEM768X25519PrivateKey(self._mlkem, self._x25519), info)
        except (InvalidTag, ValueError) as cause:
            raise TrustError("keystore-unseal-failed", "The sealed octets cannot be opened.") from cause
