"""Handles on ML-DSA private keys (FIPS 204): they sign, and have no way to give the key away."""

from collections.abc import Callable
from typing import Generic, NoReturn, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.utils import Buffer

from meterkast.outside.keystore.handle import key_stays

_Public = TypeVar("_Public")


class _Handle(Generic[_Public]):
    """What the three sizes share. Builders tell sizes apart by class, so that each has its own."""

    digest = None
    """ML-DSA hashes for itself: a builder is given no hash."""

    def __init__(self, public_key: _Public, sign: Callable[[Buffer, Buffer | None], bytes]) -> None:
        self._public_key = public_key
        self._sign = sign

    def public_key(self) -> _Public:
        """The public half."""
        return self._public_key

    def sign(self, data: Buffer, context: Buffer | None = None) -> bytes:
        """A signature, made inside the keystore."""
        return self._sign(data, context)

    def sign_mu(self, mu: Buffer) -> NoReturn:  # noqa: ARG002
        """Refused: what is signed comes into the keystore whole."""
        raise key_stays()

    def private_bytes(
        self,
        encoding: serialization.Encoding,  # noqa: ARG002
        format: serialization.PrivateFormat,  # noqa: ARG002
        encryption_algorithm: serialization.KeySerializationEncryption,  # noqa: ARG002
    ) -> NoReturn:
        """Refused."""
        raise key_stays()

    def private_bytes_raw(self) -> NoReturn:
        """Refused."""
        raise key_stays()

    def __reduce__(self) -> NoReturn:
        raise key_stays()


class MlDsa44Handle(_Handle[mldsa.MLDSA44PublicKey], mldsa.MLDSA44PrivateKey):
    """On a key of security category 2."""

    def __copy__(self) -> "MlDsa44Handle":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "MlDsa44Handle":
        return self


class MlDsa65Handle(_Handle[mldsa.MLDSA65PublicKey], mldsa.MLDSA65PrivateKey):
    """On a key of security category 3."""

    def __copy__(self) -> "MlDsa65Handle":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "MlDsa65Handle":
        return self


class MlDsa87Handle(_Handle[mldsa.MLDSA87PublicKey], mldsa.MLDSA87PrivateKey):
    """On a key of security category 5."""

    def __copy__(self) -> "MlDsa87Handle":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "MlDsa87Handle":
        return self


MlDsaHandle = MlDsa44Handle | MlDsa65Handle | MlDsa87Handle
MlDsaPrivateKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey


def mldsa_handle(key: MlDsaPrivateKey) -> MlDsaHandle:
    """The handle on a key, by its size."""
    match key:
        case mldsa.MLDSA44PrivateKey():
            return MlDsa44Handle(key.public_key(), key.sign)
        case mldsa.MLDSA65PrivateKey():
            return MlDsa65Handle(key.public_key(), key.sign)
        case mldsa.MLDSA87PrivateKey():
            return MlDsa87Handle(key.public_key(), key.sign)
