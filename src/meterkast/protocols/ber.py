"""The corner of BER (ITU-T X.690) that ACSE needs: short tags, definite lengths, object identifiers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import PeerError

OCTET_STRING: Final = 0x04
INTEGER: Final = 0x02
OBJECT_IDENTIFIER: Final = 0x06


@dataclass(frozen=True, slots=True)
class Element:
    """A tag octet and its contents."""

    tag: int
    contents: bytes

    @property
    def number(self) -> int:
        """The tag number without class and form."""
        return self.tag & 0x1F

    def encode(self) -> bytes:
        """Tag, length in its shortest form, contents."""
        return bytes((self.tag,)) + encode_length(len(self.contents)) + self.contents


def encode_length(length: int) -> bytes:
    """A definite length in its shortest form (X.690 8.1.3)."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def elements(octets: bytes) -> Iterator[Element]:
    """The elements that these octets are, one after the other.

    Raises:
        PeerError: ``ber-malformed`` for long tags, indefinite lengths, or lengths beyond the end.
    """
    offset = 0
    while offset < len(octets):
        element, offset = _element(octets, offset)
        yield element


def single(octets: bytes, tag: int | None = None) -> Element:
    """The one element that these octets are, of this tag where one is given.

    Raises:
        PeerError: ``ber-malformed`` as for ``elements``, or for another tag or trailing octets.
    """
    if not octets:
        raise _malformed("an element is missing", 0)
    element, end = _element(octets, 0)
    if tag is not None and element.tag != tag:
        raise _malformed(f"tag {element.tag:02X} stands where {tag:02X} belongs", 0)
    if end != len(octets):
        raise _malformed("octets follow the end of the element", end)
    return element


def _element(octets: bytes, start: int) -> tuple[Element, int]:
    tag, offset = octets[start], start + 1
    if tag & 0x1F == 0x1F:
        raise _malformed("tags of more than one octet are not used here", start)
    if offset >= len(octets):
        raise _malformed("the length is missing", offset)
    length = octets[offset]
    offset += 1
    if length >= 0x80:
        width = length & 0x7F
        if not 1 <= width <= 4 or offset + width > len(octets):
            raise _malformed("a length has one to four octets", offset)
        length = int.from_bytes(octets[offset : offset + width], "big")
        offset += width
    if offset + length > len(octets):
        raise _malformed(f"{length} octets are announced, {len(octets) - offset} are left", offset)
    return Element(tag, octets[offset : offset + length]), offset + length


def _malformed(cause: str, offset: int) -> PeerError:
    return PeerError("ber-malformed", f"The BER encoding does not hold: {cause}.", where=f"offset {offset}")
