"""What SNRM and UA agree on: longest information field and window each way (IEC 62056-46, 6.4.4.4.3.2)."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError

DEFAULT_INFORMATION = 128
SMALLEST_INFORMATION = 32
LARGEST_INFORMATION = 2030
DEFAULT_WINDOW = 1
LARGEST_WINDOW = 7

_FORMAT, _GROUP = 0x81, 0x80
_TRANSMIT, _RECEIVE, _TRANSMIT_WINDOW, _RECEIVE_WINDOW = 5, 6, 7, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What may be sent each way, as seen by the side that states it.

    Attributes:
        transmit: longest information field sent, in octets.
        receive: longest one taken.
        transmit_window: frames sent before they are acknowledged.
        receive_window: frames taken before they are acknowledged.

    Raises:
        LocalError: ``hdlc-parameter-range`` outside 32 to 2030 octets and windows of 1 to 7.
    """

    transmit: int = DEFAULT_INFORMATION
    receive: int = DEFAULT_INFORMATION
    transmit_window: int = DEFAULT_WINDOW
    receive_window: int = DEFAULT_WINDOW

    def __post_init__(self) -> None:
        sizes = (self.transmit, self.receive)
        windows = (self.transmit_window, self.receive_window)
        if not all(SMALLEST_INFORMATION <= size <= LARGEST_INFORMATION for size in sizes):
            raise LocalError("hdlc-parameter-range", "An HDLC information field has 32 to 2030 octets.")
        if not all(DEFAULT_WINDOW <= window <= LARGEST_WINDOW for window in windows):
            raise LocalError("hdlc-parameter-range", "An HDLC window holds 1 to 7 frames.")

    def encode(self) -> bytes:
        """The information field of SNRM or UA."""
        stated = bytes((_TRANSMIT, 2, *self.transmit.to_bytes(2, "big")))
        stated += bytes((_RECEIVE, 2, *self.receive.to_bytes(2, "big")))
        stated += bytes((_TRANSMIT_WINDOW, 4, *self.transmit_window.to_bytes(4, "big")))
        stated += bytes((_RECEIVE_WINDOW, 4, *self.receive_window.to_bytes(4, "big")))
        return bytes((_FORMAT, _GROUP, len(stated))) + stated

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
                transmit_window=stated.get(_TRANSMIT_WINDOW, DEFAULT_WINDOW),
                receive_window=stated.get(_RECEIVE_WINDOW, DEFAULT_WINDOW),
            )
        except LocalError as error:
            raise PeerError(error.code, error.message, where="information") from None

    def agreed_with(self, peer: "Parameters") -> "Parameters":
        """What we may use: no more than we can send and the peer can receive, and the other way round."""
        return Parameters(
            transmit=min(self.transmit, peer.receive),
            receive=min(self.receive, peer.transmit),
            transmit_window=min(self.transmit_window, peer.receive_window),
            receive_window=min(self.receive_window, peer.transmit_window),
        )


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
