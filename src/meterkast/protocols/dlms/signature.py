"""ECDSA as DLMS uses it: r and s one behind the other, never DER (Green Book 9.2.3.4.4).

Suite 1 signs on P-256 with SHA-256, suite 2 on P-384 with SHA-384. A signature with a high s is refused
although the algorithm would take it: a message then has one signature by one key, and nobody can turn it into
another (acceptance case AT-14).
"""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from meterkast.model.errors import LocalError, TrustError

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey
Signer = Callable[[bytes], bytes]
"""Signs octets with a key that stays where it is; gives r and s."""

_ALGORITHMS: Final = {"secp256r1": ec.ECDSA(SHA256()), "secp384r1": ec.ECDSA(SHA384())}
_ORDERS: Final = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}


def sign(key: PrivateKey, octets: bytes) -> bytes:
    """The signature, 64 octets (suite 1) or 96 (suite 2), s never high.

    Raises:
        LocalError: ``signature-curve`` for a key of another curve.
    """
    algorithm, order, width = _parameters(key.curve)
    r, s = decode_dss_signature(key.sign(octets, algorithm))
    return r.to_bytes(width, "big") + min(s, order - s).to_bytes(width, "big")


def signer(key: PrivateKey) -> Signer:
    """A key as something that signs."""
    return lambda octets: sign(key, octets)


def verify(key: PublicKey, signature: bytes, octets: bytes, *, high_s: bool = False) -> None:
    """Checks a signature over octets.

    Args:
        key: whose signature it ought to be.
        signature: r and s.
        octets: what was signed.
        high_s: takes a high s too; only for signatures of others that were made before this rule.

    Raises:
        TrustError: ``signature-wrong`` whatever is wrong with it.
        LocalError: ``signature-curve`` for a key of another curve.
    """
    algorithm, order, width = _parameters(key.curve)
    r, s = int.from_bytes(signature[:width], "big"), int.from_bytes(signature[width:], "big")
    canonical = 0 < r < order and 0 < s <= (order - 1 if high_s else order // 2)
    if len(signature) != 2 * width or not canonical:
        raise _wrong()
    try:
        key.verify(encode_dss_signature(r, s), octets, algorithm)
    except InvalidSignature:
        raise _wrong() from None


def _parameters(curve: ec.EllipticCurve) -> tuple[ec.ECDSA, int, int]:
    if curve.name not in _ALGORITHMS:
        raise LocalError("signature-curve", "Signatures of DLMS are on P-256 or P-384.")
    return _ALGORITHMS[curve.name], _ORDERS[curve.name], (curve.key_size + 7) // 8


def _wrong() -> TrustError:
    return TrustError("signature-wrong", "The signature does not hold.")
