"""A handle on a private key: it signs, and it has no way to give the key away."""

from collections.abc import Callable
from typing import NoReturn

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import Buffer

from meterkast.model.errors import LocalError
from meterkast.outside.keystore.signature import DIGESTS

Sign = Callable[[Buffer, ec.EllipticCurveSignatureAlgorithm], bytes]


class SigningHandle(ec.EllipticCurvePrivateKey):
    """What X.509 builders take for a private key, as a token would offer it (security reference 3.3).

    Every method that would export or agree raises LocalError ``keystore-key-stays``.
    """

    def __init__(self, public_key: ec.EllipticCurvePublicKey, sign: Sign) -> None:
        self._public_key = public_key
        self._sign = sign

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve of the key."""
        return self._public_key.curve

    @property
    def digest(self) -> hashes.SHA256 | hashes.SHA384:
        """The hash that goes with the curve: SHA-256 with P-256, SHA-384 with P-384."""
        return DIGESTS[self.curve.name]

    @property
    def key_size(self) -> int:
        """Its size in bits."""
        return self._public_key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public_key

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """A signature in DER, made inside the keystore."""
        return self._sign(data, signature_algorithm)

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:  # noqa: ARG002
        """Refused: a signing key does not agree keys (RQ-02)."""
        raise key_stays()

    def private_numbers(self) -> NoReturn:
        """Refused."""
        raise key_stays()

    def private_bytes(
        self,
        encoding: serialization.Encoding,  # noqa: ARG002
        format: serialization.PrivateFormat,  # noqa: ARG002
        encryption_algorithm: serialization.KeySerializationEncryption,  # noqa: ARG002
    ) -> NoReturn:
        """Refused."""
        raise key_stays()

    def __copy__(self) -> "SigningHandle":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "SigningHandle":
        return self

    def __reduce__(self) -> NoReturn:
        raise key_stays()


def key_stays() -> LocalError:
    """The refusal of every handle to give its key away."""
    return LocalError("keystore-key-stays", "A private key does not leave the keystore.")
