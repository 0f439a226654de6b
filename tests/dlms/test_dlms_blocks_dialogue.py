"""General block transfer between our client and server: every service, clear and protected, on bad lines."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import GATEWAY, PROFILE, TEXT, device, hls5
from cosem.protected import CLIENT, EVERYTHING, METER, mechanism_5, protection
from dlms.dlms_line import BLOCK, Fate, Line
from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.axdr import Data, null, octets
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    AccessAction,
    AccessSet,
    AttributeDescriptor,
    DataAccessResult,
    ExceptionResponse,
    GeneralBlockTransfer,
    GetRequestNormal,
    InvokeId,
    MethodDescriptor,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Accessed, Associated, Failed, Outcomes, Released, Result, Results
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.server import Server

VALUE = AttributeDescriptor(1, TEXT, 2)
ECHO = MethodDescriptor(1, TEXT, 1)
BUFFER = AttributeDescriptor(7, PROFILE, 2)
THREE, TWO = BlockTransfer(window=3), BlockTransfer(window=2)
PROTECTIONS = ["clear", "glo", "general-glo"]


def value(length: int) -> Data:
    return octets(bytes(index % 251 for index in range(length)))


def line(
    way: str = "clear",
    *,
    size: int = 128,
    client: BlockTransfer | None = THREE,
    server: BlockTransfer | None = TWO,
    fates: dict[int, Fate] | None = None,
) -> Line:
    """An open association over a line without faults, which then has these."""
    meter = device()
    text = meter.find(1, TEXT)
    assert text is not None
    text.value = octets(b"")  # type: ignore[attr-defined]
    if way == "clear":
        grant = Grant(hls5=hls5(1), otherwise=EVERYTHING)
        asking = Client(hls5=hls5(2), max_pdu_size=size, blocks=client)
    else:
        own, theirs = protection(CLIENT, general=way == "general-glo"), protection(METER)
        grant = Grant(hls5=mechanism_5(theirs), protection=theirs, otherwise=EVERYTHING)
        asking = Client(hls5=mechanism_5(own), protection=own, max_pdu_size=size, blocks=client)
    peer = Server(meter, grants={GATEWAY: grant}, max_pdu_size=size, blocks=server)
    carried = Line(asking, peer)
    assert isinstance(carried.ask(asking.aarq()), Associated)
    carried.sent.clear()
    carried.fates, carried._blocks = fates or {}, 0
    return carried


def client_of(carried: Line) -> Client:
    assert isinstance(carried.client, Client)
    return carried.client


@pytest.mark.parametrize("way", PROTECTIONS)
@given(length=st.integers(0, 2000), window=st.integers(1, 63), other=st.integers(1, 63))
def test_values_of_every_length_go_both_ways(way: str, length: int, window: int, other: int) -> None:
    carried = line(way, client=BlockTransfer(window=window), server=BlockTransfer(window=other))
    client, long = client_of(carried), value(length)
    assert carried.ask(client.set(VALUE, long)) == Result(null())
    assert carried.ask(client.get(VALUE)) == Result(long)
    assert carried.ask(client.act(ECHO, long)) == Result(long)
    assert all(len(each) <= 128 for _, each in carried.sent)


@pytest.mark.parametrize("way", PROTECTIONS)
def test_every_service_goes_in_blocks(way: str) -> None:
    carried, long = line(way), value(400)
    client = client_of(carried)
    success = DataAccessResult.SUCCESS
    assert carried.ask(client.set_list([(VALUE, long), (VALUE, long)])) == Results((success, success))
    assert carried.ask(client.get_list([VALUE, VALUE])) == Results((long, long))
    called = carried.ask(client.act_list([(ECHO, long), (ECHO, long)]))
    assert isinstance(called, Outcomes)
    assert [returned for _, returned in called.outcomes] == [long, long]
    accessed = carried.ask(client.access([(AccessSet(VALUE), long), (AccessAction(ECHO), long)]))
    assert isinstance(accessed, Accessed)
    assert accessed.values == (null(), long)
    assert isinstance(carried.ask(client.get(BUFFER)), Result)
    assert {octets_[0] for to, octets_ in carried.sent if to == "client"} == {BLOCK}
    assert carried.ask(client.release()) == Released()


def test_messages_are_protected_first_and_cut_then() -> None:
    """Green Book 9.3.5: the blocks put together are one ciphered message."""
    carried = line("glo")
    carried.ask(client_of(carried).set(VALUE, value(300)))
    parts = [apdu.decode(each) for to, each in carried.sent if to == "server" and each[0] == BLOCK]
    whole = b"".join(part.octets for part in parts if isinstance(part, GeneralBlockTransfer))
    message = apdu.decode(whole)
    assert isinstance(message, apdu.Ciphered)
    assert message.tag == apdu.GLOBAL_TAGS[0xC1]


def test_a_question_in_blocks_is_answered_in_blocks() -> None:
    carried = line()
    carried.ask(client_of(carried).set(VALUE, value(300)))
    answers = [each[0] for to, each in carried.sent if to == "client"]
    assert set(answers) == {BLOCK}


def test_a_window_of_the_client_is_streamed() -> None:
    carried = line(client=BlockTransfer(window=5))
    client_of(carried).receive(carried.server.receive(GATEWAY, client_of(carried).set(VALUE, value(80)))[0])
    carried.ask(client_of(carried).act(ECHO, value(1500)))
    streamed = [apdu.decode(each) for to, each in carried.sent if to == "client"]
    assert any(isinstance(part, GeneralBlockTransfer) and part.streaming for part in streamed)


FATES = st.dictionaries(st.integers(0, 30), st.sampled_from(list(Fate)), max_size=6)


@pytest.mark.parametrize("way", PROTECTIONS)
@given(fates=FATES, window=st.integers(1, 6), other=st.integers(1, 6))
def test_lost_doubled_and_delayed_blocks_change_nothing(
    way: str, fates: dict[int, Fate], window: int, other: int
) -> None:
    carried = line(way, client=BlockTransfer(window=window), server=BlockTransfer(window=other), fates=fates)
    client, long = client_of(carried), value(600)
    assert carried.ask(client.act(ECHO, long)) == Result(long)
    carried.fates = {}
    assert carried.ask(client.set(VALUE, long)) == Result(null())
    carried.fates, carried._blocks = fates, 0
    assert carried.ask(client.get(VALUE)) == Result(long)


class Counting(LogicalDevice):
    """A meter that counts how often its method is called."""

    def __init__(self) -> None:
        genuine = device()
        self.__dict__.update(genuine.__dict__)
        self.calls = count(1)
        self.called = 0
        self.genuine = genuine

    def find(self, class_id: int, logical_name: object) -> object:  # type: ignore[override]
        self.called = next(self.calls)
        return self.genuine.find(class_id, logical_name)  # type: ignore[arg-type]


@given(fates=FATES)
def test_whatever_is_repeated_is_done_once(fates: dict[int, Fate]) -> None:
    meter = Counting()
    server = Server(
        meter,  # type: ignore[arg-type]
        grants={GATEWAY: Grant(otherwise=EVERYTHING)},
        max_pdu_size=128,
        blocks=BlockTransfer(window=3),
    )
    client = Client(max_pdu_size=128, blocks=BlockTransfer(window=3))
    carried = Line(client, server)
    carried.ask(client.aarq())
    carried.fates = fates
    assert carried.ask(client.act(ECHO, value(500))) == Result(value(500))
    assert meter.called == 1


@pytest.mark.parametrize("sides", [(BlockTransfer(), None), (None, BlockTransfer()), (None, None)])
def test_blocks_that_were_not_agreed_are_refused(
    sides: tuple[BlockTransfer | None, BlockTransfer | None],
) -> None:
    carried = line(client=sides[0], server=sides[1])
    part = GeneralBlockTransfer(
        last=True, streaming=False, window=1, block_number=1, acknowledged=0, octets=b"\xc0\x01"
    ).encode()
    (answer,) = carried.server.receive(GATEWAY, part)
    assert isinstance(apdu.decode(answer), ExceptionResponse)
    with pytest.raises(PeerError) as refusal:
        carried.client.receive(part)
    assert refusal.value.code == "gbt-not-agreed"
    long = value(600)
    assert carried.ask(client_of(carried).act(ECHO, long)) == Result(long)
    assert BLOCK not in {octets_[0] for to, octets_ in carried.sent if to == "server"}


def part_of(message: bytes, number: int, *, last: bool = False, acknowledged: int = 0) -> bytes:
    return GeneralBlockTransfer(
        last=last,
        streaming=False,
        window=1,
        block_number=number,
        acknowledged=acknowledged,
        octets=message,
    ).encode()


def test_a_request_without_end_is_refused_and_the_next_is_served() -> None:
    carried = line(server=BlockTransfer(octets=1000))
    for number in range(1, 11):
        (answer,) = carried.server.receive(GATEWAY, part_of(bytes(100), number))
        assert answer[0] == BLOCK
    (refusal,) = carried.server.receive(GATEWAY, part_of(bytes(100), 11))
    assert isinstance(apdu.decode(refusal), ExceptionResponse)
    assert carried.ask(client_of(carried).act(ECHO, value(300))) == Result(value(300))


def test_a_request_in_too_many_blocks_is_refused() -> None:
    carried = line(server=BlockTransfer(blocks=5))
    answers = [carried.server.receive(GATEWAY, part_of(b"x", number)) for number in range(1, 7)]
    assert [answer[0][0] for answer in answers] == [BLOCK] * 5 + [ExceptionResponse.TYPE[0]]


def test_an_answer_without_end_is_refused_by_the_client() -> None:
    carried = line(client=BlockTransfer(octets=500))
    request = client_of(carried).act(ECHO, value(700))
    with pytest.raises(PeerError) as refusal:
        carried.ask(request)
    assert refusal.value.code == "gbt-limit"
    assert carried.ask(client_of(carried).get(VALUE)) == Result(octets(b""))


def test_blocks_inside_blocks_are_refused() -> None:
    carried = line()
    inner = part_of(GetRequestNormal(InvokeId(1), VALUE).encode(), 1, last=True)
    (answer,) = carried.server.receive(GATEWAY, part_of(inner, 1, last=True))
    assert isinstance(apdu.decode(answer), ExceptionResponse)


def test_a_client_repeats_itself_a_bounded_number_of_times() -> None:
    carried = line()
    client_of(carried).set(VALUE, value(300))
    refusal = None
    for _ in range(100):
        try:
            assert carried.client.repeat()
        except PeerError as error:
            refusal = error.code
    assert refusal == "gbt-repeats"


def test_a_refusal_in_one_message_ends_a_request_in_blocks() -> None:
    carried = line()
    client_of(carried).set(VALUE, value(300))
    refusal = ExceptionResponse(1, 4)
    assert carried.client.receive(refusal.encode()) == [Failed(refusal)]


def test_nothing_is_asked_without_an_association() -> None:
    assert Client(blocks=BlockTransfer()).repeat() == []
    with pytest.raises(LocalError):
        Client(blocks=BlockTransfer()).get(VALUE)
