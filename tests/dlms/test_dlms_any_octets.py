"""Any octets into client and server in any state: an answer, an event, PeerError or TrustError, no more."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import GATEWAY, PROFILE, TEXT, device, hls5
from cosem.protected import CLIENT, EVERYTHING, METER, mechanism_5, protection
from dlms.test_dlms_general_protection import METER as METER_TITLE
from dlms.test_dlms_general_protection import OPERATOR, side
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.axdr import octets
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    DataNotification,
    GeneralBlockTransfer,
    LongInvokeId,
    MethodDescriptor,
)
from meterkast.protocols.dlms.association import State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Send
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.general_protection import Keying
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.server import Server

BLOCKS = BlockTransfer(window=3, octets=8000)
LONG = octets(bytes(400))
BUFFER, VALUE = AttributeDescriptor(7, PROFILE, 2), AttributeDescriptor(1, TEXT, 2)
NOTICE = DataNotification(LongInvokeId(1), None, LONG)


def clear() -> tuple[Client, Server]:
    grant = Grant(hls5=hls5(1), otherwise=EVERYTHING)
    return Client(hls5=hls5(2), max_pdu_size=128, blocks=BLOCKS), serving(grant)


def protected() -> tuple[Client, Server]:
    own, theirs = protection(CLIENT), protection(METER)
    client = Client(hls5=mechanism_5(own), protection=own, max_pdu_size=128, blocks=BLOCKS)
    return client, serving(Grant(hls5=mechanism_5(theirs), protection=theirs, otherwise=EVERYTHING))


def named() -> tuple[Client, Server]:
    own = side(OPERATOR, METER_TITLE, Keying.ALL_STATIC, True)
    theirs = side(METER_TITLE, OPERATOR, Keying.ALL_STATIC, True)
    client = Client(protection=own, max_pdu_size=128, blocks=BLOCKS)
    return client, serving(Grant(protection=theirs, otherwise=EVERYTHING))


def serving(grant: Grant) -> Server:
    return Server(device(), grants={GATEWAY: grant}, max_pdu_size=128, blocks=BLOCKS)


PAIRS: dict[str, Callable[[], tuple[Client, Server]]] = {"clear": clear, "glo": protected, "named": named}


def carried(client: Client, server: Server, request: bytes, most: int) -> list[tuple[str, bytes]]:
    """All that is said from a request on, up to so many messages."""
    said: list[tuple[str, bytes]] = []
    under_way = [("server", request)]
    while under_way and len(said) < most:
        to, each = under_way.pop(0)
        said.append((to, each))
        if to == "server":
            under_way += [("client", answer) for answer in server.receive(GATEWAY, each)]
        else:
            under_way += [("server", event.apdu) for event in client.receive(each) if isinstance(event, Send)]
    return said


def requests(client: Client) -> list[Callable[[], bytes]]:
    return [
        client.aarq,
        lambda: client.get(VALUE),
        lambda: client.set(VALUE, LONG),
        lambda: client.get(BUFFER),
        lambda: client.act(MethodDescriptor(1, TEXT, 1), LONG),
        client.release,
    ]


def conversation(pair: str, steps: int) -> tuple[Client, Server, list[tuple[str, bytes]]]:
    """Both sides after so many messages, and the messages."""
    client, server = PAIRS[pair]()
    said: list[tuple[str, bytes]] = []
    for ask in requests(client):
        if len(said) < steps:
            with suppress(LocalError):
                said += carried(client, server, ask(), steps - len(said))
    if server.state(GATEWAY) is State.ASSOCIATED and steps % 3 == 0:
        with suppress(LocalError):
            server.notify(GATEWAY, NOTICE)
    return client, server, said


parts = st.builds(
    GeneralBlockTransfer,
    last=st.booleans(),
    streaming=st.booleans(),
    window=st.integers(0, 63),
    block_number=st.one_of(st.integers(0, 6), st.integers(0, 0xFFFF)),
    acknowledged=st.one_of(st.integers(0, 6), st.integers(0, 0xFFFF)),
    octets=st.binary(max_size=40),
).map(lambda part: part.encode())
first_octets = st.sampled_from(sorted(apdu.TAGS)).flatmap(
    lambda tag: st.binary(max_size=40).map(lambda rest: bytes((tag,)) + rest)
)


@st.composite
def changed(draw: st.DrawFn, messages: list[bytes]) -> bytes:
    """A message of the conversation with a few octets changed, cut off or doubled."""
    octets_ = bytearray(draw(st.sampled_from(messages)))
    for _ in range(draw(st.integers(0, 3))):
        octets_[draw(st.integers(0, len(octets_) - 1))] = draw(st.integers(0, 255))
    return bytes(octets_[: draw(st.integers(0, len(octets_)))] if draw(st.booleans()) else octets_)


@pytest.mark.parametrize("pair", PAIRS)
@given(steps=st.integers(0, 160), data=st.data())
def test_both_sides_stand_any_octets(pair: str, steps: int, data: st.DataObject) -> None:
    client, server, said = conversation(pair, steps)
    messages = [each for _, each in said] or [client.aarq()]
    for octets_ in data.draw(st.lists(st.one_of(parts, first_octets, changed(messages)), max_size=6)):
        for answer in server.receive(GATEWAY, octets_):
            apdu.decode(answer)
            assert len(answer) <= 2048
        try:
            events = client.receive(octets_)
        except (PeerError, TrustError):
            continue
        for event in events:
            if isinstance(event, Send):
                apdu.decode(event.apdu)
    with suppress(PeerError):
        client.repeat()


@pytest.mark.parametrize("pair", PAIRS)
def test_the_conversations_reach_every_state(pair: str) -> None:
    """Else the test above would say less than it seems to."""
    states = {conversation(pair, steps)[0].state for steps in range(160)}
    expected = set(State) - ({State.CHALLENGED} if pair == "named" else set())
    assert states == expected
