"""A small meter and a client of it: what they say to each other are seeds, and both are targets."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

from meterkast.model.errors import MeterkastError
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import double_long_unsigned, null, octets, unsigned
from meterkast.protocols.cosem.capture import CaptureObject, Row
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import Clock, ProfileGeneric, Register
from meterkast.protocols.dlms.apdu import (
    AccessGet,
    AccessSet,
    AttributeDescriptor,
    EntrySelection,
    MethodDescriptor,
    RangeSelection,
    VariableName,
)
from meterkast.protocols.dlms.ciphering import Protection
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Send
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.short_client import ShortClient

CLEAR, PROTECTED, SHORT = 16, 1, 8
AT = 1_774_134_000
_EVERYTHING = Right.READ | Right.WRITE | Right.INVOKE
_ENERGY, _PROFILE = Obis(1, 0, 1, 8, 0), Obis(1, 0, 99, 1, 0)
COLUMNS = (
    CaptureObject(class_id=8, logical_name=Obis(0, 0, 1, 0, 0), attribute=2),
    CaptureObject(class_id=3, logical_name=_ENERGY, attribute=2),
)
_ROWS = [Row(at=AT + 900 * number, values=(double_long_unsigned(number),)) for number in range(24)]


def device() -> LogicalDevice:
    """A register, a clock and a profile of 24 rows."""
    return LogicalDevice(
        "MKM0000000000001",
        (
            Clock(lambda: AT),
            Register(_ENERGY, lambda: double_long_unsigned(1_234_567), unit=Unit.WATT_HOUR),
            ProfileGeneric(
                _PROFILE,
                capture_objects=COLUMNS,
                capture_period=900,
                profile_entries=960,
                rows=lambda _start, _end: _ROWS,
            ),
        ),
    )


def _protection(serial: int) -> Protection:
    counters = count(1)
    return Protection(
        title=SystemTitle.of("MKM", serial),
        encryption_key=bytes(16),
        authentication_key=bytes(16),
        next_counter=lambda: next(counters),
    )


def _hls5(own: Protection) -> Hls5:
    challenges = count(own.title.octets[-1] << 32)
    return Hls5(
        title=own.title,
        encryption_key=own.encryption_key,
        authentication_key=own.authentication_key,
        next_counter=own.next_counter,
        new_challenge=lambda: next(challenges).to_bytes(16, "big"),
    )


def server(objects: LogicalDevice) -> Server:
    """Client 16 may do everything in the clear, 1 with HLS5 and protection; 8 has short names."""
    own = _protection(1)
    return Server(
        objects,
        grants={
            CLEAR: Grant(otherwise=_EVERYTHING),
            SHORT: Grant(otherwise=_EVERYTHING, short_names={0x1000: (3, _ENERGY), 0x2000: (7, _PROFILE)}),
            PROTECTED: Grant(hls5=_hls5(own), protection=own, otherwise=_EVERYTHING),
        },
        max_pdu_size=160,
        blocks=BlockTransfer(window=3),
    )


def client(*, protected: bool, blocks: bool = False) -> Client:
    """The client that the server knows under that id; in APDUs of 160 octets, or blocks of these."""
    transfer = BlockTransfer(window=3) if blocks else None
    if not protected:
        return Client(max_pdu_size=160, blocks=transfer)
    own = _protection(2)
    return Client(hls5=_hls5(own), protection=own, max_pdu_size=160, blocks=transfer)


def old_client() -> ShortClient:
    """The client of short names."""
    return ShortClient(max_pdu_size=160)


def requests(client: Client) -> list[Callable[[], bytes]]:
    """One of each kind of request."""
    energy = AttributeDescriptor(3, _ENERGY, 2)
    profile, method = AttributeDescriptor(7, _PROFILE, 2), MethodDescriptor(7, _PROFILE, 1)
    return [
        lambda: client.get(energy),
        lambda: client.get(profile),
        lambda: client.get(profile, RangeSelection(AT, AT + 1800)),
        lambda: client.get(profile, EntrySelection(1, 3)),
        lambda: client.get_list((energy, profile)),
        lambda: client.set(energy, octets(bytes(200))),
        lambda: client.set_list(((energy, octets(bytes(50))),) * 3),
        lambda: client.act(method, octets(bytes(200))),
        lambda: client.act_list(((method, octets(bytes(50))),) * 3),
        lambda: client.access(((AccessGet(energy), null()), (AccessSet(energy), unsigned(1)))),
        client.release,
    ]


def asked_by_short_names() -> list[bytes]:
    """An association by short names: a register, the profile in blocks, the list of objects."""
    peer, side = server(device()), old_client()
    said: list[bytes] = []

    def carry(apdu: bytes) -> None:
        said.append(apdu)
        for answer in peer.receive(SHORT, apdu):
            for event in side.receive(answer):
                if isinstance(event, Send):
                    carry(event.apdu)

    carry(side.aarq())
    for names in ([0x1008], [0x2008], [0x1008, 0x1010]):
        carry(side.read([VariableName(name) for name in names]))
    carry(side.objects())
    return said


def recorded(*, protected: bool, blocks: bool = False) -> tuple[list[bytes], list[bytes]]:
    """All that client and server say to each other over one of each request: to the server, to the client."""
    peer, side = server(device()), client(protected=protected, blocks=blocks)
    said: tuple[list[bytes], list[bytes]] = ([], [])

    def carry(apdu: bytes) -> None:
        said[0].append(apdu)
        answers = peer.receive(PROTECTED if protected else CLEAR, apdu)
        said[1].extend(answers)
        for answer in answers:
            with suppress(MeterkastError):
                for event in side.receive(answer):
                    if isinstance(event, Send):
                        carry(event.apdu)

    carry(side.aarq())
    for ask in requests(side):
        carry(ask())
    return said
