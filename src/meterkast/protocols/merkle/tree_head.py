"""The signature of a log under its size, root and time: TreeHeadSignature of RFC 6962 (3.5).

It comes in the form that C2SP static-ct-api gives it for notes (signature type 5): the time, then the
algorithm, then the signature. The algorithm is a TLS SignatureScheme. RFC 6962 knows ECDSA on P-256 alone,
and other programs check that one; on P-384, or with ML-DSA, the structure is the same.
"""

import struct
from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterkast.model.errors import LocalError

Sign = Callable[[bytes], bytes]
"""Makes a signature as a keystore does: ECDSA as raw r and s, ML-DSA as it is."""
LogKey = ec.EllipticCurvePublicKey | mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey

_NOTE_TYPE = b"\x05"
_TREE_HEAD = struct.Struct(">BBQQ32s")  # version v1(0), type tree_hash(1), milliseconds, size, root
_SIGNED = struct.Struct(">QHH")  # milliseconds, SignatureScheme, length of the signature
_CURVES = {"secp256r1": 0x0403, "secp384r1": 0x0503}
_HASHES: dict[int, hashes.HashAlgorithm] = {0x0403: hashes.SHA256(), 0x0503: hashes.SHA384()}
_LATTICES: dict[type[object], int] = {
    mldsa.MLDSA44PublicKey: 0x0904,
    mldsa.MLDSA65PublicKey: 0x0905,
    mldsa.MLDSA87PublicKey: 0x0906,
}


def key_id(origin: str, key: LogKey) -> bytes:
    """The four octets by which a note names the key: over the log's name and the log id of RFC 6962 (3.2)."""
    log_id = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return sha256(origin.encode() + b"\n" + _NOTE_TYPE + log_id).digest()[:4]


def sign_tree_head(size: int, root: bytes, at: int, key: LogKey, sign: Sign) -> bytes:
    """The signature with time and algorithm in front of it.

    Raises:
        LocalError: ``checkpoint-key`` for a key of an algorithm that has no number here.
    """
    scheme = _scheme(key)
    if scheme is None:
        raise LocalError("checkpoint-key", "A log signs with ECDSA on P-256 or P-384, or with ML-DSA.")
    made = sign(_TREE_HEAD.pack(0, 1, at, size, root))
    if scheme in _HASHES:
        half = len(made) // 2
        made = encode_dss_signature(int.from_bytes(made[:half], "big"), int.from_bytes(made[half:], "big"))
    return _SIGNED.pack(at, scheme, len(made)) + made


def signed_time(octets: bytes, size: int, root: bytes, key: LogKey) -> int | None:
    """The time (milliseconds) at which the key has signed this size and root; None where it has not."""
    if len(octets) < _SIGNED.size:
        return None
    at, scheme, length = _SIGNED.unpack_from(octets)
    signature = octets[_SIGNED.size :]
    if scheme != _scheme(key) or len(signature) != length:
        return None
    signed = _TREE_HEAD.pack(0, 1, at, size, root)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(_HASHES[scheme]))
        else:
            key.verify(signature, signed)
    except InvalidSignature:
        return None
    return int(at)


def _scheme(key: object) -> int | None:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name)
    return next((scheme for kind, scheme in _LATTICES.items() if isinstance(key, kind)), None)
