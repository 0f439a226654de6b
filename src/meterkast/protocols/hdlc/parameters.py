"""What SNRM and UA agree on: the largest information field each way (IEC 62056-46, 6.4.4.4.3.2)."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError

DEFAULT_INFORMATION = 128
SMALLEST_INFORMATION = 32
LARGEST_INFORMATION = 2030

_FORMAT, _GROUP = 0x81, 0x80
_TRANSMIT, _RECEIVE, _TRANSMIT_WINDOW, _RECEIVE_WINDOW = 5, 6, 7, 8
_WINDOW = bytes((_TRANSMIT_WINDOW, 4, 0, 0, 0, 1, _RECEIVE_WINDOW, 4, 0, 0, 0, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Largest information fields in octets, as seen by the side that states them. The window is always 1.

    Raises:
        LocalError: ``hdlc-parameter-range`` outside 32 to 2030 octets.
    """

    transmit: int = DEFAULT_INFORMATION
    receive: int = DEFAULT_INFORMATION

    def __post_init__(self) -> None:
        if not all(
            SMALLEST_INFORMATION <= size <= LARGEST_INFORMATION for size in (self.transmit, self.receive)
        ):
            raise LocalError("hdlc-parameter-range", "An HDLC information field has 32 to 2030 octets.")

    def encode(self) -> bytes:
        """The information field of SNRM or UA."""
        sizes = bytes((_TRANSMIT, 2, *self.transmit.to_bytes(2, "big")))
        sizes += bytes((_RECEIVE, 2, *self.receive.to_bytes(2, "big")))
        return bytes((_FORMAT, _GROUP, len(sizes) + len(_WINDOW))) + sizes + _WINDOW

    @classmethod
    def parse(cls, information: bytes) -> "Parameters":
        """Reads the information field of SNRM or UA; what is not stated has its default.

        Raises:
            PeerError: ``hdlc-parameters-malformed`` or ``hdlc-parameter-range``.
        """
        stated = _parameters(information)
        try:
            return cls(
                transmit=stated.get(_TRANSMIT, DEFAULT_INFORMATION),
                receive=stated.get(_RECEIVE, DEFAULT_INFORMATION),
            )
        except LocalError as error:
            raise PeerError(error.code, error.message, where="information") from None

    def agreed_with(self, peer: "Parameters") -> "Parameters":
        """What we may use: no more than we can send and the peer can receive, and the other way round."""
        return Parameters(transmit=min(self.transmit, peer.receive), receive=min(self.receive, peer.transmit))


def _parameters(information: bytes) -> dict[int, int]:
    if not information:
        return {}
    malformed = PeerError(
        "hdlc-parameters-malformed", "The negotiation parameters are malformed.", where="information"
    )
    if len(information) < 3 or information[:2] != bytes((_FORMAT, _GROUP)):
        raise malformed
    if information[2] != len(information) - 3:
        raise malformed
    stated: dict[int, int] = {}
    offset = 3
    while offset < len(information):
        name, end = information[offset], offset + 2 + int.from_bytes(information[offset + 1 : offset + 2])
        value = information[offset + 2 : end]
        if end > len(information) or not 1 <= len(value) <= 4 or name in stated:
            raise malformed
        stated[name] = int.from_bytes(value)
        offset = end
    return stated
