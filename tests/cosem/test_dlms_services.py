"""Long and listed services, both our sides against each other, and each against a peer that breaks off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import GATEWAY, IMPORT, TEXT, ask, bare, hls5, server
from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.axdr import null, octets, unsigned
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    AccessAction,
    AccessGet,
    AccessSet,
    ActionRequestNextBlock,
    ActionRequestWithBlock,
    ActionResponseNormal,
    ActionResult,
    AttributeDescriptor,
    Block,
    Conformance,
    DataAccessResult,
    DataNotification,
    InvokeId,
    LongInvokeId,
    MethodDescriptor,
    SetRequestWithBlock,
    SetRequestWithFirstBlock,
    SetResponseBlock,
    SetResponseLastBlock,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Accessed, Associated, Notified, Outcomes, Result, Results, Send
from meterkast.protocols.dlms.exchange import Exchange

VALUE = AttributeDescriptor(1, TEXT, 2)
REGISTER = AttributeDescriptor(3, IMPORT, 2)
ECHO = MethodDescriptor(1, TEXT, 1)
NOBODY = MethodDescriptor(1, TEXT, 9)


class Talk:
    """A client over a meter that takes short APDUs."""

    def __init__(self, max_pdu_size: int = 80) -> None:
        self.server = server(max_pdu_size=max_pdu_size)
        self.carry = bare(self.server, GATEWAY)
        self.client = Client(hls5=hls5(2), max_pdu_size=max_pdu_size)
        assert isinstance(ask(self.client, self.carry, self.client.aarq()), Associated)

    def ask(self, request: bytes) -> object:
        return ask(self.client, self.carry, request)

    def make_text(self) -> None:
        """The value takes its own type only, so it starts as octets."""
        text = self.server._sessions[GATEWAY]._objects.find(1, TEXT)
        assert text is not None
        text.value = octets(b"")  # type: ignore[attr-defined]


@given(st.integers(0, 600))
def test_values_of_every_length_are_written_and_read(length: int) -> None:
    talk, value = Talk(), octets(bytes(index % 251 for index in range(length)))
    talk.make_text()
    assert talk.ask(talk.client.set(VALUE, value)) == Result(null())
    assert talk.ask(talk.client.get(VALUE)) == Result(value)
    assert talk.ask(talk.client.act(ECHO, value)) == Result(value)


@pytest.mark.parametrize("length", [5, 300])
def test_lists_are_written_and_called_whole_or_in_blocks(length: int) -> None:
    talk, value = Talk(), octets(bytes(length))
    talk.make_text()
    written = talk.ask(talk.client.set_list([(VALUE, value), (REGISTER, unsigned(1)), (VALUE, value)]))
    assert written == Results(
        (DataAccessResult.SUCCESS, DataAccessResult.READ_WRITE_DENIED, DataAccessResult.SUCCESS)
    )
    called = talk.ask(talk.client.act_list([(ECHO, value), (NOBODY, null())]))
    assert called == Outcomes(((ActionResult.SUCCESS, value), (ActionResult.OBJECT_UNAVAILABLE, None)))


def test_access_does_all_three_in_order() -> None:
    talk = Talk(256)
    answer = talk.ask(
        talk.client.access(
            [
                (AccessGet(VALUE), null()),
                (AccessSet(VALUE), unsigned(9)),
                (AccessGet(VALUE), null()),
                (AccessAction(ECHO), unsigned(4)),
                (AccessAction(NOBODY), null()),
                (AccessGet(AttributeDescriptor(3, TEXT, 2)), null()),
            ]
        )
    )
    assert answer == Accessed(
        (unsigned(0), null(), unsigned(9), unsigned(4), null(), null()),
        (
            DataAccessResult.SUCCESS,
            DataAccessResult.SUCCESS,
            DataAccessResult.SUCCESS,
            ActionResult.SUCCESS,
            ActionResult.OBJECT_UNAVAILABLE,
            DataAccessResult.OBJECT_UNDEFINED,
        ),
    )


def test_access_is_not_asked_of_a_server_that_does_not_know_it() -> None:
    with pytest.raises(LocalError):
        Exchange(conformance=Conformance.GET).access([(AccessGet(VALUE), null())])


def test_long_values_are_not_sent_to_a_server_that_takes_no_blocks() -> None:
    exchange = Exchange(max_request=64, conformance=Conformance.SET | Conformance.ACTION)
    with pytest.raises(LocalError):
        exchange.set(VALUE, octets(bytes(99)))
    with pytest.raises(LocalError):
        exchange.act(ECHO, octets(bytes(99)))


def raw(talk: Talk, request: apdu.Apdu) -> apdu.Apdu:
    return apdu.decode(talk.carry(request.encode()))


INVOKE = InvokeId(3)


def test_blocks_out_of_order_or_out_of_nothing_abort() -> None:
    talk = Talk()
    nothing = raw(talk, SetRequestWithBlock(INVOKE, Block(False, 2, b"x")))
    assert nothing == SetResponseLastBlock(INVOKE, DataAccessResult.NO_LONG_SET_IN_PROGRESS, 2)
    first = SetRequestWithFirstBlock(INVOKE, VALUE, None, Block(False, 1, b"\x11"))
    assert raw(talk, first) == SetResponseBlock(INVOKE, 1)
    aborted = SetResponseLastBlock(INVOKE, DataAccessResult.LONG_SET_ABORTED, 3)
    assert raw(talk, SetRequestWithBlock(INVOKE, Block(True, 3, b"\x07"))) == aborted
    assert talk.ask(talk.client.get(VALUE)) == Result(unsigned(0))
    assert raw(talk, first) == SetResponseBlock(INVOKE, 1)
    mixed = ActionResponseNormal(INVOKE, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
    assert raw(talk, ActionRequestWithBlock(INVOKE, Block(True, 2, b"\x07"))) == mixed
    assert raw(talk, ActionRequestNextBlock(INVOKE, 1)) == mixed


def test_blocks_that_hold_no_value_change_nothing() -> None:
    talk = Talk()
    request = SetRequestWithFirstBlock(INVOKE, VALUE, None, Block(True, 1, b"\x11\x07\x07"))
    assert raw(talk, request) == SetResponseLastBlock(INVOKE, DataAccessResult.LONG_SET_ABORTED, 1)
    assert talk.ask(talk.client.get(VALUE)) == Result(unsigned(0))


def test_a_request_without_end_is_dropped() -> None:
    talk = Talk(1024)
    answer = raw(talk, SetRequestWithFirstBlock(INVOKE, VALUE, None, Block(False, 1, bytes(900))))
    number = 1
    while answer == SetResponseBlock(INVOKE, number):
        number += 1
        answer = raw(talk, SetRequestWithBlock(INVOKE, Block(False, number, bytes(900))))
    assert answer == SetResponseLastBlock(INVOKE, DataAccessResult.LONG_SET_ABORTED, number)
    assert number * 900 <= (1 << 16) + 900


def test_a_server_that_acknowledges_another_block_loses_the_request() -> None:
    exchange = Exchange(max_request=64)
    first = apdu.decode(exchange.set(VALUE, octets(bytes(200))))
    assert isinstance(first, SetRequestWithFirstBlock)
    with pytest.raises(PeerError):
        exchange.receive(SetResponseBlock(first.invoke, 2).encode())
    with pytest.raises(PeerError):
        exchange.receive(SetResponseBlock(first.invoke, 1).encode())


def test_a_notification_does_not_disturb_a_request() -> None:
    exchange = Exchange()
    asked = apdu.decode(exchange.get(VALUE))
    assert isinstance(asked, apdu.GetRequestNormal)
    push = DataNotification(LongInvokeId(1), None, unsigned(1))
    event = apdu.EventNotification(None, VALUE, unsigned(1))
    assert exchange.receive(push.encode()) == [Notified(push)]
    assert exchange.receive(event.encode()) == [Notified(event)]
    answer = apdu.GetResponseNormal(asked.invoke, unsigned(2)).encode()
    assert exchange.receive(answer) == [Result(unsigned(2))]


@given(st.binary(max_size=60))
def test_garbage_ends_a_long_request_with_a_peer_error(garbage: bytes) -> None:
    exchange = Exchange(max_request=64)
    exchange.set(VALUE, octets(bytes(200)))
    try:
        events = exchange.receive(garbage)
    except PeerError:
        return
    assert not isinstance(events[0], Send)
