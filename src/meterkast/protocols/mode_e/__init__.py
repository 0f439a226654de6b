"""The opening of IEC 62056-21 in mode E: how a meter on an optical head or a serial line is asked for HDLC.

At 300 baud the reader sends a request, the meter names itself and a speed, the reader acknowledges with the
sign for HDLC, and both go on at that speed. ``Opening`` is the reader's side, ``MeterOpening`` the meter's;
both say when to change speed. Modes A to D, which carry text instead of HDLC, are not supported.
"""

from meterkast.protocols.mode_e.event import Event, Identified, Opened, Say, Speed
from meterkast.protocols.mode_e.identification import START_SPEED, Identification
from meterkast.protocols.mode_e.meter import MeterOpening
from meterkast.protocols.mode_e.reader import Opening

__all__ = [
    "START_SPEED",
    "Event",
    "Identification",
    "Identified",
    "MeterOpening",
    "Opened",
    "Opening",
    "Say",
    "Speed",
]
