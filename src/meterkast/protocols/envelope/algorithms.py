"""The algorithms an envelope names, by their ids (RQ-30). An id that is not here is refused."""

from enum import IntEnum

from cryptography.hazmat.primitives import hpke


class SignatureAlgorithm(IntEnum):
    """How the outer octets are signed."""

    ECDSA_P256_SHA256 = 1
    ML_DSA_44 = 2

    @property
    def octets(self) -> int:
        """How long a signature is: r and s, or as FIPS 204 (table 2) has it."""
        return 64 if self is SignatureAlgorithm.ECDSA_P256_SHA256 else 2420


class SealingAlgorithm(IntEnum):
    """How the content key is sealed for each recipient (RFC 9180; hybrid KEM X-Wing)."""

    HPKE_MLKEM768_X25519 = 1


class ContentAlgorithm(IntEnum):
    """How the content is encrypted under the content key."""

    AES_256_GCM = 1


SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
