"""Devices on one wire, for the tests: they all hear everything, and who speaks at once spoils each other."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeVar

from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.conversation import SELECT, SELECTED, Heard, Quiet
from meterkast.protocols.mbus.frame import Acknowledgement, Frame, LongFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.secondary import SecondaryAddress
from meterkast.protocols.mbus.telegram import Header

_Result = TypeVar("_Result")
_COUNT_BIT = 0x20


@dataclass
class Device:
    """A device with one or more telegrams, which it gives in turn as the frame count bit changes."""

    identity: Identity
    address: int = 0
    contents: list[bytes] = field(default_factory=lambda: [b""])
    selected: bool = False
    count_bit: int | None = None
    place: int = 0

    def answer(self, heard: Frame) -> Frame | None:
        if isinstance(heard, Acknowledgement):
            return None
        if isinstance(heard, LongFrame) and heard.ci == SELECT and heard.address == SELECTED:
            self.selected = SecondaryAddress.decode(heard.payload).fits(self.identity)
            self.count_bit, self.place = None, 0
            return Acknowledgement() if self.selected else None
        if heard.address not in (self.address, 254, *((SELECTED,) if self.selected else ())):
            return None
        if heard.control == frame.SND_NKE:
            self.count_bit, self.place = None, 0
            self.selected = self.selected and heard.address != SELECTED
            return Acknowledgement()
        bit = heard.control & _COUNT_BIT
        if self.count_bit is not None and bit != self.count_bit:
            self.place = (self.place + 1) % len(self.contents)
        self.count_bit = bit
        header = Header(identity=self.identity, access=0, status=0)
        payload = header.encode() + self.contents[self.place]
        return LongFrame(control=frame.RSP_UD, address=self.address, ci=0x72, payload=payload)


@dataclass
class Wire:
    """What the master hears: ``lost`` are the places of its frames that nobody hears, ``spoilt`` those whose
    answers it cannot read.
    """

    devices: list[Device]
    lost: frozenset[int] = frozenset()
    spoilt: frozenset[int] = frozenset()
    said: int = 0

    def hear(self, octets: bytes) -> Heard:
        self.said += 1
        if self.said - 1 in self.lost:
            return Quiet.SILENCE
        asked = frame.parse(octets)
        answers = {answer.encode() for device in self.devices if (answer := device.answer(asked)) is not None}
        if not answers:
            return Quiet.SILENCE
        # Acknowledgements of several devices are one octet at one time, and are heard as one.
        spoilt = len(answers) > 1 or self.said - 1 in self.spoilt
        return Quiet.NOISE if spoilt else frame.parse(answers.pop())

    def hold(self, conversation: Generator[bytes, Heard, _Result]) -> _Result:
        """The conversation's result."""
        octets = next(conversation)
        while True:
            try:
                octets = conversation.send(self.hear(octets))
            except StopIteration as ended:
                result: _Result = ended.value
                return result


def identity(number: int, manufacturer: str = "MKM") -> Identity:
    """A gas meter with this number."""
    return Identity(manufacturer=manufacturer, identification=f"{number:08d}", version=1, device_type=3)
