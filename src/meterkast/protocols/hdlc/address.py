"""HDLC addresses: one octet for a client, one, two or four for a server (IEC 62056-46, 6.4.2.2)."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError

_PARTS = {1: (7, 0), 2: (7, 7), 4: (14, 14)}  # width in octets: bits of the upper and of the lower address


@dataclass(frozen=True, slots=True)
class Address:
    """Who a frame is for or from.

    Attributes:
        upper: the client, or the logical device of a server.
        lower: the physical device of a server; 0 where the address has one octet only.
        width: octets on the wire, 1, 2 or 4.

    Raises:
        LocalError: ``hdlc-address-range`` where a part does not fit the width.
    """

    upper: int
    lower: int = 0
    width: int = 1

    def __post_init__(self) -> None:
        bits = _PARTS.get(self.width)
        if bits is None or not (0 <= self.upper < 1 << bits[0] and 0 <= self.lower < 1 << bits[1]):
            raise LocalError("hdlc-address-range", "An HDLC address has 1, 2 or 4 octets of seven bits each.")

    def encode(self) -> bytes:
        """The octets on the wire: seven bits each, the lowest bit of the last one set."""
        number = self.upper << _PARTS[self.width][1] | self.lower
        groups = [number >> 7 * place & 0x7F for place in reversed(range(self.width))]
        return bytes(group << 1 | (place == self.width - 1) for place, group in enumerate(groups))

    @classmethod
    def parse(cls, octets: bytes, offset: int = 0) -> "Address":
        """Reads the address that starts at ``offset``.

        Raises:
            PeerError: ``hdlc-address-malformed`` where it does not end after 1, 2 or 4 octets.
        """
        for width, (_, lower_bits) in _PARTS.items():
            groups = octets[offset : offset + width]
            if len(groups) == width and groups[-1] & 1:
                if any(group & 1 for group in groups[:-1]):
                    break
                number = 0
                for group in groups:
                    number = number << 7 | group >> 1
                return cls(number >> lower_bits, number & (1 << lower_bits) - 1, width)
        raise PeerError(
            "hdlc-address-malformed", "An HDLC address ends after 1, 2 or 4 octets.", where=f"octet {offset}"
        )
