"""What a key is for, by its mathematics."""

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec, mldsa


class KeyKind(StrEnum):
    """The kinds of key pairs a keystore makes."""

    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    ML_DSA_44 = "ml-dsa-44"
    ML_DSA_65 = "ml-dsa-65"
    ML_DSA_87 = "ml-dsa-87"
    HYBRID_KEM = "hybrid-kem"


CURVES: dict[KeyKind, ec.EllipticCurve] = {
    KeyKind.EC_P256: ec.SECP256R1(),
    KeyKind.EC_P384: ec.SECP384R1(),
}

ML_DSA: dict[
    KeyKind, type[mldsa.MLDSA44PrivateKey] | type[mldsa.MLDSA65PrivateKey] | type[mldsa.MLDSA87PrivateKey]
] = {
    KeyKind.ML_DSA_44: mldsa.MLDSA44PrivateKey,
    KeyKind.ML_DSA_65: mldsa.MLDSA65PrivateKey,
    KeyKind.ML_DSA_87: mldsa.MLDSA87PrivateKey,
}
