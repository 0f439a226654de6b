"""The authentication and fragmentation layer (EN 13757-7, 6; CI 90)."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError

CI = 0x90
_MORE = 1 << 14
_CONTROL = 1 << 13
_LENGTH = 1 << 12
_COUNTER = 1 << 11
_MAC = 1 << 10
_KEY = 1 << 9
_LENGTH_INSIDE = 1 << 6
_COUNTER_INSIDE = 1 << 5
_MAC_SIZES = {0: 0, 3: 2, 4: 4, 5: 8, 6: 12, 7: 16, 8: 12}
"""Octets of the code per authentication type; 3 to 7 are AES-CMAC-128, 8 is AES-GMAC-128."""
CMAC_TYPES = frozenset({3, 4, 5, 6, 7})


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """The fields of the layer; None where a field is absent.

    Attributes:
        fragment: number of the fragment; 0 where the message is whole.
        more: whether fragments follow.
        control: the message control field, whose low four bits are the authentication type.
        key_information: which key, and which derivation.
        counter: the message counter.
        mac: the authentication code.
        message_length: of the whole message, where it comes in fragments.
    """

    fragment: int = 0
    more: bool = False
    control: int | None = None
    key_information: int | None = None
    counter: int | None = None
    mac: bytes | None = None
    message_length: int | None = None

    @property
    def kind(self) -> int:
        """The authentication type; 0 is none."""
        return 0 if self.control is None else self.control & 0x0F

    @property
    def whole(self) -> bool:
        """Whether the message stands in this frame alone."""
        return not self.more and self.fragment <= 1

    @classmethod
    def decode(cls, octets: bytes) -> tuple["Authentication", int]:
        """The fields, from the CI field on, and the octets that they take.

        Raises:
            PeerError: ``wmbus-authentication-cut`` or ``wmbus-authentication-unknown``.
        """
        size = octets[1] + 2 if len(octets) > 1 else 0
        if size < 4 or len(octets) < size:
            raise PeerError("wmbus-authentication-cut", "The authentication layer ends too early.")
        fields = _Fields(octets[2:size])
        control = fields.number(2)
        message = fields.number(1) if control & _CONTROL else None
        key = fields.number(2) if control & _KEY else None
        counter = fields.number(4) if control & _COUNTER else None
        mac = fields.take(_mac_size(message)) if control & _MAC else None
        length = fields.number(2) if control & _LENGTH else None
        fields.end()
        decoded = cls(
            fragment=control & 0xFF,
            more=bool(control & _MORE),
            control=message,
            key_information=key,
            counter=counter,
            mac=mac,
            message_length=length,
        )
        return decoded, size

    def encode(self) -> bytes:
        """CI field, length and fields.

        Raises:
            LocalError: ``wmbus-authentication-malformed`` where the code is not as long as its type says.
        """
        if self.mac is not None and _MAC_SIZES.get(self.kind) != len(self.mac):
            raise LocalError("wmbus-authentication-malformed", "The code does not fit its type.")
        fields = (
            (_CONTROL, _octets(self.control, 1)),
            (_KEY, _octets(self.key_information, 2)),
            (_COUNTER, _octets(self.counter, 4)),
            (_MAC, self.mac),
            (_LENGTH, _octets(self.message_length, 2)),
        )
        control = self.fragment | (_MORE if self.more else 0)
        body = b""
        for flag, octets in fields:
            if octets is not None:
                control |= flag
                body += octets
        body = control.to_bytes(2, "little") + body
        return bytes((CI, len(body))) + body

    def covered(self, message: bytes) -> bytes:
        """What the code is over: control, counter and length as far as they count, and the message."""
        control = self.control or 0
        return (
            bytes((control,))
            + (_octets(self.counter, 4) or b"" if control & _COUNTER_INSIDE else b"")
            + (_octets(self.message_length, 2) or b"" if control & _LENGTH_INSIDE else b"")
            + message
        )


def _octets(number: int | None, size: int) -> bytes | None:
    return None if number is None else number.to_bytes(size, "little")


def _mac_size(control: int | None) -> int:
    size = None if control is None else _MAC_SIZES.get(control & 0x0F)
    if size is None:
        raise PeerError("wmbus-authentication-unknown", "The authentication type is reserved.")
    return size


class _Fields:
    """Takes fields off the front, and wants none left."""

    def __init__(self, octets: bytes) -> None:
        self._rest = octets

    def take(self, size: int) -> bytes:
        if size > len(self._rest):
            raise PeerError("wmbus-authentication-cut", "The authentication layer ends too early.")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def end(self) -> None:
        if self._rest:
            raise PeerError("wmbus-authentication-long", "Octets follow the fields of the layer.")
