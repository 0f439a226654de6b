"""ECDSA P-256 signatures as 64 raw octets with low s: one signature, one encoding (AT-14)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from meterkast.protocols.envelope.limits import SIGNATURE

_ORDER = ec.SECP256R1().group_order


def signature_holds(key: object, signature: bytes, octets: bytes) -> bool:
    """Whether the signature is by this key, which must be on P-256. A high s never holds."""
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != SIGNATURE or not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        return False
    try:
        key.verify(encode_dss_signature(r, s), octets, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
