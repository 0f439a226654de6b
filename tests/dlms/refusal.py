"""The common rule for every rejection, as one thing to do: send an attack, see it refused, send the control.

A refusal changes nothing (association, peer's counter, floor, register, text), makes exactly one security
event with code, client and claimed title, gives the constant answer, raises nothing, leaks no descriptor, and
takes no more than ``SECONDS`` of processor time and ``OCTETS`` of memory.
"""

import re
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cosem.peers import GATEWAY, IMPORT, TEXT
from cosem.protected import CLIENT, House, protection
from meterkast.model.identity import SystemTitle
from meterkast.protocols.dlms import apdu, security
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    Ciphered,
    ExceptionResponse,
    GetRequestNormal,
    InvokeId,
)
from meterkast.protocols.dlms.association import State

SECONDS: Final = 0.2
OCTETS: Final = 1 << 20

_DESCRIPTORS: Final = Path("/proc/self/fd")

NOT_PROTECTED: Final = ExceptionResponse(1, 5).encode()
NOT_UNDERSTOOD: Final = ExceptionResponse(2, 3).encode()
CLAIMED: Final = SystemTitle.of("MKM", CLIENT).octets.hex().upper()
READ: Final = GetRequestNormal(InvokeId(1), AttributeDescriptor(3, IMPORT, 2)).encode()


def sealed(plain: bytes, counter: int, control: int = 0x30, *, title: bytes | None = None) -> Ciphered:
    """What only the holder of the client's keys can send: any message, as a protected GET."""
    own = protection(CLIENT, control & 0x0F)
    payload = security.protect(
        plain,
        key=own.encryption_key,
        auth_key=own.authentication_key,
        title=title or own.title.octets,
        counter=counter,
        control=control,
    )
    return Ciphered(0xC8, control, counter, payload)


@contextmanager
def bounded(seconds: float = SECONDS, octets: int = OCTETS) -> Iterator[None]:
    """What happens here stays within its bounds and leaves no descriptor open.

    Tracing makes it some four times slower, which ``seconds`` allows for; the clock is that of the processor,
    so a machine at work does not disturb it.
    """
    descriptors = len(list(_DESCRIPTORS.iterdir()))
    tracemalloc.start()
    began = time.process_time()
    try:
        yield
        spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < octets
    assert spent < seconds
    assert len(list(_DESCRIPTORS.iterdir())) == descriptors


@dataclass(slots=True, kw_only=True)
class Scene:
    """A meter whose client is associated, with every message protected."""

    suite: int = 0
    house: House = field(init=False)

    def __post_init__(self) -> None:
        self.house = House(self.suite)
        self.house.client(self.suite)

    @property
    def next(self) -> int:
        """The counter that the meter takes next."""
        return self.house.own.gate.last + 1

    def seen(self) -> tuple[object, ...]:
        """All that an attack could change."""
        house = self.house
        found = [house.device.find(*key) for key in ((3, IMPORT), (1, TEXT))]
        objects = [each.read(2) for each in found if each is not None]
        return (house.server.state(GATEWAY), house.own.gate.last, house.own.floor.control, *objects)

    def refuses(
        self, attack: bytes, code: str, answer: bytes = NOT_PROTECTED, claimed: str | None = CLAIMED
    ) -> None:
        """The common rule; ``code`` is a pattern where the attack may hurt one decoder or another."""
        before, events = self.seen(), len(self.house.events)
        with bounded():
            said = self.house.carry(attack)
        assert said == answer
        assert self.seen() == before
        (event,) = self.house.events[events:]
        assert re.fullmatch(code, event.code), event
        assert (event.client, event.claimed) == (GATEWAY, claimed)

    def takes(self, control: bytes) -> None:
        """The control: the same message without the attack is answered, and is no event."""
        events = len(self.house.events)
        answer = apdu.decode(self.house.carry(control))
        assert isinstance(answer, Ciphered), answer
        assert len(self.house.events) == events
        assert self.house.server.state(GATEWAY) is State.ASSOCIATED
