"""An association between named parties: every message in general-ciphering, general-signing or both.

Where both are asked for, a message is signed first and ciphered then (Green Book 9.2.7.2.5, 9.2.7.2.6). Each
side numbers its own messages: by the invocation counter under an identified key, and by the transaction-id,
eight octets that only rise, where the key is of one message or a message is signed alone. The numbers come
from ``next_counter``, which keeps each before it gives it, so that no key and no signature serves twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from meterkast.model.errors import LocalError, TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import Apdu
from meterkast.protocols.dlms.apdu.general import AgreedKey, GeneralCiphering, GeneralSigning, Header
from meterkast.protocols.dlms.counter import CounterGate
from meterkast.protocols.dlms.envelope import in_the_clear
from meterkast.protocols.dlms.general_ciphering import (
    ALL_STATIC,
    ONE_EPHEMERAL,
    Associated,
    Correspondent,
    Party,
    open_general,
    seal_all_static,
    seal_identified,
    seal_one_ephemeral,
)
from meterkast.protocols.dlms.general_signing import Signed, sign_message, signed_content
from meterkast.protocols.dlms.signature import PrivateKey, Signer

_TRANSACTION: Final = 8
_HEADER: Final = 1 + 3 * 9 + 2  # tag, transaction and both titles, two empty fields
_CIPHERED: Final = 1 + 1 + 2 + 4 + 5 + 5 + 12  # key info, length, control and counter, tag
_SIGNED: Final = 5 + 2  # length of the content and of the signature


class Keying(StrEnum):
    """Where the key of each message comes from."""

    IDENTIFIED = "identified key"  # the global key: from a key transfer, or agreed on by 2e0s
    ONE_EPHEMERAL = "1e1s"
    ALL_STATIC = "0e2s"


_PARAMETERS: Final = {Keying.ONE_EPHEMERAL: ONE_EPHEMERAL, Keying.ALL_STATIC: ALL_STATIC}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralProtection:
    """How one side protects its messages, and what it asks of the other's: exactly the same.

    Attributes:
        own: our keys.
        peer: whom we talk to; the association opens with nobody else.
        keying: how messages are ciphered; None for messages that are signed alone.
        signer: signs with our key; needed to sign messages and for 1e1s.
        signing: whether messages are signed.
        span: what a signature covers.
        next_counter: gives a number never used before; kept before it is given.
        gate: of the peer's numbers.
        new_ephemeral: gives a key never used before; needed for 1e1s.

    Raises:
        LocalError: ``security-settings`` where a key is missing, or where nothing would tell a repeated
            message from a new one.
    """

    own: Party
    peer: Correspondent
    keying: Keying | None
    signer: Signer | None = field(default=None, repr=False)
    signing: bool = False
    span: Signed = Signed.ENCODED
    next_counter: Callable[[], int]
    gate: CounterGate = field(default_factory=CounterGate)
    new_ephemeral: Callable[[], PrivateKey] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.keying is None and not self.signing:
            raise _settings("Messages are neither ciphered nor signed.")
        if (self.signing or self.keying is Keying.ONE_EPHEMERAL) and (
            self.signer is None or self.peer.signing_key is None
        ):
            raise _settings("Signatures take a key of our own and the peer's public one.")
        if self.keying is Keying.ONE_EPHEMERAL and self.new_ephemeral is None:
            raise _settings("1e1s takes a new key for each message.")
        if self.keying is Keying.ONE_EPHEMERAL and self.own.associated is Associated.NO_HEADER:
            raise _settings("Without its header under the tag, a repeated message cannot be told.")
        if self.keying is None and self.span is Signed.CONTENT:
            raise _settings("Without its header under the signature, a repeated message cannot be told.")

    def begin(self) -> "GeneralEnvelope":
        """The protection of a new association."""
        return GeneralEnvelope(self)


class GeneralEnvelope:
    """The protection of one association."""

    def __init__(self, own: GeneralProtection) -> None:
        self._own = own

    @property
    def title(self) -> bytes:
        """Our system title."""
        return self._own.own.title

    @property
    def overhead(self) -> int:
        """Octets that protection adds at most."""
        own, coordinate = self._own, self._own.own.suite.coordinate
        signed = _HEADER + _SIGNED + 2 * coordinate if own.signing else 0
        agreed = 4 * coordinate if own.keying is Keying.ONE_EPHEMERAL else 0
        return signed + (0 if own.keying is None else _HEADER + _CIPHERED + agreed)

    def meet(self, title: bytes | None) -> None:
        """Takes the peer's system title, which must be the one that its keys belong to.

        Raises:
            TrustError: ``security-title-wrong``.
        """
        if title != self._own.peer.title:
            raise TrustError("security-title-wrong", "The other side shows another system title.")

    def dedicate(self, _key: bytes) -> None:
        """There are no dedicated keys between named parties.

        Raises:
            TrustError: ``security-key``, always.
        """
        raise TrustError("security-key", "A dedicated key does not fit the protection.")

    def seal(self, plain: bytes, *, initiating: bool = False) -> bytes:  # noqa: ARG002 - one form for all
        """A message in protection."""
        own, number = self._own, self._own.next_counter()
        transaction = number.to_bytes(_TRANSACTION, "big")
        if own.signing and own.signer is not None:
            header = Header(transaction=transaction, originator=self.title, recipient=own.peer.title)
            plain = sign_message(header, plain, own.signer, span=own.span).encode()
        match own.keying:
            case None:
                return plain
            case Keying.IDENTIFIED:
                return seal_identified(own.own, own.peer, plain, number).encode()
            case Keying.ALL_STATIC:
                return seal_all_static(own.own, own.peer, plain, transaction=transaction).encode()
        assert own.new_ephemeral is not None
        assert own.signer is not None
        return seal_one_ephemeral(
            own.own,
            own.peer,
            plain,
            ephemeral=own.new_ephemeral(),
            signer=own.signer,
            transaction=transaction,
        ).encode()

    def open(self, message: Apdu, *, initiating: bool = False) -> bytes:  # noqa: ARG002 - one form for all
        """The message inside, once all of its protection holds and its number has risen.

        Raises:
            TrustError: ``security-policy`` for any other protection than agreed, as for ``open_general`` and
                ``signed_content``, ``security-counter-…``; nothing is kept then.
            PeerError: ``security-key-info``, ``apdu-…`` where no message is inside.
        """
        own = self._own
        number = _number(message, own.keying)
        own.gate.check(number)
        plain = b""
        if isinstance(message, GeneralCiphering):
            plain = open_general(own.own, own.peer, message)
        if own.signing:
            signed = message if own.keying is None else apdu.decode(plain)
            if not isinstance(signed, GeneralSigning):
                raise in_the_clear()
            if signed.header.recipient != self.title:
                raise TrustError("security-title-wrong", "The message is for somebody else.")
            key, high_s = own.peer.signing_key, own.peer.high_s
            assert key is not None
            plain = signed_content(signed, own.peer.title, key, span=own.span, high_s=high_s)
        own.gate.accept(number)
        return plain


def _number(message: Apdu, keying: Keying | None) -> int:
    """The number that tells a message from a repetition, where it has the form that was agreed."""
    if keying is None and isinstance(message, GeneralSigning):
        return _transaction(message.header)
    if keying is not None and isinstance(message, GeneralCiphering):
        info = message.key_info
        if keying is Keying.IDENTIFIED and not isinstance(info, AgreedKey):
            return message.counter
        if isinstance(info, AgreedKey) and info.parameters == _PARAMETERS.get(keying):
            return _transaction(message.header)
    raise in_the_clear()


def _transaction(header: Header) -> int:
    if len(header.transaction) != _TRANSACTION:
        raise TrustError("security-transaction", "The message has no number that could rise.")
    return int.from_bytes(header.transaction, "big")


def _settings(message: str) -> LocalError:
    return LocalError("security-settings", message)
