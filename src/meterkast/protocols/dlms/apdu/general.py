"""Messages between named parties: general-ciphering, general-ded-ciphering and -signing (Green Book 9.5)."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from meterkast.protocols.axdr import Reader, Writer, encode_length
from meterkast.protocols.dlms.apdu.ciphered import parse_protected, write_protection


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Who speaks to whom, and in which transaction; what a field does not say is empty."""

    transaction: bytes = b""
    originator: bytes
    recipient: bytes = b""
    date_time: bytes = b""
    other: bytes = b""

    @classmethod
    def parse(cls, reader: Reader) -> "Header":
        """The next five octet strings of a message.

        Raises:
            PeerError: ``apdu-system-title`` where the originator's title is not eight octets.
        """
        transaction, originator, recipient, date_time, other = [reader.string() for _ in range(5)]
        if len(originator) != 8 or len(recipient) not in (0, 8):
            raise reader.fault("apdu-system-title", "A system title has 8 octets.")
        return cls(
            transaction=transaction,
            originator=originator,
            recipient=recipient,
            date_time=date_time,
            other=other,
        )

    @property
    def values(self) -> tuple[bytes, ...]:
        """The five fields in order."""
        return self.transaction, self.originator, self.recipient, self.date_time, self.other

    def encode(self) -> bytes:
        """The five octet strings."""
        return b"".join([encode_length(len(value)) + value for value in self.values])


@dataclass(frozen=True, slots=True)
class IdentifiedKey:
    """A key that both sides have: 0 global unicast, 1 global broadcast."""

    CHOICE: ClassVar = 0
    key_id: int

    @classmethod
    def parse(cls, reader: Reader) -> "IdentifiedKey":
        """What follows the choice."""
        return cls(reader.octet())

    def encode(self) -> bytes:
        """Choice and key id."""
        return bytes((self.CHOICE, self.key_id))


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key for this message alone, under the key that ``kek`` names: 0 master."""

    CHOICE: ClassVar = 1
    kek: int
    wrapped: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "WrappedKey":
        """What follows the choice."""
        return cls(reader.octet(), reader.string())

    def encode(self) -> bytes:
        """Choice, key-encrypting key and wrapped key."""
        return Writer(self.CHOICE, self.kek).string(self.wrapped).finish()


@dataclass(frozen=True, slots=True)
class AgreedKey:
    """A key both sides can work out: form of agreement (01 is 1e1s, 02 is 0e2s) and what it takes."""

    CHOICE: ClassVar = 2
    parameters: bytes
    data: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "AgreedKey":
        """What follows the choice."""
        return cls(reader.string(), reader.string())

    def encode(self) -> bytes:
        """Choice, form and what it takes."""
        return Writer(self.CHOICE).string(self.parameters).string(self.data).finish()


KeyInfo: TypeAlias = IdentifiedKey | WrappedKey | AgreedKey
_KEY_INFOS: dict[int, type[KeyInfo]] = {kind.CHOICE: kind for kind in (IdentifiedKey, WrappedKey, AgreedKey)}


@dataclass(frozen=True, slots=True)
class GeneralCiphering:
    """Any message, protected under a key that the message itself tells how to find."""

    TYPE: ClassVar = (0xDD,)
    header: Header
    key_info: KeyInfo | None
    security_control: int
    counter: int
    payload: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "GeneralCiphering":
        """What follows the tag."""
        return cls(Header.parse(reader), _key_info(reader), *parse_protected(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.header.encode())
        if self.key_info is None:
            writer.flag(False)
        else:
            writer.flag(True).raw(self.key_info.encode())
        return writer.string(write_protection(self.security_control, self.counter, self.payload)).finish()


@dataclass(frozen=True, slots=True)
class GeneralDedCiphering:
    """Any message under the dedicated key of the association with this system title."""

    TYPE: ClassVar = (0xDC,)
    system_title: bytes
    security_control: int
    counter: int
    payload: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "GeneralDedCiphering":
        """What follows the tag.

        Raises:
            PeerError: ``apdu-system-title`` where the title is not eight octets.
        """
        title = reader.string()
        if len(title) != 8:
            raise reader.fault("apdu-system-title", f"A system title has 8 octets, not {len(title)}.")
        return cls(title, *parse_protected(reader))

    def encode(self) -> bytes:
        """The APDU."""
        protected = write_protection(self.security_control, self.counter, self.payload)
        return Writer(*self.TYPE).string(self.system_title).string(protected).finish()


@dataclass(frozen=True, slots=True)
class GeneralSigning:
    """Any message with a signature, r and s."""

    TYPE: ClassVar = (0xDF,)
    header: Header
    content: bytes
    signature: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "GeneralSigning":
        """What follows the tag."""
        return cls(Header.parse(reader), reader.string(), reader.string())

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.header.encode())
        return writer.string(self.content).string(self.signature).finish()


def _key_info(reader: Reader) -> KeyInfo | None:
    if not reader.flag():
        return None
    choice = reader.octet()
    kind = _KEY_INFOS.get(choice)
    if kind is None:
        raise reader.fault("apdu-choice", f"{choice:02X} names no kind of key.", reader.offset - 1)
    return kind.parse(reader)
