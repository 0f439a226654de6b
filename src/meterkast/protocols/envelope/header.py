"""The header of an envelope: who sends, for which operator, and which one. Readable without a key."""

import struct
from dataclasses import dataclass

from meterkast.model.errors import DataError, PeerError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.envelope.algorithms import ContentAlgorithm, SealingAlgorithm, SignatureAlgorithm
from meterkast.protocols.envelope.limits import KEY_ID, MAX_OPERATOR

_MAGIC = b"MKEV"
_VERSION = 1
_FIXED = struct.Struct(f">4sB3s8s{KEY_ID}sQQB")
_COUNTER_END = 1 << 64
_SEALED = SealingAlgorithm.HPKE_MLKEM768_X25519, ContentAlgorithm.AES_256_GCM
SIGNING_AT = 5
SEALING_AT = 6
"""Offsets of the ids of the algorithms, behind magic and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands on the outside.

    Attributes:
        gateway: system title of the sender, equal to the one in its certificates.
        signer: key id of the certificate whose key signs (``x509.key_id``), eight octets.
        operator: the operator for whom the content is sealed, 1 to 48 printable ASCII characters.
        counter: strictly rising per gateway, persisted before use (RQ-13); 0 to 2**64 - 1.
        created: Unix seconds at which the content was sealed.
        signing: how the envelope is signed.

    Raises:
        DataError: ``envelope-header-range`` where a field is outside its range.
    """

    gateway: SystemTitle
    signer: bytes
    operator: str
    counter: int
    created: int
    signing: SignatureAlgorithm = SignatureAlgorithm.ECDSA_P256_SHA256

    def __post_init__(self) -> None:
        named = 1 <= len(self.operator) <= MAX_OPERATOR
        printable = self.operator.isascii() and self.operator.isprintable()
        counted = 0 <= self.counter < _COUNTER_END and 0 <= self.created < _COUNTER_END
        if not (named and printable and counted and len(self.signer) == KEY_ID):
            raise DataError("envelope-header-range", "A field of the envelope header is outside its range.")

    def encode(self) -> bytes:
        """The octets from the magic up to and including the operator; they bind every sealed key."""
        operator = self.operator.encode("ascii")
        fixed = _FIXED.pack(
            _MAGIC,
            _VERSION,
            bytes((self.signing, *_SEALED)),
            self.gateway.octets,
            self.signer,
            self.counter,
            self.created,
            len(operator),
        )
        return fixed + operator


def decode_header(octets: bytes) -> tuple[Header, int]:
    """Reads the header at the start of the octets and gives the offset after it.

    Raises:
        PeerError: ``envelope-truncated``, ``envelope-magic-wrong``, ``envelope-version-unknown``,
            ``envelope-algorithm-unknown`` or ``envelope-header-malformed``.
    """
    if len(octets) < _FIXED.size:
        raise PeerError("envelope-truncated", "The envelope ends inside its header.", where="offset 0")
    magic, version, algorithms, gateway, signer, counter, created, length = _FIXED.unpack_from(octets)
    if magic != _MAGIC:
        raise PeerError("envelope-magic-wrong", "These octets are not an envelope.", where="offset 0")
    if version != _VERSION:
        raise PeerError("envelope-version-unknown", f"Version {version} is unknown.", where="offset 4")
    if algorithms[0] not in {*SignatureAlgorithm} or algorithms[1:] != bytes(_SEALED):
        raise PeerError("envelope-algorithm-unknown", "An algorithm is unknown.", where="offset 5")
    end = _FIXED.size + length
    if len(octets) < end:
        raise PeerError("envelope-truncated", "The envelope ends inside its operator.", where="offset 40")
    try:
        header = Header(
            gateway=SystemTitle(gateway),
            signer=signer,
            operator=octets[_FIXED.size : end].decode("ascii"),
            counter=counter,
            created=created,
            signing=SignatureAlgorithm(algorithms[0]),
        )
    except (DataError, UnicodeDecodeError) as cause:
        raise PeerError("envelope-header-malformed", "The header is malformed.", where="offset 8") from cause
    return header, end
