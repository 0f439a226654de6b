"""A small meter, keys for it, and a client in conversation with it over any framing."""

from collections.abc import Callable, Iterator
from itertools import count

from hdlc.frames import SERVER, Cable
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import Data, double_long_unsigned, unsigned
from meterkast.protocols.cosem.capture import CaptureObject, Row
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import (
    AccessDenied,
    Clock,
    CosemObject,
    ExtendedRegister,
    ProfileGeneric,
    ReadableObject,
    Register,
)
from meterkast.protocols.cosem.profile import Encoding
from meterkast.protocols.dlms.apdu import DataAccessResult
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Event, Send
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.hdlc import Apdu, Link

PUBLIC, GATEWAY = 16, 1
START = 1_774_134_000  # 2026-03-22 00:00 in Amsterdam
QUARTER = 900

IMPORT = Obis(1, 0, 1, 8, 0)
PROFILE = Obis(1, 0, 99, 1, 0)
GAS = Obis(0, 1, 24, 2, 1)
CLOCK = Obis(0, 0, 1, 0, 0)
NAME = Obis(0, 0, 42, 0, 0)
TEXT = Obis(0, 0, 96, 13, 0)

COLUMNS = (
    CaptureObject(class_id=8, logical_name=CLOCK, attribute=2),
    CaptureObject(class_id=1, logical_name=Obis(0, 0, 96, 10, 2), attribute=2),
    CaptureObject(class_id=3, logical_name=IMPORT, attribute=2),
)
ROWS = [
    Row(at=START + QUARTER * number, values=(unsigned(0), double_long_unsigned(1_000_000 + 17 * number)))
    for number in range(97)
]


class Text(ReadableObject):
    """A value that can be set, and a method that gives back what it gets."""

    class_id = 1

    def __init__(self) -> None:
        super().__init__(TEXT, {2: lambda: self.value})
        self.value: Data = unsigned(0)

    def write(self, attribute: int, value: Data) -> None:
        if attribute != 2:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        if value.kind is not self.value.kind:
            raise AccessDenied(DataAccessResult.TYPE_UNMATCHED)
        self.value = value

    def invoke(self, method: int, parameters: Data | None = None) -> Data | None:
        if method != 1:
            raise AccessDenied(DataAccessResult.OBJECT_UNAVAILABLE)
        return parameters


def rows(start: int | None, end: int | None) -> list[Row]:
    """The rows of the profile from ``start`` to ``end``, both included."""
    return [row for row in ROWS if (start is None or start <= _at(row)) and (end is None or _at(row) <= end)]


def _at(row: Row) -> int:
    assert row.at is not None
    return row.at


def device(encoding: Encoding = Encoding.FULL) -> LogicalDevice:
    """A meter with one register, a clock, a gas value, a profile of 97 rows, and the object of the tests."""
    objects: tuple[CosemObject, ...] = (
        Clock(lambda: START),
        Register(IMPORT, lambda: double_long_unsigned(1_234_567), unit=Unit.WATT_HOUR),
        ExtendedRegister(
            GAS,
            lambda: double_long_unsigned(7),
            unit=Unit.CUBIC_METRE,
            scaler=-3,
            status=lambda: unsigned(0),
            captured_at=lambda: START,
        ),
        ProfileGeneric(
            PROFILE,
            capture_objects=COLUMNS,
            capture_period=QUARTER,
            profile_entries=960,
            rows=rows,
            encoding=encoding,
        ),
        Text(),
    )
    return LogicalDevice("MKM0000000000001", objects)


def hls5(serial: int, *, key: bytes = bytes(range(16)), challenge: bytes | None = None) -> Hls5:
    """One side of mechanism 5, with counters and challenges that do not repeat."""
    counters = count(1)
    challenges: Iterator[int] = count(serial << 32)

    def new_challenge() -> bytes:
        return next(challenges).to_bytes(16, "big") if challenge is None else challenge

    return Hls5(
        title=SystemTitle.of("MKM", serial),
        encryption_key=key,
        authentication_key=bytes(reversed(key)),
        next_counter=lambda: next(counters),
        new_challenge=new_challenge,
    )


def server(
    meter: LogicalDevice | None = None, *, own: Hls5 | None = None, max_pdu_size: int = 1024
) -> Server:
    """A server with a public client that may read the name, and a gateway that may do everything."""
    everything = Right.READ | Right.WRITE | Right.INVOKE
    return Server(
        meter or device(),
        grants={
            PUBLIC: Grant(rights={NAME: Right.READ}),
            GATEWAY: Grant(hls5=own or hls5(1), otherwise=everything),
        },
        max_pdu_size=max_pdu_size,
    )


Carrier = Callable[[bytes], bytes]


def bare(peer: Server, client_id: int) -> Carrier:
    """APDUs without framing."""

    def carry(apdu: bytes) -> bytes:
        (answer,) = peer.receive(client_id, apdu)
        return answer

    return carry


def over_wrapper(peer: Server, client_id: int) -> Carrier:
    """APDUs in wrappers both ways."""
    to_server, to_client = wrapper.Decoder(), wrapper.Decoder()

    def carry(apdu: bytes) -> bytes:
        (request,) = to_server.receive(wrapper.encode(client_id, 1, apdu))
        (answer,) = peer.receive(request.source, request.apdu)
        (response,) = to_client.receive(wrapper.encode(1, request.source, answer))
        return response.apdu

    return carry


def over_hdlc(peer: Server, client_id: int) -> Carrier:
    """APDUs over two HDLC links with small information fields, so that they come in segments."""
    near = Link(role="client", client_address=client_id, server_address=SERVER, max_information=100)
    cable = Cable(near, Link(role="server", server_address=SERVER, max_information=80))
    cable.carry(near.connect(), "server")

    def carry(apdu: bytes) -> bytes:
        cable.send("client", apdu)
        (request,) = [event for event in cable.taken("server") if isinstance(event, Apdu)]
        (answer,) = peer.receive(client_id, request.octets)
        cable.send("server", answer)
        (response,) = [event for event in cable.taken("client") if isinstance(event, Apdu)]
        return response.octets

    return carry


def ask(client: Client, carry: Carrier, apdu: bytes) -> Event:
    """Sends an APDU and all that follows from it; gives the event that ends it."""
    while True:
        (event,) = client.receive(carry(apdu))
        if not isinstance(event, Send):
            return event
        apdu = event.apdu
