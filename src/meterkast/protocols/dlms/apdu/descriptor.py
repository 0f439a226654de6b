"""What a request is about: an attribute or a method of a COSEM object (Green Book 9.5)."""

from dataclasses import dataclass

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Reader, Writer


@dataclass(frozen=True, slots=True)
class AttributeDescriptor:
    """An attribute: class, logical name, number. Attribute 0 means all of them."""

    class_id: int
    instance: Obis
    attribute: int

    @classmethod
    def parse(cls, reader: Reader) -> "AttributeDescriptor":
        """The next nine octets of a message."""
        return cls(reader.number(2), Obis.from_bytes(reader.take(6)), signed_octet(reader))

    def encode(self) -> bytes:
        """The nine octets."""
        writer = Writer().number(self.class_id, 2).raw(self.instance.to_bytes())
        return writer.octet(self.attribute & 0xFF).finish()


@dataclass(frozen=True, slots=True)
class MethodDescriptor:
    """A method: class, logical name, number."""

    class_id: int
    instance: Obis
    method: int

    @classmethod
    def parse(cls, reader: Reader) -> "MethodDescriptor":
        """The next nine octets of a message."""
        return cls(reader.number(2), Obis.from_bytes(reader.take(6)), signed_octet(reader))

    def encode(self) -> bytes:
        """The nine octets."""
        writer = Writer().number(self.class_id, 2).raw(self.instance.to_bytes())
        return writer.octet(self.method & 0xFF).finish()


def signed_octet(reader: Reader) -> int:
    """Attribute and method numbers are signed; negative ones are the manufacturer's own."""
    return int.from_bytes(reader.take(1), "big", signed=True)
