"""Reading an envelope: parse what stands outside, verify the signature, open the content. In that order."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.envelope.algorithms import SealingAlgorithm
from meterkast.protocols.envelope.header import SEALING_AT, Header, decode_header
from meterkast.protocols.envelope.limits import (
    CONTENT_KEY,
    KEY_ID,
    MAX_OCTETS,
    MAX_RECIPIENTS,
    NONCE,
    RECIPIENT,
    TAG,
)
from meterkast.protocols.envelope.signature import envelope_signature_holds

Unseal = Callable[[bytes, bytes], bytes]
"""Opens a sealed content key, given its octets and the ``info`` they are bound to; raises TrustError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """The content key, sealed for the holder of the certificate with this key id."""

    key_id: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A parsed envelope. Nothing in it is believed before ``verify`` has returned.

    Attributes:
        header: what stands on the outside.
        recipients: one to four, by rising key id.
        nonce: of the content.
        ciphertext: the content and its tag.
        signature: as long as its algorithm has it.
        signed_octets: everything before the signature.
    """

    header: Header
    recipients: tuple[SealedKey, ...]
    nonce: bytes
    ciphertext: bytes
    signature: bytes
    signed_octets: bytes

    @property
    def sealing(self) -> SealingAlgorithm:
        """How the content key is sealed; what a policy's floor is compared with."""
        return SealingAlgorithm(self.signed_octets[SEALING_AT])

    def encode(self) -> bytes:
        """The octets this envelope was parsed from; there is no other encoding of it."""
        return self.signed_octets + self.signature

    def verify(self, public_key: object) -> None:
        """Returns where the signature is by this key and the algorithm that the header names.

        Raises:
            TrustError: ``envelope-signature-wrong``, whatever the cause.
        """
        signing = self.header.signing
        if not envelope_signature_holds(signing, public_key, self.signature, self.signed_octets):
            raise TrustError("envelope-signature-wrong", "The envelope's signature does not hold.")

    def open(self, unseal: Unseal, key_id: bytes) -> bytes:
        """The content in clear, never before its tag has been checked.

        Raises:
            TrustError: ``envelope-not-opened``, whatever the cause: recipient, key or octets are wrong.
        """
        sealed = next((each.sealed for each in self.recipients if each.key_id == key_id), None)
        if sealed is None:
            raise _not_opened()
        try:
            content_key = unseal(sealed, self.header.encode())
        except TrustError as cause:
            raise _not_opened() from cause
        if len(content_key) != CONTENT_KEY:
            raise _not_opened()
        try:
            return AESGCM(content_key).decrypt(self.nonce, self.ciphertext, self._head())
        except InvalidTag as cause:
            raise _not_opened() from cause

    def _head(self) -> bytes:
        return self.signed_octets[: -(NONCE + 4 + len(self.ciphertext))]


def parse(octets: bytes) -> Envelope:
    """Reads an envelope; it trusts nothing and opens nothing.

    Raises:
        PeerError: ``envelope-too-long``, ``envelope-truncated``, ``envelope-recipients-malformed``,
            ``envelope-trailing-octets``, or one of the header's codes.
    """
    if len(octets) > MAX_OCTETS:
        raise PeerError("envelope-too-long", f"An envelope has at most {MAX_OCTETS} octets.")
    header, offset = decode_header(octets)
    recipients, offset = _recipients(octets, offset)
    nonce, offset = _take(octets, offset, NONCE)
    length, offset = _take(octets, offset, 4)
    ciphertext, offset = _take(octets, offset, int.from_bytes(length, "big"))
    signature, end = _take(octets, offset, header.signing.octets)
    if len(ciphertext) < TAG:
        raise PeerError("envelope-truncated", "The content lacks a whole tag.", where=f"offset {offset}")
    if end != len(octets):
        raise PeerError("envelope-trailing-octets", "Octets follow the signature.", where=f"offset {end}")
    return Envelope(
        header=header,
        recipients=recipients,
        nonce=nonce,
        ciphertext=ciphertext,
        signature=signature,
        signed_octets=octets[:offset],
    )


def _recipients(octets: bytes, offset: int) -> tuple[tuple[SealedKey, ...], int]:
    start = offset
    count, offset = _take(octets, offset, 1)
    if not 1 <= count[0] <= MAX_RECIPIENTS:
        raise _malformed_recipients(start)
    recipients = []
    for _ in range(count[0]):
        entry, offset = _take(octets, offset, RECIPIENT)
        recipients.append(SealedKey(key_id=entry[:KEY_ID], sealed=entry[KEY_ID:]))
    ids = [recipient.key_id for recipient in recipients]
    if any(before >= after for before, after in pairwise(ids)):
        raise _malformed_recipients(start)
    return tuple(recipients), offset


def _take(octets: bytes, offset: int, length: int) -> tuple[bytes, int]:
    end = offset + length
    if end > len(octets):
        raise PeerError("envelope-truncated", "The envelope ends too early.", where=f"offset {offset}")
    return octets[offset:end], end


def _malformed_recipients(offset: int) -> PeerError:
    message = "An envelope names 1 to 4 recipients, each once and by rising key id."
    return PeerError("envelope-recipients-malformed", message, where=f"offset {offset}")


def _not_opened() -> TrustError:
    return TrustError("envelope-not-opened", "The envelope cannot be opened.")
