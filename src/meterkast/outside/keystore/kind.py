"""What a key is for, by its mathematics."""

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec


class KeyKind(StrEnum):
    """The kinds of key pairs a keystore makes."""

    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    HYBRID_KEM = "hybrid-kem"


CURVES: dict[KeyKind, ec.EllipticCurve] = {
    KeyKind.EC_P256: ec.SECP256R1(),
    KeyKind.EC_P384: ec.SECP384R1(),
}
