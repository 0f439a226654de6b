"""A meter whose gateway must protect every message, and that gateway's client."""

from itertools import count

from cosem.peers import GATEWAY, Carrier, ask, bare, device
from meterkast.model.identity import SystemTitle
from meterkast.protocols.dlms.ciphering import Protection
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.counter import CounterGate
from meterkast.protocols.dlms.event import Associated
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.dlms.policy import PolicyFloor
from meterkast.protocols.dlms.security_event import SecurityEvent
from meterkast.protocols.dlms.server import Server

EVERYTHING = Right.READ | Right.WRITE | Right.INVOKE
METER, CLIENT = 1, 2
LENGTHS = {0: 16, 1: 16, 2: 32}


def protection(serial: int, suite: int = 0, *, general: bool = False, window: int = 1 << 20) -> Protection:
    """One side's settings; all sides of these tests share their keys."""
    counters = count(1)
    length = LENGTHS[suite]
    return Protection(
        title=SystemTitle.of("MKM", serial),
        encryption_key=bytes(range(length)),
        authentication_key=bytes(range(0x80, 0x80 + length)),
        next_counter=lambda: next(counters),
        gate=CounterGate(window=window),
        floor=PolicyFloor(suite),
        general=general,
    )


def mechanism_5(own: Protection) -> Hls5:
    """HLS5 under the same keys and, as one must, the same counter."""
    challenges = count(own.title.octets[-1] << 32)
    return Hls5(
        title=own.title,
        encryption_key=own.encryption_key,
        authentication_key=own.authentication_key,
        next_counter=own.next_counter,
        new_challenge=lambda: next(challenges).to_bytes(16, "big"),
        suite=own.floor.control & 0x0F,
    )


class House:
    """The meter, what it reported, and a line to it."""

    def __init__(self, suite: int = 0, *, max_pdu_size: int = 1024, dedicated_keys: bool = False) -> None:
        self.events: list[SecurityEvent] = []
        self.own = protection(METER, suite)
        self.device = device()
        self.server = Server(
            self.device,
            grants={
                GATEWAY: Grant(
                    hls5=mechanism_5(self.own),
                    protection=self.own,
                    otherwise=EVERYTHING,
                    dedicated_keys=dedicated_keys,
                )
            },
            max_pdu_size=max_pdu_size,
            on_security=self.events.append,
        )
        self.carry: Carrier = bare(self.server, GATEWAY)

    def client(
        self,
        suite: int = 0,
        *,
        general: bool = False,
        dedicated_key: bytes | None = None,
        max_pdu_size: int = 1024,
    ) -> Client:
        """An associated client."""
        own = protection(CLIENT, suite, general=general)
        client = Client(
            hls5=mechanism_5(own), protection=own, dedicated_key=dedicated_key, max_pdu_size=max_pdu_size
        )
        assert isinstance(ask(client, self.carry, client.aarq()), Associated)
        return client
