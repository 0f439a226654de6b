"""Attacks on an association: what is sent, and as what it is refused (AT-01 to 04, 20, 23 to 28).

Every row is held against the whole common rule for rejections (``refusal.py``), and every test ends with the
control: the same message without the attack is taken.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from cosem.peers import GATEWAY, IMPORT, TEXT, ask, device
from cosem.protected import CLIENT, EVERYTHING, House, mechanism_5, protection
from dlms.refusal import NOT_PROTECTED, NOT_UNDERSTOOD, READ, Scene, bounded, sealed
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import double_long_unsigned, unsigned
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    ActionResult,
    AttributeDescriptor,
    Ciphered,
    DataAccessResult,
    GeneralGloCiphering,
    MethodDescriptor,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.counter import LAST, WINDOW, Counter
from meterkast.protocols.dlms.event import Associated, Failed, Result
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.security_event import SecurityEvent
from meterkast.protocols.dlms.server import Server

Attack = Callable[[Scene], bytes]
MALFORMED: Final = "(apdu|axdr|acse|ber)-.*"


def replayed(scene: Scene) -> bytes:
    message = sealed(READ, scene.next).encode()
    scene.takes(message)
    return message


def numbered(number: Callable[[Scene], int]) -> Attack:
    return lambda scene: sealed(READ, number(scene)).encode()


def relabelled(control: int) -> Attack:
    """A well-made message with another security control octet."""
    return lambda scene: replace(sealed(READ, scene.next), security_control=control).encode()


def lowered(control: int) -> Attack:
    """A message that really is protected so."""
    return lambda scene: sealed(READ, scene.next, control).encode()


def cut(tag: int) -> Attack:
    """A message with so many octets of its tag."""

    def make(scene: Scene) -> bytes:
        message = sealed(READ, scene.next)
        return replace(message, payload=message.payload[: len(message.payload) - 12 + tag]).encode()

    return make


def stranger(scene: Scene) -> bytes:
    return GeneralGloCiphering(b"MKX\0\0\0\0\7", 0x30, scene.next, bytes(40)).encode()


ATTACKS: Final = [
    ("AT-01 replayed", replayed, "security-counter-replayed"),
    ("AT-02 counter equal", numbered(lambda scene: scene.next - 1), "security-counter-replayed"),
    ("AT-02 counter lower", numbered(lambda _: 0), "security-counter-replayed"),
    ("AT-02 counter at its end", numbered(lambda _: LAST), "security-counter-jumped"),
    (
        "AT-02 counter beyond its window",
        numbered(lambda scene: scene.next + WINDOW),
        "security-counter-jumped",
    ),
    *[
        (f"AT-04 labelled {control:02X}", relabelled(control), "security-policy")
        for control in (0x00, 0x10, 0x20, 0x31, 0x32, 0xB0, 0x70)
    ],
    *[
        (f"AT-04 protected by {control:02X}", lowered(control), "security-policy")
        for control in (0, 0x10, 0x20)
    ],
    ("AT-04 in the clear", lambda _: READ, "security-policy"),
    (
        "AT-04 under a key never agreed",
        lambda scene: b"\xd0" + sealed(READ, scene.next).encode()[1:],
        "security-policy",
    ),
    ("AT-04 from somebody else", stranger, "security-title-wrong"),
    (
        "AT-27 another service on its tag",
        lambda scene: b"\xc9" + sealed(READ, scene.next).encode()[1:],
        "security-tag-.*",
    ),
    *[(f"AT-28 tag of {tag * 8} bits", cut(tag), "security-tag-wrong") for tag in (11, 8, 4, 0)],
]


@pytest.mark.parametrize(("attack", "code"), [pytest.param(*row, id=name) for name, *row in ATTACKS])
def test_an_attack_on_a_protected_message(attack: Attack, code: str) -> None:
    scene = Scene()
    scene.refuses(attack(scene), code)
    scene.takes(sealed(READ, scene.next).encode())


@pytest.mark.parametrize("suite", [0, 1])
def test_at04_a_meter_of_suite_2_takes_no_lower_one(suite: int) -> None:
    scene = Scene(suite=2)
    scene.refuses(sealed(READ, scene.next, 0x30 | suite).encode(), "security-policy")
    scene.takes(sealed(READ, scene.next, 0x32).encode())


def test_at02_the_far_edge_of_the_window_is_taken() -> None:
    scene = Scene()
    scene.takes(sealed(READ, scene.next - 1 + WINDOW).encode())


def test_at03_a_meter_whose_counter_is_spent_says_nothing_under_its_key() -> None:
    """No nonce twice: at the end of its range, or restored from an old copy, it is silent until rekeyed."""
    house = House()
    counter = Counter(LAST - 2, lambda _: None)
    own = replace(house.own, next_counter=counter.next)
    events: list[SecurityEvent] = []
    grant = Grant(hls5=mechanism_5(own), protection=own, otherwise=EVERYTHING)
    server = Server(device(), grants={GATEWAY: grant}, on_security=events.append)
    client_side = protection(CLIENT)
    client, said = Client(hls5=mechanism_5(client_side), protection=client_side), list[bytes]()

    def carry(message: bytes) -> bytes:
        (answer,) = server.receive(GATEWAY, message)
        said.append(answer)
        return answer

    assert isinstance(ask(client, carry, client.aarq()), Associated)
    with bounded():
        answers = [carry(sealed(READ, 100 + number).encode()) for number in range(3)]
    assert answers == [NOT_PROTECTED] * 3
    assert [event.code for event in events] == ["security-counter-spent"] * 3
    counters = [each.counter for each in map(apdu.decode, said) if isinstance(each, Ciphered)]
    assert len(counters) == len(set(counters))


SWITCHES: Final = {
    "disconnect control": (70, Obis(0, 0, 96, 3, 10)),
    "valve": (70, Obis(0, 1, 24, 4, 0)),
    "a maker's own name": (70, Obis(0, 0, 128, 30, 21)),
    "limiter": (71, Obis(0, 0, 17, 0, 0)),
}


@pytest.mark.parametrize(("class_id", "name"), SWITCHES.values(), ids=SWITCHES)
@pytest.mark.parametrize("write", [False, True], ids=["call", "write"])
def test_at20_a_command_to_a_switch(class_id: int, name: Obis, write: bool) -> None:
    house = House()
    client, before = house.client(), house.device.objects
    if write:
        command = client.set(AttributeDescriptor(class_id, name, 2), unsigned(0))
    else:
        command = client.act(MethodDescriptor(class_id, name, 1), unsigned(0))
    with bounded():
        answer = ask(client, house.carry, command)
    undefined = DataAccessResult.OBJECT_UNDEFINED if write else ActionResult.OBJECT_UNDEFINED
    assert answer == Failed(undefined)
    (event,) = house.events
    assert (event.code, event.client) == ("dlms-switch-refused", GATEWAY)
    assert event.claimed == SystemTitle.of("MKM", CLIENT).octets.hex().upper()
    assert house.device.objects == before
    assert ask(client, house.carry, client.get(AttributeDescriptor(3, IMPORT, 2))) == Result(
        double_long_unsigned(1_234_567)
    )
    assert len(house.events) == 1


def test_at23_cut_at_every_octet() -> None:
    scene = Scene()
    message = sealed(READ, scene.next).encode()
    for end in range(len(message)):
        scene.refuses(message[:end], MALFORMED, NOT_UNDERSTOOD, claimed=None)
    scene.takes(message)


def nested(opening: bytes, depth: int) -> bytes:
    return b"\xc1\x01\xc1" + AttributeDescriptor(1, TEXT, 2).encode() + b"\0" + opening * depth + b"\0"


def nested_ber(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        length = bytes((len(inner),)) if len(inner) < 128 else b"\x82" + len(inner).to_bytes(2, "big")
        inner = b"\xa0" + length + inner
    return b"\x60\x82" + len(inner).to_bytes(2, "big") + inner


BOMBS: Final = {
    "AT-24 protected message of 4 GiB": b"\xc8\x84\xff\xff\xff\xff",
    "AT-24 protected message without title": b"\xdb\x84\xff\xff\xff\xff",
    "AT-24 block of 4 GiB": b"\xe0\xc1\0\1\0\0\x84\xff\xff\xff\xff",
    "AT-24 notification with an array of 4 G": bytes.fromhex("0F000000010001 84FFFFFFFF"),
    "AT-24 list of 4 G references": b"\xc0\x03\xc1\x84\xff\xff\xff\xff",
    "AT-24 association of 4 GiB": b"\x60\x84\xff\xff\xff\xff",
    "AT-24 association without end": b"\x60\x80",
    "AT-25 structures": nested(b"\x02\x01", 400),
    "AT-25 arrays": nested(b"\x01\x01", 400),
    "AT-25 association": nested_ber(200),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb(bomb: bytes) -> None:
    scene = Scene()
    scene.refuses(bomb, MALFORMED, NOT_UNDERSTOOD, claimed=None)
    scene.takes(sealed(READ, scene.next).encode())


@pytest.mark.parametrize("opening", [b"\x02\x01", b"\x01\x01"])
def test_at25_a_hundred_thousand_levels_are_too_long_already(opening: bytes) -> None:
    scene = Scene()
    scene.refuses(
        nested(opening, 100_000), "dlms-pdu-too-long", apdu.ExceptionResponse(1, 4).encode(), claimed=None
    )
    scene.takes(sealed(READ, scene.next).encode())


@pytest.mark.parametrize(
    "bomb", [nested(b"\x02\x01", 400), nested(b"\x01\x84\xff\xff\xff\xff", 1)], ids=["AT-25", "AT-24"]
)
def test_a_bomb_inside_a_message_that_holds(bomb: bytes) -> None:
    """It comes from who has the keys: its counter counts, and the answer is protected too."""
    scene = Scene()
    before, events = scene.seen(), len(scene.house.events)
    counter = scene.next
    message = replace(sealed(bomb, counter), tag=0xC9).encode()
    with bounded():
        answer = apdu.decode(scene.house.carry(message))
    assert not isinstance(answer, apdu.SetResponseNormal)
    after = scene.seen()
    assert after[0] == before[0]
    assert after[1] == counter
    assert after[2:] == before[2:]
    (event,) = scene.house.events[events:]
    assert event.code.startswith("axdr-")
    scene.takes(sealed(READ, scene.next).encode())


@pytest.mark.parametrize("general", [False, True], ids=["glo", "general-glo"])
def test_at27_every_flipped_bit_of_a_message(general: bool) -> None:
    scene = Scene()
    plain = sealed(READ, scene.next)
    title = SystemTitle.of("MKM", CLIENT).octets
    whole = GeneralGloCiphering(title, 0x30, plain.counter, plain.payload) if general else plain
    message = whole.encode()
    for bit in range(len(message) * 8):
        flipped = bytearray(message)
        flipped[bit // 8] ^= 1 << bit % 8
        before, events = scene.seen(), len(scene.house.events)
        with bounded():
            answer = scene.house.carry(bytes(flipped))
        assert answer in (NOT_PROTECTED, NOT_UNDERSTOOD), bit
        assert scene.seen() == before
        assert len(scene.house.events) == events + 1, bit
    scene.takes(message)
