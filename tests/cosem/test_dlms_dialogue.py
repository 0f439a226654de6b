"""Client and server in memory: bare, over the wrapper and over HDLC."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import (
    COLUMNS,
    GATEWAY,
    IMPORT,
    NAME,
    PROFILE,
    PUBLIC,
    QUARTER,
    ROWS,
    START,
    TEXT,
    Carrier,
    ask,
    bare,
    device,
    hls5,
    over_hdlc,
    over_wrapper,
    rows,
    server,
)
from meterkast.model.errors import LocalError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import array, double_long_unsigned, null, octets, unsigned
from meterkast.protocols.cosem.profile import Encoding, decode_buffer
from meterkast.protocols.dlms.apdu import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    EntrySelection,
    MethodDescriptor,
    RangeSelection,
    Selection,
)
from meterkast.protocols.dlms.association import State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Associated, Failed, Released, Result, Results, Send
from meterkast.protocols.dlms.server import Server

FRAMINGS = (bare, over_wrapper, over_hdlc)
BUFFER = AttributeDescriptor(7, PROFILE, 2)
REGISTER = AttributeDescriptor(3, IMPORT, 2)

Framing = Callable[[Server, int], Carrier]


def gateway(peer: Server, framing: Framing = bare, max_pdu_size: int = 1024) -> tuple[Client, Carrier]:
    """A gateway's client, associated with mechanism 5."""
    client, carry = Client(hls5=hls5(2), max_pdu_size=max_pdu_size), framing(peer, GATEWAY)
    assert isinstance(ask(client, carry, client.aarq()), Associated)
    return client, carry


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_public_client_reads_the_name_and_nothing_else(framing: Framing) -> None:
    peer = server()
    client, carry = Client(), framing(peer, PUBLIC)
    assert ask(client, carry, client.aarq()) == Associated(max_pdu_size=1024)
    assert ask(client, carry, client.get(AttributeDescriptor(1, NAME, 2))) == Result(
        octets(b"MKM0000000000001")
    )
    for each in device().objects:
        if each.logical_name != NAME:
            wanted = AttributeDescriptor(each.class_id, each.logical_name, 1)
            assert ask(client, carry, client.get(wanted)) == Failed(DataAccessResult.READ_WRITE_DENIED)
    assert ask(client, carry, client.release()) == Released()
    assert client.state is peer.state(PUBLIC) is State.IDLE


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_gateway_proves_itself_and_reads(framing: Framing) -> None:
    peer = server()
    client, carry = gateway(peer, framing)
    assert client.state is peer.state(GATEWAY) is State.ASSOCIATED
    assert ask(client, carry, client.get(REGISTER)) == Result(double_long_unsigned(1_234_567))
    assert ask(client, carry, client.release()) == Released()


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", Encoding)
def test_a_day_of_97_rows_arrives_in_blocks_and_segments(framing: Framing, encoding: Encoding) -> None:
    client, carry = gateway(server(device(encoding), max_pdu_size=256), framing)
    event = ask(client, carry, client.get(BUFFER, RangeSelection(START, START + 96 * QUARTER)))
    assert isinstance(event, Result)
    assert decode_buffer(event.data, COLUMNS, QUARTER) == ROWS


@given(st.integers(64, 4000), st.integers(64, 4000), st.integers(-3, 99), st.integers(-3, 99))
def test_any_range_arrives_whatever_the_sizes(ours: int, theirs: int, first: int, last: int) -> None:
    client, carry = gateway(server(max_pdu_size=max(theirs, 128)), bare, ours)
    start, end = START + first * QUARTER, START + last * QUARTER
    longest = 0

    def measured(apdu: bytes) -> bytes:
        nonlocal longest
        answer = carry(apdu)
        longest = max(longest, len(answer))
        return answer

    event = ask(client, measured, client.get(BUFFER, RangeSelection(start, end)))
    assert isinstance(event, Result)
    assert decode_buffer(event.data, COLUMNS, QUARTER) == rows(start, end)
    assert longest <= min(ours, max(theirs, 128))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (None, ROWS),
        (EntrySelection(2, 3), ROWS[1:3]),
        (EntrySelection(90), ROWS[89:]),
        (RangeSelection(0, 1), []),
    ],
)
def test_selections(selection: Selection | None, expected: object) -> None:
    client, carry = gateway(server())
    event = ask(client, carry, client.get(BUFFER, selection))
    assert isinstance(event, Result)
    assert decode_buffer(event.data, COLUMNS, QUARTER) == expected


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_list_comes_with_what_failed_in_its_place(framing: Framing) -> None:
    client, carry = gateway(server(), framing)
    wanted = [REGISTER, AttributeDescriptor(3, PROFILE, 2), REGISTER]
    value = double_long_unsigned(1_234_567)
    event = ask(client, carry, client.get_list(wanted))
    assert event == Results((value, DataAccessResult.OBJECT_UNDEFINED, value))


def test_a_long_list_comes_in_blocks() -> None:
    client, carry = gateway(server(max_pdu_size=256))
    event = ask(client, carry, client.get_list([REGISTER, BUFFER, BUFFER]))
    assert isinstance(event, Results)
    register, *buffers = event.results
    assert register == double_long_unsigned(1_234_567)
    for buffer in buffers:
        assert not isinstance(buffer, DataAccessResult)
        assert decode_buffer(buffer, COLUMNS, QUARTER) == ROWS


def test_a_list_of_more_than_sixteen_is_refused() -> None:
    client, carry = gateway(server())
    assert isinstance(ask(client, carry, client.get_list([REGISTER] * 16)), Results)
    assert isinstance(ask(client, carry, client.get_list([REGISTER] * 17)), Failed)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_set_and_action(framing: Framing) -> None:
    client, carry = gateway(server(), framing)
    text, echo = AttributeDescriptor(1, TEXT, 2), MethodDescriptor(1, TEXT, 1)
    assert ask(client, carry, client.set(text, unsigned(7))) == Result(null())
    assert ask(client, carry, client.get(text)) == Result(unsigned(7))
    assert ask(client, carry, client.set(text, null())) == Failed(DataAccessResult.TYPE_UNMATCHED)
    assert ask(client, carry, client.act(echo, octets(b"ping"))) == Result(octets(b"ping"))
    assert ask(client, carry, client.act(echo)) == Result(null())
    missing = MethodDescriptor(1, TEXT, 9)
    assert ask(client, carry, client.act(missing)) == Failed(ActionResult.OBJECT_UNAVAILABLE)
    assert ask(client, carry, client.set(REGISTER, unsigned(7))) == Failed(DataAccessResult.READ_WRITE_DENIED)


def test_what_a_method_returns_comes_in_blocks_where_it_is_long() -> None:
    client, carry = gateway(server(), bare, 64)
    request = client.act(MethodDescriptor(1, TEXT, 1), octets(bytes(100)))
    assert ask(client, carry, request) == Result(octets(bytes(100)))


def test_a_switch_can_be_looked_for_and_is_not_there() -> None:
    client, carry = gateway(server())
    for switch in (Obis(0, 0, 96, 3, 10), Obis(0, 1, 24, 4, 0), IMPORT):
        for class_id in (70, 71):
            for attribute in range(1, 5):
                wanted = AttributeDescriptor(class_id, switch, attribute)
                assert ask(client, carry, client.get(wanted)) == Failed(DataAccessResult.OBJECT_UNDEFINED)
                assert ask(client, carry, client.set(wanted, unsigned(0))) == Failed(
                    DataAccessResult.OBJECT_UNDEFINED
                )
                method = MethodDescriptor(class_id, switch, attribute)
                assert ask(client, carry, client.act(method)) == Failed(ActionResult.OBJECT_UNDEFINED)


def test_two_clients_do_not_disturb_each_other() -> None:
    peer = server(max_pdu_size=256)
    client, carry = gateway(peer)
    public, carry_public = Client(), bare(peer, PUBLIC)
    (block,) = client.receive(carry(client.get(BUFFER)))
    assert isinstance(block, Send)
    ask(public, carry_public, public.aarq())
    ask(public, carry_public, public.get(AttributeDescriptor(1, NAME, 2)))
    ask(public, carry_public, public.release())
    event = ask(client, carry, block.apdu)
    assert isinstance(event, Result)
    assert decode_buffer(event.data, COLUMNS, QUARTER) == ROWS


def test_a_lost_link_ends_the_association() -> None:
    peer = server()
    client, carry = gateway(peer)
    peer.disconnect(GATEWAY)
    client.lose()
    assert client.state is peer.state(GATEWAY) is State.IDLE
    assert isinstance(ask(client, carry, client.aarq()), Associated)


def test_misuse_is_our_own_fault() -> None:
    client = Client()
    with pytest.raises(LocalError):
        client.get(REGISTER)
    with pytest.raises(LocalError):
        client.release()
    carry = bare(server(), PUBLIC)
    ask(client, carry, client.aarq())
    client.get(REGISTER)
    with pytest.raises(LocalError):
        client.get(REGISTER)
    with pytest.raises(LocalError):
        Client().set(REGISTER, array(()))


def test_a_request_of_which_not_even_the_names_fit_is_not_sent() -> None:
    client, _ = gateway(server(max_pdu_size=128))
    with pytest.raises(LocalError):
        client.get_list([REGISTER] * 16)
    assert client.get(REGISTER)
