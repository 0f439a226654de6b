"""General-ciphering: one message, under a key found by the message itself (Green Book 9.2.7.2.5).

The standard's printed examples do not settle what the tag covers: their tags reproduce under none of the
layouts that can be read out of the text. ``Associated`` therefore names the layouts; one is the default, a
device profile may name another, and both sides must be set alike.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.dlms.aead import Aead
from meterkast.protocols.dlms.apdu.general import (
    AgreedKey,
    GeneralCiphering,
    Header,
    IdentifiedKey,
    WrappedKey,
)
from meterkast.protocols.dlms.key_agreement import Parties, agree, point, public_key
from meterkast.protocols.dlms.key_transfer import unwrap
from meterkast.protocols.dlms.security import AUTHENTICATED_ENCRYPTED
from meterkast.protocols.dlms.signature import PrivateKey, PublicKey, Signer, verify
from meterkast.protocols.dlms.suite import Suite

ONE_EPHEMERAL = b"\x01"
ALL_STATIC = b"\x02"

_Key = TypeVar("_Key")


class Associated(StrEnum):
    """What the tag covers beside the plaintext; each begins with security control and authentication key."""

    ENCODED_HEADER = "encoded-header"  # the five header fields with their lengths
    BARE_HEADER = "bare-header"  # the five header fields without
    NO_HEADER = "no-header"

    def octets(self, header: Header) -> bytes:
        """The part of the header that is covered."""
        if self is Associated.NO_HEADER:
            return b""
        return header.encode() if self is Associated.ENCODED_HEADER else b"".join(header.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of general-ciphering.

    Attributes:
        suite: security suite; agreed keys need 1 or 2.
        title: own system title.
        authentication_key: shared by both sides; part of what the tag covers.
        global_key: the identified key, where there is one.
        master_key: opens wrapped keys, where there is one.
        agreement_key: own static key for key agreement.
        associated: layout of what the tag covers.
    """

    suite: Suite
    title: bytes
    authentication_key: bytes = field(repr=False)
    global_key: bytes | None = field(default=None, repr=False)
    master_key: bytes | None = field(default=None, repr=False)
    agreement_key: PrivateKey | None = field(default=None, repr=False)
    associated: Associated = Associated.ENCODED_HEADER

    @property
    def control(self) -> int:
        """The only security control octet that is sent or taken."""
        return AUTHENTICATED_ENCRYPTED | self.suite.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondent:
    """What we know of the other side: title, and its public keys where the suite has them.

    Attributes:
        title: system title.
        agreement_key: static key for key agreement.
        signing_key: for the signature over an ephemeral key.
        high_s: takes signatures with a high s, as devices send that do not know our rule.
    """

    title: bytes
    agreement_key: PublicKey | None = None
    signing_key: PublicKey | None = None
    high_s: bool = False


def seal_identified(own: Party, peer: Correspondent, plaintext: bytes, counter: int) -> GeneralCiphering:
    """Under the global key that both sides have. The counter must be fresh for this key and our title."""
    header = Header(originator=own.title, recipient=peer.title)
    return _seal(own, header, IdentifiedKey(0), _needed(own.global_key), plaintext, counter)


def seal_one_ephemeral(
    own: Party,
    peer: Correspondent,
    plaintext: bytes,
    *,
    ephemeral: PrivateKey,
    signer: Signer,
    transaction: bytes,
) -> GeneralCiphering:
    """1e1s: under a key of this message alone, so its counter is 0. ``ephemeral`` is never used again."""
    key = agree(own.suite, ephemeral, _needed(peer.agreement_key), Parties(own.title, peer.title))
    public = point(ephemeral.public_key())
    header = Header(transaction=transaction, originator=own.title, recipient=peer.title)
    return _seal(own, header, AgreedKey(ONE_EPHEMERAL, public + signer(public)), key, plaintext, 0)


def seal_all_static(
    own: Party, peer: Correspondent, plaintext: bytes, *, transaction: bytes
) -> GeneralCiphering:
    """0e2s: under a key of this transaction alone. ``transaction`` is never used again between the two."""
    parties = Parties(own.title, peer.title)
    own_key, peer_key = _needed(own.agreement_key), _needed(peer.agreement_key)
    key = agree(own.suite, own_key, peer_key, parties, transaction=transaction)
    header = Header(transaction=transaction, originator=own.title, recipient=peer.title)
    return _seal(own, header, AgreedKey(ALL_STATIC, b""), key, plaintext, 0)


def open_general(own: Party, peer: Correspondent, message: GeneralCiphering) -> bytes:
    """The plaintext of a message from ``peer``, once tag and any signature hold; counters are the caller's.

    Raises:
        TrustError: ``security-policy`` for another protection or suite, ``security-title-wrong`` where it is
            not from the peer or not for us, ``security-key-missing`` where it takes a key we do not have,
            ``signature-wrong``, ``key-point``, ``key-unwrap`` or ``security-tag-wrong``.
        PeerError: ``security-key-info`` for a form of agreement that does not exist.
    """
    if message.security_control != own.control:
        raise TrustError("security-policy", "The message is not protected as agreed.")
    if message.header.originator != peer.title or message.header.recipient not in (own.title, b""):
        raise TrustError("security-title-wrong", "The message is from or for somebody else.")
    aead = Aead(_key(own, peer, message))
    nonce = message.header.originator + message.counter.to_bytes(4, "big")
    return aead.open(nonce, message.payload, _associated(own, message.header))


def _seal(
    own: Party, header: Header, info: AgreedKey | IdentifiedKey, key: bytes, plaintext: bytes, counter: int
) -> GeneralCiphering:
    nonce = own.title + counter.to_bytes(4, "big")
    payload = Aead(key).seal(nonce, plaintext, _associated(own, header))
    return GeneralCiphering(header, info, own.control, counter, payload)


def _associated(own: Party, header: Header) -> bytes:
    return bytes((own.control,)) + own.authentication_key + own.associated.octets(header)


def _key(own: Party, peer: Correspondent, message: GeneralCiphering) -> bytes:
    parties = Parties(message.header.originator, own.title)
    match message.key_info:
        case None | IdentifiedKey(0):
            return _needed(own.global_key)
        case WrappedKey(0, wrapped):
            return unwrap(_needed(own.master_key), wrapped)
        case AgreedKey(parameters, data) if parameters == ONE_EPHEMERAL:
            public, signature = data[: 2 * own.suite.coordinate], data[2 * own.suite.coordinate :]
            verify(_needed(peer.signing_key), signature, public, high_s=peer.high_s)
            return agree(own.suite, _needed(own.agreement_key), public_key(own.suite, public), parties)
        case AgreedKey(parameters, b"") if parameters == ALL_STATIC:
            transaction = message.header.transaction
            own_key, peer_key = _needed(own.agreement_key), _needed(peer.agreement_key)
            return agree(own.suite, own_key, peer_key, parties, transaction=transaction)
    raise PeerError("security-key-info", "The message names a key in a form that does not exist.")


def _needed(key: _Key | None) -> _Key:
    if key is None:
        raise TrustError("security-key-missing", "The message takes a key that is not there.")
    return key
