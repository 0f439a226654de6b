"""Whether a frame is for this meter: by its primary address, or because it was selected by who it is."""

from meterkast.model.errors import PeerError
from meterkast.protocols.mbus.conversation import SELECT, SELECTED
from meterkast.protocols.mbus.frame import LongFrame, ShortFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.secondary import SecondaryAddress

_WHOEVER = 254


class Addressing:
    """The device's side of addressing (EN 13757-2, 5.7 and EN 13757-3, selection).

    Args:
        device: who it is.
        primary: its address on the wire, 1 to 250.
    """

    def __init__(self, device: Identity, primary: int) -> None:
        self._device = device
        self._primary = primary
        self._selected = False

    def is_selection(self, received: ShortFrame | LongFrame) -> bool:
        """Whether the frame selects some device, this one or another."""
        return isinstance(received, LongFrame) and (received.address, received.ci) == (SELECTED, SELECT)

    def select(self, received: ShortFrame | LongFrame) -> bool:
        """Whether this device is the one selected; if not, it is no longer."""
        assert isinstance(received, LongFrame)
        try:
            self._selected = SecondaryAddress.decode(received.payload).fits(self._device)
        except PeerError:
            self._selected = False
        return self._selected

    def concerns(self, received: ShortFrame | LongFrame) -> bool:
        """Whether the frame is for this device."""
        return received.address in (self._primary, _WHOEVER) or (
            self._selected and received.address == SELECTED
        )

    def reset(self, received: ShortFrame | LongFrame) -> bool:
        """Ends a selection; whether the device acknowledges, which it does under an address of its own."""
        if received.address == SELECTED:
            self._selected = False
        return received.address != SELECTED
