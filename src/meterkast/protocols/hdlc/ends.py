"""Who talks to whom on a link: frames from our end to the far end, and whether one that comes is for us."""

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.hdlc.address import Address
from meterkast.protocols.hdlc.connection import Role
from meterkast.protocols.hdlc.control import Control, Kind
from meterkast.protocols.hdlc.frame import Frame


class Ends:
    """The two addresses of a link.

    Args:
        role: which end is ours.
        server: the logical (and physical) device.
        client: None on a server takes it from whoever connects.
    """

    def __init__(self, role: Role, server: Address, client: int | None) -> None:
        if role is Role.CLIENT and client is None:
            raise LocalError("hdlc-address-missing", "A client has an address of its own.")
        self._role = role
        self._server = server
        self._expected = None if client is None else Address(client)
        self.client = self._expected or Address(0)
        """The client of the connection, or of the last frame where there is none."""

    def frame(self, control: Control, information: bytes = b"", *, segmented: bool = False) -> bytes:
        """A frame from our end to the far end."""
        to_client = self._role is Role.SERVER
        return Frame(
            destination=self.client if to_client else self._server,
            source=self._server if to_client else self.client,
            control=control,
            information=information,
            segmented=segmented,
        ).encode()

    def check(self, frame: Frame, *, connected: bool) -> None:
        """Lets a frame pass that is from the far end for ours.

        Raises:
            PeerError: ``hdlc-address-foreign``.
        """
        server, client, expected = frame.source, frame.destination, self.client
        if self._role is Role.SERVER:
            server, client = client, server
            if not connected or frame.control.kind is Kind.SET_NORMAL_RESPONSE_MODE:
                expected = self._expected or client
        if server != self._server or client != expected or client.width != 1:
            raise PeerError("hdlc-address-foreign", "The frame is for or from somebody else.")
        if not connected:
            self.client = client
