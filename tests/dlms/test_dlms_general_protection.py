"""Associations between named parties: all messages in general-ciphering, general-signing or both."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from cosem.peers import GATEWAY, PROFILE, TEXT, device, hls5
from cosem.protected import EVERYTHING
from dlms.dlms_line import Fate, Line
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.axdr import null, octets, unsigned
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    DataNotification,
    ExceptionResponse,
    GeneralCiphering,
    GeneralSigning,
    GetRequestNormal,
    InvokeId,
    LongInvokeId,
    MethodDescriptor,
)
from meterkast.protocols.dlms.association import State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.counter import Counter, CounterGate
from meterkast.protocols.dlms.event import Associated, Notified, Refused, Released, Result
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.general_ciphering import Associated as Layout
from meterkast.protocols.dlms.general_ciphering import Correspondent, Party
from meterkast.protocols.dlms.general_protection import GeneralProtection, Keying
from meterkast.protocols.dlms.general_signing import Signed
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.key_agreement import KeyId, Parties, agree, offer, taken
from meterkast.protocols.dlms.security_event import SecurityEvent
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.signature import PrivateKey, signer
from meterkast.protocols.dlms.suite import SUITES

VALUE = AttributeDescriptor(1, TEXT, 2)
ECHO = MethodDescriptor(1, TEXT, 1)
BUFFER = AttributeDescriptor(7, PROFILE, 2)
METER, OPERATOR, STRANGER = (hls5(serial).title.octets for serial in (1, 2, 3))
WAYS = [(keying, signing) for keying in (*Keying, None) for signing in (False, True) if keying or signing]
NOT_PROTECTED = ExceptionResponse(1, 5).encode()


@cache
def key(suite: int, title: bytes, use: str) -> PrivateKey:
    curve = SUITES[suite].curve
    assert curve is not None
    return ec.generate_private_key(curve)


@cache
def agreed(suite: int) -> bytes:
    """A global key from 2e0s: two ephemeral keys, each signed, and the derivation on both sides."""
    own = SUITES[suite]
    ephemeral = {title: key(suite, title, "ephemeral") for title in (METER, OPERATOR)}
    keys = []
    for title, other in ((OPERATOR, METER), (METER, OPERATOR)):
        offered = offer(
            KeyId.GLOBAL_UNICAST, ephemeral[other].public_key(), signer(key(suite, other, "sign"))
        )
        public = taken(own, KeyId.GLOBAL_UNICAST, offered, key(suite, other, "sign").public_key())
        keys.append(agree(own, ephemeral[title], public, Parties(METER, OPERATOR)))
    assert keys[0] == keys[1]
    return keys[0]


def side(
    title: bytes, peer: bytes, keying: Keying | None, signing: bool, suite: int = 1
) -> GeneralProtection:
    """One side's settings."""
    own, numbers = SUITES[suite], count(1)
    assert own.curve is not None
    curve = own.curve
    return GeneralProtection(
        own=Party(
            suite=own,
            title=title,
            authentication_key=bytes(range(own.key_length)),
            global_key=agreed(suite),
            agreement_key=key(suite, title, "agree"),
        ),
        peer=Correspondent(
            title=peer,
            agreement_key=key(suite, peer, "agree").public_key(),
            signing_key=key(suite, peer, "sign").public_key(),
        ),
        keying=keying,
        signing=signing,
        signer=signer(key(suite, title, "sign")),
        next_counter=lambda: next(numbers),
        new_ephemeral=lambda: ec.generate_private_key(curve),
    )


class House:
    """A meter for one named operator, and a line to it."""

    def __init__(
        self,
        keying: Keying | None,
        signing: bool,
        suite: int = 1,
        *,
        size: int = 1024,
        blocks: BlockTransfer | None = None,
        operator: Callable[[GeneralProtection], GeneralProtection] = lambda own: own,
    ) -> None:
        self.events: list[SecurityEvent] = []
        meter = device()
        text = meter.find(1, TEXT)
        assert text is not None
        text.value = octets(b"")  # type: ignore[attr-defined]
        self.own = side(METER, OPERATOR, keying, signing, suite)
        self.server = Server(
            meter,
            grants={GATEWAY: Grant(protection=self.own, otherwise=EVERYTHING)},
            max_pdu_size=size,
            blocks=blocks,
            on_security=self.events.append,
        )
        self.theirs = operator(side(OPERATOR, METER, keying, signing, suite))
        self.client = Client(protection=self.theirs, max_pdu_size=size, blocks=blocks)
        self.line = Line(self.client, self.server)

    def open(self) -> Line:
        assert isinstance(self.line.ask(self.client.aarq()), Associated)
        return self.line


@pytest.mark.parametrize("suite", [1, 2])
@pytest.mark.parametrize(("keying", "signing"), WAYS)
def test_everything_goes_in_the_envelope(keying: Keying | None, signing: bool, suite: int) -> None:
    house = House(keying, signing, suite)
    line, long = house.open(), octets(bytes(2000))
    assert line.ask(house.client.set(VALUE, long)) == Result(null())
    assert line.ask(house.client.get(VALUE)) == Result(long)
    assert isinstance(line.ask(house.client.get(BUFFER)), Result)
    tags = {octets_[0] for _, octets_ in line.sent[2:]}
    assert tags == {GeneralSigning.TYPE[0] if keying is None else GeneralCiphering.TYPE[0]}
    assert all(len(octets_) <= 1024 for _, octets_ in line.sent)
    pushed = DataNotification(LongInvokeId(1), None, unsigned(1))
    line.push(house.server.notify(GATEWAY, pushed))
    line.settle()
    assert line.notified == [Notified(pushed)]
    assert house.server.receive(GATEWAY, house.client.confirm(pushed)) == []
    assert house.server.unconfirmed(GATEWAY) == ()
    assert line.ask(house.client.release()) == Released()
    assert house.events == []


@pytest.mark.parametrize(("keying", "signing"), WAYS)
@settings(max_examples=15)
@given(
    length=st.integers(0, 1500),
    fates=st.dictionaries(st.integers(0, 20), st.sampled_from(list(Fate)), max_size=4),
)
def test_it_goes_in_blocks_over_a_bad_line(
    keying: Keying | None, signing: bool, length: int, fates: dict[int, Fate]
) -> None:
    """The envelope alone is longer than a message may be; it is signed, then ciphered, then cut."""
    house = House(keying, signing, size=128, blocks=BlockTransfer(window=3))
    line, long = house.open(), octets(bytes(length))
    line.fates, line._blocks = fates, 0
    assert line.ask(house.client.act(ECHO, long)) == Result(long)


def test_an_envelope_with_no_room_left_for_a_message_ends_in_a_refusal() -> None:
    house = House(Keying.ONE_EPHEMERAL, True, 2, size=256)
    house.line.ask(house.client.aarq())
    with pytest.raises(LocalError) as refusal:
        house.client.get(VALUE)
    assert refusal.value.code == "dlms-request-too-long"


@pytest.mark.parametrize(("keying", "signing"), WAYS)
def test_a_repeated_message_is_refused(keying: Keying | None, signing: bool) -> None:
    house = House(keying, signing)
    house.open()
    request = house.client.get(VALUE)
    (answer,) = house.server.receive(GATEWAY, request)
    assert house.server.receive(GATEWAY, request) == [NOT_PROTECTED]
    assert [event.code for event in house.events] == ["security-counter-replayed"]
    assert house.client.receive(answer) == [Result(octets(b""))]
    house.client.get(VALUE)
    with pytest.raises(TrustError) as refusal:
        house.client.receive(answer)
    assert refusal.value.code == "security-counter-replayed"


@pytest.mark.parametrize(("keying", "signing"), WAYS)
def test_numbers_of_a_message_cannot_be_changed(keying: Keying | None, signing: bool) -> None:
    """A repeated message under a higher number does not hold."""
    house = House(keying, signing)
    house.open()
    message = apdu.decode(house.client.get(VALUE))
    assert isinstance(message, GeneralCiphering | GeneralSigning)
    if keying is Keying.IDENTIFIED:
        assert isinstance(message, GeneralCiphering)
        forged: GeneralCiphering | GeneralSigning = replace(message, counter=message.counter + 5)
    else:
        number = int.from_bytes(message.header.transaction, "big") + 5
        forged = replace(message, header=replace(message.header, transaction=number.to_bytes(8, "big")))
    assert house.server.receive(GATEWAY, forged.encode()) == [NOT_PROTECTED]
    assert len(house.events) == 1
    (answer,) = house.server.receive(GATEWAY, message.encode())
    assert house.client.receive(answer) == [Result(octets(b""))]


@pytest.mark.parametrize(("keying", "signing"), WAYS)
def test_any_bit_that_is_turned_is_refused(keying: Keying | None, signing: bool) -> None:
    house = House(keying, signing)
    house.open()
    request = house.client.get(VALUE)
    for place in range(0, len(request) * 8, 7):
        turned = bytearray(request)
        turned[place // 8] ^= 1 << place % 8
        (answer,) = house.server.receive(GATEWAY, bytes(turned))
        assert isinstance(apdu.decode(answer), ExceptionResponse)
    (answer,) = house.server.receive(GATEWAY, request)
    assert house.client.receive(answer) == [Result(octets(b""))]


@pytest.mark.parametrize("asked", WAYS)
@pytest.mark.parametrize("shown", WAYS)
def test_another_protection_than_agreed_is_no_protection(
    asked: tuple[Keying | None, bool], shown: tuple[Keying | None, bool]
) -> None:
    """The floor: a client that signs or ciphers less, more or otherwise gets no association."""
    house = House(*asked, operator=lambda _: side(OPERATOR, METER, *shown))
    event = house.line.ask(house.client.aarq()) if asked == shown else refused(house)
    assert isinstance(event, Associated if asked == shown else Refused)


def refused(house: House) -> object:
    (answer,) = house.server.receive(GATEWAY, house.client.aarq())
    (event,) = house.client.receive(answer)
    assert house.server.state(GATEWAY) is State.IDLE
    return event


def test_messages_in_the_clear_are_refused_both_ways() -> None:
    house = House(Keying.ALL_STATIC, True)
    house.open()
    plain = GetRequestNormal(InvokeId(1), VALUE).encode()
    assert house.server.receive(GATEWAY, plain) == [NOT_PROTECTED]
    house.client.get(VALUE)
    with pytest.raises(TrustError):
        house.client.receive(apdu.GetResponseNormal(InvokeId(1), unsigned(1)).encode())


@pytest.mark.parametrize(("keying", "signing"), WAYS)
def test_a_message_for_somebody_else_is_refused(keying: Keying | None, signing: bool) -> None:
    house = House(keying, signing)
    house.open()
    elsewhere = side(OPERATOR, STRANGER, keying, signing)
    elsewhere = replace(elsewhere, next_counter=lambda: 500)
    elsewhere = replace(
        elsewhere, peer=replace(elsewhere.peer, agreement_key=key(1, METER, "agree").public_key())
    )
    sealed = elsewhere.begin().seal(GetRequestNormal(InvokeId(1), VALUE).encode())
    assert house.server.receive(GATEWAY, sealed) == [NOT_PROTECTED]


def test_another_title_in_the_frame_than_in_the_envelope_is_refused() -> None:
    house = House(Keying.ALL_STATIC, True)
    aarq = house.client.aarq()
    place = aarq.index(OPERATOR)
    (answer,) = house.server.receive(GATEWAY, aarq[:place] + STRANGER + aarq[place + 8 :])
    assert isinstance(house.client.receive(answer)[0], Refused)
    assert [event.code for event in house.events] == ["security-title-wrong"]


def test_a_stranger_with_all_secret_keys_but_the_signing_key_gets_nothing() -> None:
    for keying in (Keying.IDENTIFIED, Keying.ALL_STATIC, Keying.ONE_EPHEMERAL, None):
        house = House(
            keying, True, operator=lambda own: replace(own, signer=signer(key(1, STRANGER, "sign")))
        )
        assert isinstance(refused(house), Refused)


@pytest.mark.parametrize(("keying", "signing"), WAYS)
def test_numbers_are_kept_before_they_are_used(keying: Keying | None, signing: bool) -> None:
    kept: list[int] = []
    seen: list[int] = []
    counter = Counter(7, kept.append, step=1)
    house = House(
        keying,
        signing,
        operator=lambda own: replace(own, next_counter=counter.next, gate=CounterGate(store=seen.append)),
    )
    line = house.open()
    before = len(kept)
    line.ask(house.client.get(VALUE))
    assert len(kept) == before + 1
    assert seen == sorted(set(seen))

    def fail(_: int) -> None:
        raise OSError

    house = House(keying, signing, operator=lambda own: replace(own, next_counter=Counter(7, fail).next))
    with pytest.raises(OSError):
        house.client.aarq()


def test_a_spent_counter_of_the_server_is_no_crash() -> None:
    house = House(Keying.IDENTIFIED, False)
    spent = Counter(0xFFFFFFFF, lambda _: None)
    object.__setattr__(house.own, "next_counter", spent.next)
    house.open()
    assert house.server.receive(GATEWAY, house.client.get(VALUE)) == [NOT_PROTECTED]
    assert house.events[-1].code == "security-counter-spent"


@pytest.mark.parametrize(
    "change",
    [
        {"keying": None, "signing": False},
        {"signing": True, "signer": None},
        {"keying": Keying.ONE_EPHEMERAL, "signer": None},
        {"keying": Keying.ONE_EPHEMERAL, "new_ephemeral": None},
        {"keying": None, "signing": True, "span": Signed.CONTENT},
    ],
)
def test_settings_that_protect_nothing_are_our_own_mistake(change: dict[str, object]) -> None:
    with pytest.raises(LocalError):
        replace(side(METER, OPERATOR, Keying.IDENTIFIED, False), **change)  # type: ignore[arg-type]


def test_1e1s_without_its_header_under_the_tag_is_our_own_mistake() -> None:
    own = side(METER, OPERATOR, Keying.ONE_EPHEMERAL, False)
    with pytest.raises(LocalError):
        replace(own, own=replace(own.own, associated=Layout.NO_HEADER))


@given(st.binary(max_size=200), st.sampled_from(WAYS))
@settings(max_examples=60)
def test_any_octets_in_an_envelope_raise_nothing_else(
    garbage: bytes, way: tuple[Keying | None, bool]
) -> None:
    """Whoever holds all keys may still send what makes no sense."""
    house = House(*way)
    house.open()
    answers = house.server.receive(GATEWAY, house.theirs.begin().seal(garbage))
    for answer in answers:
        apdu.decode(answer)
    house.client.get(VALUE)
    with suppress(PeerError, TrustError):
        house.client.receive(house.own.begin().seal(garbage))


@pytest.mark.parametrize("suite", [1, 2])
@pytest.mark.parametrize(("keying", "signing"), WAYS)
def test_overhead_is_never_more_than_announced(keying: Keying | None, signing: bool, suite: int) -> None:
    own = side(METER, OPERATOR, keying, signing, suite).begin()
    for length in (1, 100, 127, 128, 255, 256, 70_000):
        assert len(own.seal(bytes(length))) <= length + own.overhead
