"""Keys that two sides agree on and nobody sends: ECDH in the three forms of DLMS (Green Book 9.2.3.4.6).

| form | ephemeral keys | static keys | used for |
|---|---|---|---|
| 2e0s | of both | none | a new global key, by method 3 of the security setup |
| 1e1s | of the originator | of the recipient | one general-ciphering message |
| 0e2s | none | of both | general-ciphering messages, each with its own transaction-id |

Settled by computation from the standard's own examples: the derivation binds AlgorithmID ``60857405080300``,
the originator's title and then the recipient's; in 0e2s the transaction-id stands between them, behind its
length. The ephemeral key of 2e0s is signed together with the key id in front of it, that of 1e1s bare. Not
settled by any public example: the derivation of suite 2.
"""

from dataclasses import dataclass
from enum import IntEnum

from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.model.errors import LocalError, TrustError
from meterkast.protocols.axdr import encode_length
from meterkast.protocols.dlms.signature import PrivateKey, PublicKey, Signer, verify
from meterkast.protocols.dlms.suite import Suite

_UNCOMPRESSED = b"\x04"
_FIRST_ROUND = (1).to_bytes(4, "big")


class KeyId(IntEnum):
    """Which key is agreed on or transferred (Blue Book, security setup)."""

    GLOBAL_UNICAST = 0
    GLOBAL_BROADCAST = 1
    AUTHENTICATION = 2
    MASTER = 3


@dataclass(frozen=True, slots=True)
class Parties:
    """Both system titles in the order of the derivation: the one who sends comes first, client or not."""

    originator: bytes
    recipient: bytes


def point(key: PublicKey) -> bytes:
    """A public key on the wire: X and Y, without the octet that says so."""
    coordinate = (key.curve.key_size + 7) // 8
    numbers = key.public_numbers()
    return numbers.x.to_bytes(coordinate, "big") + numbers.y.to_bytes(coordinate, "big")


def public_key(suite: Suite, octets: bytes) -> PublicKey:
    """The key at X and Y.

    Raises:
        TrustError: ``key-point`` for a point off the curve, at infinity, compressed or of another length.
        LocalError: ``key-suite`` for suite 0.
    """
    curve = _curve(suite)
    if len(octets) == 2 * suite.coordinate:
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(curve, _UNCOMPRESSED + octets)
        except ValueError:
            pass
    raise TrustError("key-point", "A public key is no point of the curve of its suite.")


def derive(suite: Suite, shared: bytes, parties: Parties, *, transaction: bytes = b"") -> bytes:
    """The key from a shared secret (NIST SP 800-56A concatenation KDF, one round).

    Args:
        suite: 1 or 2.
        shared: Z, the X coordinate of the agreed point.
        parties: who sends, and to whom.
        transaction: for 0e2s, where nothing else would tell two keys apart.
    """
    named = encode_length(len(transaction)) + transaction if transaction else b""
    bound = suite.algorithm + parties.originator + named + parties.recipient
    material: bytes = suite.digest(_FIRST_ROUND + shared + bound).digest()
    return material[: suite.key_length]


def agree(
    suite: Suite, own: PrivateKey, peer: PublicKey, parties: Parties, *, transaction: bytes = b""
) -> bytes:
    """The key from our private and the peer's public key, whichever of them are ephemeral.

    Raises:
        LocalError: ``key-suite`` where a key is not on the curve of the suite.
    """
    curve = _curve(suite)
    if own.curve.name != curve.name or peer.curve.name != curve.name:
        raise LocalError("key-suite", "The keys are not on the curve of the security suite.")
    return derive(suite, own.exchange(ec.ECDH(), peer), parties, transaction=transaction)


def offer(key_id: KeyId, ephemeral: PublicKey, signer: Signer) -> bytes:
    """2e0s, either side: key_data, the ephemeral key and the signature over key id and key."""
    octets = point(ephemeral)
    return octets + signer(bytes((key_id,)) + octets)


def taken(
    suite: Suite, key_id: KeyId, key_data: bytes, peer: PublicKey, *, high_s: bool = False
) -> PublicKey:
    """2e0s, either side: the peer's ephemeral key, once its signature holds.

    Raises:
        TrustError: ``signature-wrong`` or ``key-point``.
    """
    octets, signature = key_data[: 2 * suite.coordinate], key_data[2 * suite.coordinate :]
    verify(peer, signature, bytes((key_id,)) + octets, high_s=high_s)
    return public_key(suite, octets)


def _curve(suite: Suite) -> ec.EllipticCurve:
    if suite.curve is None:
        raise LocalError("key-suite", "Suite 0 has no key agreement.")
    return suite.curve
