"""HDLC frame format type 3 as DLMS uses it (IEC 62056-46): frames, and a link with one side at each end.

``Frame`` is the wire value, ``Deframer`` finds frames in a stream, ``Link`` is one end of a connection and
``TimedLink`` one that knows when to repeat itself; ``PushAssembly`` is for lines on which a meter only sends.
Supported: normal response mode with SNRM, UA, DISC, DM, I, RR and RNR, windows of 1 to 7, segmentation both
ways, UI from the server. FRMR ends a connection and is never sent. Not supported: three-octet addresses.
"""

from meterkast.protocols.hdlc.address import Address
from meterkast.protocols.hdlc.connection import Role, State
from meterkast.protocols.hdlc.control import Control, Kind
from meterkast.protocols.hdlc.deframer import Deframer, Garbage
from meterkast.protocols.hdlc.event import Apdu, Connected, Disconnected, Event, Push, Reply
from meterkast.protocols.hdlc.frame import Examined, Frame, examine
from meterkast.protocols.hdlc.link import Link
from meterkast.protocols.hdlc.parameters import Parameters
from meterkast.protocols.hdlc.push import PushAssembly
from meterkast.protocols.hdlc.timed import TimedLink

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
    "Push",
    "PushAssembly",
    "Reply",
    "Role",
    "State",
    "TimedLink",
    "examine",
]
