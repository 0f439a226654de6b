"""Protected messages as they stand on the wire; ``security`` opens them (Green Book 9.2.7)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from meterkast.protocols.axdr import Reader, Writer

GLOBAL_TAGS: Final = {
    0x01: 0x21,
    0x08: 0x28,
    0x0E: 0x2E,
    0xC0: 0xC8,
    0xC1: 0xC9,
    0xC2: 0xCA,
    0xC3: 0xCB,
    0xC4: 0xCC,
    0xC5: 0xCD,
    0xC7: 0xCF,
}
"""Tag of a message in the clear, and under the global key."""

DEDICATED_TAGS: Final = {
    0xC0: 0xD0,
    0xC1: 0xD1,
    0xC2: 0xD2,
    0xC3: 0xD3,
    0xC4: 0xD4,
    0xC5: 0xD5,
    0xC7: 0xD7,
}
"""Tag of a message in the clear, and under the dedicated key."""


@dataclass(frozen=True, slots=True)
class Ciphered:
    """A message under the global or dedicated key, with a tag of its own service.

    ``payload`` is what follows the counter: ciphertext or plaintext, and the authentication tag if any.
    """

    TAGS: ClassVar = frozenset((*GLOBAL_TAGS.values(), *DEDICATED_TAGS.values()))
    tag: int
    security_control: int
    counter: int
    payload: bytes

    @classmethod
    def parse(cls, tag: int, reader: Reader) -> "Ciphered":
        """What follows the tag."""
        return cls(tag, *parse_protected(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return (
            Writer(self.tag)
            .string(write_protection(self.security_control, self.counter, self.payload))
            .finish()
        )


@dataclass(frozen=True, slots=True)
class GeneralGloCiphering:
    """Any message under the global key of the sender whose system title it names."""

    TYPE: ClassVar = (0xDB,)
    system_title: bytes
    security_control: int
    counter: int
    payload: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "GeneralGloCiphering":
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


def parse_protected(reader: Reader) -> tuple[int, int, bytes]:
    """An octet string of security control, invocation counter and the protected text.

    Raises:
        PeerError: ``apdu-ciphered-short``.
    """
    start = reader.offset
    contents = reader.string()
    if len(contents) < 5:
        raise reader.fault("apdu-ciphered-short", "Security control and counter need five octets.", start)
    return contents[0], int.from_bytes(contents[1:5], "big"), contents[5:]


def write_protection(control: int, counter: int, payload: bytes) -> bytes:
    """Security control, invocation counter and the protected text."""
    return Writer(control).number(counter, 4).raw(payload).finish()
