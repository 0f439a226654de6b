"""Signatures over envelopes: one signature, one encoding (AT-14). ECDSA is raw, with low s."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from meterkast.protocols.envelope.algorithms import SignatureAlgorithm

_ORDER = ec.SECP256R1().group_order
_SIGNATURE = SignatureAlgorithm.ECDSA_P256_SHA256.octets


def algorithm_of(key: object) -> SignatureAlgorithm | None:
    """By which algorithm this public key signs envelopes; None where it signs none."""
    if isinstance(key, mldsa.MLDSA44PublicKey):
        return SignatureAlgorithm.ML_DSA_44
    on_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return SignatureAlgorithm.ECDSA_P256_SHA256 if on_p256 else None


def envelope_signature_holds(
    algorithm: SignatureAlgorithm, key: object, signature: bytes, octets: bytes
) -> bool:
    """Whether the signature is by this key, and by the algorithm that the envelope names."""
    if algorithm_of(key) is not algorithm:
        return False
    if not isinstance(key, mldsa.MLDSA44PublicKey):
        return signature_holds(key, signature, octets)
    try:
        key.verify(signature, octets)
    except InvalidSignature:
        return False
    return True


def signature_holds(key: object, signature: bytes, octets: bytes) -> bool:
    """Whether the signature is by this key, which must be on P-256. A high s never holds."""
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != _SIGNATURE or not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        return False
    try:
        key.verify(encode_dss_signature(r, s), octets, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
