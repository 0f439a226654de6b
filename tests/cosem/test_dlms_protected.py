"""Protected associations: every suite and envelope works, every attack on one is refused (AT-01 to AT-06).

Each refusal is checked for all that a refusal must be: nothing changed, one event, one answer whatever the
cause; and each test shows that the same message without the attack is taken.
"""

import hashlib
from collections.abc import Callable
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cosem.peers import GATEWAY, IMPORT, PROFILE, PUBLIC, TEXT, ask, bare, device
from cosem.protected import CLIENT, EVERYTHING, METER, House, mechanism_5, protection
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import double_long_unsigned, null, unsigned
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import ReadableObject
from meterkast.protocols.dlms import acse, apdu, security
from meterkast.protocols.dlms.acse import Aarq, ApplicationContext, Mechanism
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    Ciphered,
    Conformance,
    DataAccessResult,
    ExceptionResponse,
    GeneralGloCiphering,
    GetRequestNormal,
    InitiateRequest,
    InvokeId,
    MethodDescriptor,
)
from meterkast.protocols.dlms.association import SERVICES, State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.counter import LAST, Counter, CounterGate
from meterkast.protocols.dlms.event import Associated, Failed, Refused, Released, Result
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.hls import Authentication, Password
from meterkast.protocols.dlms.hls_digest import HlsDigest
from meterkast.protocols.dlms.hls_signed import HlsSigned
from meterkast.protocols.dlms.policy import PolicyFloor
from meterkast.protocols.dlms.security import AUTHENTICATED_ENCRYPTED, SecurityControl
from meterkast.protocols.dlms.security_event import SecurityEvent
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.signature import signer

REGISTER = AttributeDescriptor(3, IMPORT, 2)
VALUE = AttributeDescriptor(1, TEXT, 2)
BUFFER = AttributeDescriptor(7, PROFILE, 2)
NOT_PROTECTED = ExceptionResponse(1, 5).encode()


@pytest.mark.parametrize("suite", [0, 1, 2])
@pytest.mark.parametrize("general", [False, True])
@pytest.mark.parametrize("dedicated", [False, True])
def test_everything_goes_protected(suite: int, general: bool, dedicated: bool) -> None:
    house = House(suite, max_pdu_size=256, dedicated_keys=True)
    key = bytes(range(1, 1 + len(house.own.encryption_key))) if dedicated else None
    client = house.client(suite, general=general, dedicated_key=key, max_pdu_size=256)
    request = client.get(REGISTER)
    tag = {(False, False): 0xC8, (False, True): 0xD0, (True, False): 0xDB, (True, True): 0xDC}
    assert request[0] == tag[general, dedicated]
    assert ask(client, house.carry, request) == Result(double_long_unsigned(1_234_567))
    assert isinstance(ask(client, house.carry, client.get(BUFFER)), Result)
    assert ask(client, house.carry, client.set(VALUE, unsigned(5))) == Result(null())
    assert ask(client, house.carry, client.release()) == Released()
    assert house.events == []


def test_a_dedicated_key_that_was_not_granted_is_refused() -> None:
    house = House()
    own = protection(CLIENT)
    client = Client(hls5=mechanism_5(own), protection=own, dedicated_key=bytes(16))
    assert isinstance(ask(client, house.carry, client.aarq()), Refused)


def refused(house: House, message: bytes, code: str) -> None:
    """One answer for all, one event with the code, the association and the objects as they were."""
    before, state, gate = house.events[:], house.server.state(GATEWAY), house.own.gate.last
    assert house.carry(message) == NOT_PROTECTED
    assert [event.code for event in house.events[len(before) :]] == [code]
    assert house.events[-1].claimed == SystemTitle.of("MKM", CLIENT).octets.hex().upper()
    assert (house.server.state(GATEWAY), house.own.gate.last) == (state, gate)


def sealed_get(counter: int, control: int = 0x30) -> bytes:
    """What only the holder of the client's keys can send."""
    own = protection(CLIENT, control & 0x0F)
    plain = GetRequestNormal(InvokeId(1), REGISTER).encode()
    payload = security.protect(
        plain,
        key=own.encryption_key,
        auth_key=own.authentication_key,
        title=own.title.octets,
        counter=counter,
        control=control,
    )
    return Ciphered(0xC8, control, counter, payload).encode()


def is_sealed(answer: bytes) -> bool:
    return isinstance(apdu.decode(answer), Ciphered)


def test_at01_a_replayed_message_is_refused() -> None:
    house = House()
    client = house.client()
    request = client.get(REGISTER)
    assert is_sealed(house.carry(request))
    refused(house, request, "security-counter-replayed")
    own = house.carry(sealed_get(house.own.gate.last + 1))
    assert is_sealed(own)


def test_at01_a_replayed_answer_is_refused_by_the_client() -> None:
    house = House()
    client = house.client()
    answer = house.carry(client.get(REGISTER))
    assert client.receive(answer) == [Result(double_long_unsigned(1_234_567))]
    client.get(REGISTER)
    with pytest.raises(TrustError) as refusal:
        client.receive(answer)
    assert refusal.value.code == "security-counter-replayed"


def test_at02_counters_that_fall_stay_or_jump() -> None:
    house = House()
    house.client()
    last = house.own.gate.last
    refused(house, sealed_get(last), "security-counter-replayed")
    refused(house, sealed_get(0), "security-counter-replayed")
    refused(house, sealed_get(LAST), "security-counter-jumped")
    refused(house, sealed_get(last + (1 << 20) + 1), "security-counter-jumped")
    assert is_sealed(house.carry(sealed_get(last + (1 << 20))))


def test_at02_both_edges_of_the_window() -> None:
    gate = CounterGate(10, window=5)
    for counter in (10, 9, 0):
        with pytest.raises(TrustError):
            gate.check(counter)
    with pytest.raises(TrustError):
        gate.check(16)
    gate.check(11)
    gate.check(15)
    assert gate.last == 10
    kept: list[int] = []
    gate = CounterGate(store=kept.append)
    gate.check(LAST)
    gate.accept(LAST)
    assert kept == [LAST]


def test_at03_a_counter_is_kept_before_it_is_used_and_never_given_twice() -> None:
    kept: list[int] = [0]
    first = Counter(kept[-1], kept.append, step=4)
    given = [first.next() for _ in range(6)]
    assert given == list(range(6))
    assert kept[-1] > given[-1]
    after_restart = Counter(kept[-1], kept.append, step=4)
    assert after_restart.next() > given[-1]
    assert Counter(LAST, kept.append).next() == LAST
    spent = Counter(LAST + 1, kept.append)
    with pytest.raises(TrustError):
        spent.next()


def test_at03_a_counter_whose_keeping_fails_gives_nothing() -> None:
    def full(_: int) -> None:
        raise OSError

    counter = Counter(7, full)
    for _ in range(2):
        with pytest.raises(OSError):
            counter.next()


def test_at03_restored_from_an_old_snapshot_it_encrypts_nothing_until_rekeyed() -> None:
    restored = Counter(100, lambda _: None)
    restored.peer_expects(100)
    assert restored.next() == 100
    restored.peer_expects(5000)  # the peer has seen what we do not remember
    for _ in range(2):
        with pytest.raises(TrustError) as refusal:
            restored.next()
        assert refusal.value.code == "security-counter-spent"


@pytest.mark.parametrize("control", [0x00, 0x10, 0x20, 0x31, 0x32, 0xB0, 0x70])
def test_at04_less_protection_is_refused(control: int) -> None:
    house = House()
    house.client()
    counter = house.own.gate.last + 1
    lowered = bytearray(sealed_get(counter))
    lowered[2] = control
    refused(house, bytes(lowered), "security-policy")
    if control in (0x10, 0x20):  # even where it is well made
        refused(house, sealed_get(counter, control), "security-policy")
    assert is_sealed(house.carry(sealed_get(counter)))


def test_at04_a_request_in_the_clear_is_refused_and_so_is_a_stranger() -> None:
    house = House()
    house.client()
    refused(house, GetRequestNormal(InvokeId(1), REGISTER).encode(), "security-policy")
    stranger = GeneralGloCiphering(b"MKX\0\0\0\0\7", 0x30, 99, bytes(20)).encode()
    refused(house, stranger, "security-title-wrong")
    refused(house, Ciphered(0xD0, 0x30, 99, bytes(20)).encode(), "security-policy")
    assert is_sealed(house.carry(sealed_get(house.own.gate.last + 1)))


def test_at04_an_answer_in_the_clear_is_refused_by_the_client() -> None:
    house = House()
    client = house.client()
    client.get(REGISTER)
    with pytest.raises(TrustError):
        client.receive(apdu.GetResponseNormal(InvokeId(1), unsigned(1)).encode())


def test_at04_the_floor_rises_and_never_falls() -> None:
    kept: list[tuple[int, SecurityControl]] = []
    floor = PolicyFloor(0, SecurityControl.AUTHENTICATED, store=lambda *each: kept.append(each))
    floor.check(0x10)
    floor.check(0x30)
    floor.rise(0, AUTHENTICATED_ENCRYPTED)
    floor.rise(2, AUTHENTICATED_ENCRYPTED)
    assert (floor.control, len(kept)) == (0x32, 2)
    for suite, less in (
        (0, AUTHENTICATED_ENCRYPTED),
        (2, SecurityControl.AUTHENTICATED),
        (1, SecurityControl(0)),
    ):
        with pytest.raises(TrustError):
            floor.rise(suite, less)
    assert (floor.control, len(kept)) == (0x32, 2)
    for control in (0x30, 0x31, 0x12, 0x22, 0x72, 0xB2):
        with pytest.raises(TrustError):
            floor.check(control)
    floor.check(0x32)


def initiate() -> bytes:
    return InitiateRequest(conformance=SERVICES, max_pdu_size=1024).encode()


@pytest.mark.parametrize(
    "mechanism", [None, Mechanism.LOWEST, Mechanism.LOW, Mechanism.HLS_MD5, Mechanism.HLS_SHA256]
)
@pytest.mark.parametrize("context", [ApplicationContext.LN_NO_CIPHERING, ApplicationContext.LN_CIPHERING])
def test_at05_a_lower_association_is_refused(
    mechanism: Mechanism | None, context: ApplicationContext
) -> None:
    house = House()
    title = SystemTitle.of("MKM", CLIENT).octets
    lowered = Aarq(
        context=context,
        calling_title=title,
        mechanism=mechanism,
        authentication=bytes(16),
        user_information=initiate(),
    )
    answer = acse.decode(house.carry(lowered.encode()))
    assert isinstance(answer, acse.Aare)
    assert answer.result is acse.AssociationResult.REJECTED_PERMANENT
    assert [event.code for event in house.events] == ["dlms-association-lowered"]
    assert house.server.state(GATEWAY) is State.IDLE
    assert house.client().state is State.ASSOCIATED


def test_at05_an_initiate_in_the_clear_is_refused() -> None:
    house = House()
    own = protection(CLIENT)
    lowered = Aarq(
        context=ApplicationContext.LN_CIPHERING,
        calling_title=own.title.octets,
        mechanism=Mechanism.HLS_GMAC,
        authentication=bytes(16),
        user_information=initiate(),
    )
    answer = acse.decode(house.carry(lowered.encode()))
    assert isinstance(answer, acse.Aare)
    assert answer.result is acse.AssociationResult.REJECTED_PERMANENT
    assert [event.code for event in house.events] == ["security-policy"]


def test_at06_our_own_challenge_thrown_back_is_refused_by_both_sides() -> None:
    own = protection(METER)
    mirror = bytes(range(16))
    hls = mechanism_5(own)
    reflecting = type(hls)(
        title=hls.title,
        encryption_key=hls.encryption_key,
        authentication_key=hls.authentication_key,
        next_counter=hls.next_counter,
        new_challenge=lambda: mirror,
    )
    events: list[SecurityEvent] = []
    server = Server(
        device(), grants={GATEWAY: Grant(hls5=reflecting, otherwise=EVERYTHING)}, on_security=events.append
    )
    client_side = mechanism_5(protection(CLIENT))
    same = type(hls)(
        title=client_side.title,
        encryption_key=hls.encryption_key,
        authentication_key=hls.authentication_key,
        next_counter=client_side.next_counter,
        new_challenge=lambda: mirror,
    )
    client = Client(hls5=same)
    assert isinstance(ask(client, bare(server, GATEWAY), client.aarq()), Refused)
    assert [event.code for event in events] == ["hls-refused"]
    control = Client(hls5=client_side)
    assert isinstance(ask(control, bare(server, GATEWAY), control.aarq()), Associated)


class Switch(ReadableObject):
    class_id = 70


@pytest.mark.parametrize(
    "method",
    [
        MethodDescriptor(70, Obis(0, 0, 96, 3, 10), 1),  # disconnect control: remote_disconnect
        MethodDescriptor(70, Obis(0, 1, 24, 4, 0), 1),  # valve of an M-Bus device
        MethodDescriptor(70, Obis(0, 0, 128, 30, 21), 2),  # a manufacturer's own name
        MethodDescriptor(71, Obis(0, 0, 17, 0, 0), 1),  # limiter
    ],
)
def test_at20_a_switch_command_finds_nothing_and_is_an_event(method: MethodDescriptor) -> None:
    house = House()
    client = house.client()
    answer = ask(client, house.carry, client.act(method, unsigned(0)))
    assert answer == Failed(apdu.ActionResult.OBJECT_UNDEFINED)
    assert [event.code for event in house.events] == ["dlms-switch-refused"]
    assert ask(client, house.carry, client.get(REGISTER)) == Result(double_long_unsigned(1_234_567))
    looked_for = client.get(AttributeDescriptor(method.class_id, method.instance, 2))
    assert ask(client, house.carry, looked_for) == Failed(DataAccessResult.OBJECT_UNDEFINED)
    assert len(house.events) == 1


def test_at20_no_device_of_ours_can_hold_a_switch() -> None:
    with pytest.raises(LocalError):
        LogicalDevice("MKM0000000000001", [Switch(Obis(0, 0, 96, 3, 10), {})])


def test_at27_every_flipped_bit_of_a_protected_request_is_refused() -> None:
    house = House()
    client = house.client()
    request = client.get(REGISTER)
    for bit in range(len(request) * 8):
        changed = bytearray(request)
        changed[bit // 8] ^= 1 << bit % 8
        answer = apdu.decode(house.carry(bytes(changed)))
        assert isinstance(answer, ExceptionResponse), bit
    assert ask(client, house.carry, request) == Result(double_long_unsigned(1_234_567))


def test_an_rlrq_in_the_clear_does_not_end_a_protected_association() -> None:
    house = House()
    client = house.client()
    assert house.carry(acse.Rlrq(reason=0).encode()) == NOT_PROTECTED
    assert house.server.state(GATEWAY) is State.ASSOCIATED
    assert ask(client, house.carry, client.release()) == Released()
    assert house.server.state(GATEWAY) is State.IDLE


# Mechanisms


def challenges(first: int) -> Callable[[], bytes]:
    numbers = count(first << 64)
    return lambda: next(numbers).to_bytes(32, "big")


def digest_sides(mechanism: Mechanism, secret: bytes = b"one secret") -> list[Authentication]:
    return [
        HlsDigest(
            mechanism=mechanism,
            secret=secret,
            new_challenge=challenges(serial),
            title=SystemTitle.of("MKM", serial),
        )
        for serial in (METER, CLIENT)
    ]


def signed_sides(curve: ec.EllipticCurve) -> list[Authentication]:
    keys = {serial: ec.generate_private_key(curve) for serial in (METER, CLIENT)}
    return [
        HlsSigned(
            title=SystemTitle.of("MKM", serial),
            signer=signer(keys[serial]),
            peer_key=keys[METER + CLIENT - serial].public_key(),
            new_challenge=challenges(serial),
        )
        for serial in (METER, CLIENT)
    ]


SIDES = {
    "md5": lambda: digest_sides(Mechanism.HLS_MD5),
    "sha1": lambda: digest_sides(Mechanism.HLS_SHA1),
    "sha256": lambda: digest_sides(Mechanism.HLS_SHA256),
    "ecdsa-p256": lambda: signed_sides(ec.SECP256R1()),
    "ecdsa-p384": lambda: signed_sides(ec.SECP384R1()),
}


def opened(meter: Authentication, client_side: Authentication) -> tuple[Client, Server, list[SecurityEvent]]:
    events: list[SecurityEvent] = []
    grant = Grant(authentication=meter, otherwise=EVERYTHING)
    server = Server(device(), grants={GATEWAY: grant}, on_security=events.append)
    return Client(authentication=client_side), server, events


@pytest.mark.parametrize("name", SIDES)
def test_every_mechanism_opens_for_its_two_sides(name: str) -> None:
    client, server, events = opened(*SIDES[name]())
    assert isinstance(ask(client, bare(server, GATEWAY), client.aarq()), Associated)
    assert ask(client, bare(server, GATEWAY), client.get(REGISTER)) == Result(double_long_unsigned(1_234_567))
    assert events == []


@pytest.mark.parametrize("name", SIDES)
def test_no_mechanism_opens_for_a_stranger(name: str) -> None:
    meter, _ = SIDES[name]()
    if "ecdsa" in name:
        _, stranger = SIDES[name]()
    else:
        _, stranger = digest_sides(meter.mechanism, b"another secret")
    client, server, events = opened(meter, stranger)
    with pytest.raises(TrustError):
        ask(client, bare(server, GATEWAY), client.aarq())
    assert server.state(GATEWAY) is State.IDLE
    assert [event.code for event in events] == ["hls-refused"]


def test_the_digests_are_those_of_the_standard() -> None:
    """Green Book 9.2.7.4, written out once more by hand."""
    from meterkast.protocols.dlms.hls import Challenges

    seen = Challenges(own_title=b"C" * 8, peer_title=b"S" * 8, own=b"ctos", peer=b"stoc")
    _, md5 = digest_sides(Mechanism.HLS_MD5, b"secret")
    _, sha256 = digest_sides(Mechanism.HLS_SHA256, b"secret")
    assert md5.answer(seen) == hashlib.md5(b"stoc" + b"secret", usedforsecurity=False).digest()
    assert sha256.answer(seen) == hashlib.sha256(b"secret" + b"C" * 8 + b"S" * 8 + b"stocctos").digest()


def test_a_password_opens_and_a_wrong_one_does_not() -> None:
    events: list[SecurityEvent] = []
    grants = {GATEWAY: Grant(authentication=Password(b"12345678"), otherwise=EVERYTHING), PUBLIC: Grant()}
    server = Server(device(), grants=grants, on_security=events.append)
    client = Client(authentication=Password(b"12345678"))
    assert isinstance(ask(client, bare(server, GATEWAY), client.aarq()), Associated)
    assert events == []
    for wrong in (Password(b"12345679"), Password(b"")):
        stranger = Client(authentication=wrong)
        assert isinstance(ask(stranger, bare(server, GATEWAY), stranger.aarq()), Refused)
    assert [event.code for event in events] == ["dlms-password-wrong"] * 2


def test_another_message_inside_than_its_tag_says_is_refused() -> None:
    from meterkast.protocols.dlms.ciphering import Ciphering

    one, other = Ciphering(protection(CLIENT)), Ciphering(protection(METER))
    one.meet(protection(METER).title.octets)
    other.meet(protection(CLIENT).title.octets)
    message = apdu.decode(one.seal(GetRequestNormal(InvokeId(1), REGISTER).encode()))
    assert isinstance(message, Ciphered)
    with pytest.raises(PeerError):
        other.open(Ciphered(0xC9, message.security_control, message.counter, message.payload))
    assert Conformance.GET in SERVICES
