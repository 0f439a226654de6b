"""Sealing: the gateway's half of an envelope. Content key and nonce are handed in, each used once."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from meterkast.model.errors import LocalError
from meterkast.protocols.envelope.algorithms import SUITE, SignatureAlgorithm
from meterkast.protocols.envelope.header import SIGNING_AT, Header
from meterkast.protocols.envelope.limits import (
    CONTENT_KEY,
    KEY_ID,
    MAX_OCTETS,
    MAX_RECIPIENTS,
    NONCE,
    TAG,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientKey:
    """One who may open the envelope: a certificate's key and its key id of eight octets."""

    key_id: bytes
    key: MLKEM768X25519PublicKey


def seal(
    header: Header,
    recipients: Sequence[RecipientKey],
    payload: bytes,
    content_key: bytes,
    nonce: bytes,
) -> bytes:
    """The outer octets, still unsigned.

    Args:
        header: who sends, for whom, which one.
        recipients: one to four, in any order.
        payload: the content in clear.
        content_key: 32 fresh octets.
        nonce: 12 fresh octets.

    Raises:
        LocalError: ``envelope-recipients-count``, ``envelope-recipient-twice``, ``envelope-key-length`` or
            ``envelope-too-long``.
    """
    _check(recipients, content_key, nonce)
    info = header.encode()
    sealed = b"".join(
        recipient.key_id + SUITE.encrypt(content_key, recipient.key, info)
        for recipient in sorted(recipients, key=lambda recipient: recipient.key_id)
    )
    head = info + bytes((len(recipients),)) + sealed
    if len(head) + NONCE + 4 + len(payload) + TAG + header.signing.octets > MAX_OCTETS:
        raise LocalError("envelope-too-long", "The content is too long.", hint="Send fewer days.")
    content = AESGCM(content_key).encrypt(nonce, payload, head)
    return head + nonce + len(content).to_bytes(4, "big") + content


def attach(outer: bytes, signature: bytes) -> bytes:
    """The finished envelope: the outer octets and the signature over them.

    Raises:
        LocalError: ``envelope-signature-length`` where the signature is not by the algorithm of the header.
    """
    if len(signature) != SignatureAlgorithm(outer[SIGNING_AT]).octets:
        message = "The signature is not as long as those of the algorithm that the header names."
        raise LocalError("envelope-signature-length", message)
    return outer + signature


def _check(recipients: Sequence[RecipientKey], content_key: bytes, nonce: bytes) -> None:
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise LocalError("envelope-recipients-count", f"An envelope has 1 to {MAX_RECIPIENTS} recipients.")
    if len({recipient.key_id for recipient in recipients}) != len(recipients):
        raise LocalError("envelope-recipient-twice", "A recipient is named twice.")
    wrong_id = any(len(recipient.key_id) != KEY_ID for recipient in recipients)
    if wrong_id or len(content_key) != CONTENT_KEY or len(nonce) != NONCE:
        raise LocalError("envelope-key-length", "A key id, content key or nonce has the wrong length.")
