"""HDLC frame format type 3 as DLMS uses it (IEC 62056-46): frames, and a link with one side at each end.

``Frame`` is the wire value, ``Deframer`` finds frames in a stream, ``Link`` is one end of a connection.
Supported: SNRM, UA, DISC, DM, I and RR, window 1, segmentation both ways. Not supported: windows above 1,
three-octet addresses, and unnumbered information on a link (``Frame`` reads it all the same).
"""

from meterkast.protocols.hdlc.address import Address
from meterkast.protocols.hdlc.connection import Role, State
from meterkast.protocols.hdlc.control import Control, Kind
from meterkast.protocols.hdlc.deframer import Deframer, Garbage
from meterkast.protocols.hdlc.event import Apdu, Connected, Disconnected, Event, Reply
from meterkast.protocols.hdlc.frame import Examined, Frame, examine
from meterkast.protocols.hdlc.link import Link
from meterkast.protocols.hdlc.parameters import Parameters

__all__ = [
    "Address",
    "Apdu",
    "Connected",
    "Control",
    "Deframer",
    "Disconnected",
    "Event",
    "Examined",
    "Frame",
    "Garbage",
    "Kind",
    "Link",
    "Parameters",
    "Reply",
    "Role",
    "State",
    "examine",
]
