"""ECDSA signatures as this house writes them: which hash with which curve, and one encoding only."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

DIGESTS: dict[str, hashes.SHA256 | hashes.SHA384] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
}
"""By the name of the curve."""


def raw_signature(der: bytes, curve: ec.EllipticCurve) -> bytes:
    """The signature as r and s of the curve's width, with the lower of the two s that are valid."""
    r, s = decode_dss_signature(der)
    width = (curve.key_size + 7) // 8
    return r.to_bytes(width, "big") + min(s, curve.group_order - s).to_bytes(width, "big")
