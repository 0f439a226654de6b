"""Two links and a cable: negotiation, segments, lost frames, and peers that misbehave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdlc.frames import SERVER, Cable, apdus, connected, frames, pair
from meterkast.model.errors import LocalError
from meterkast.protocols.hdlc import (
    Address,
    Apdu,
    Connected,
    Control,
    Disconnected,
    Frame,
    Garbage,
    Kind,
    Link,
    Parameters,
    Reply,
    State,
)


def frame(kind: Kind, information: bytes = b"", *, source: Address, send: int = 0, receive: int = 0) -> bytes:
    """A frame between the client 16 and the server of these tests."""
    destination = SERVER if source == Address(16) else Address(16)
    control = Control(kind=kind, send=send, receive=receive)
    return Frame(destination=destination, source=source, control=control, information=information).encode()


@given(st.integers(32, 2030), st.integers(32, 2030))
def test_both_sides_settle_on_the_smaller_sizes(client_size: int, server_size: int) -> None:
    client, server = pair(client_size, server_size)
    cable = Cable(client, server)
    cable.carry(client.connect(), "server")
    assert cable.events == {"client": [Connected(client=16)], "server": [Connected(client=16)]}
    agreed = Parameters(transmit=min(client_size, server_size), receive=min(client_size, server_size))
    assert client.parameters == server.parameters == agreed
    assert (client.state, server.state) == (State.READY, State.AWAITING)


def test_an_snrm_without_parameters_means_the_defaults() -> None:
    server = Link(role="server", server_address=SERVER, max_information=1024)
    ua, event = server.receive(frame(Kind.SET_NORMAL_RESPONSE_MODE, source=Address(16)))
    assert event == Connected(client=16)
    assert isinstance(ua, Reply)
    assert Parameters.parse(Frame.parse(ua.octets).information) == Parameters(transmit=128, receive=128)


@given(st.lists(st.tuples(apdus, apdus), min_size=1, max_size=5), st.integers(32, 300), st.integers(32, 300))
def test_requests_and_answers_of_any_length_arrive(
    dialogue: list[tuple[bytes, bytes]], client_size: int, server_size: int
) -> None:
    _, _, cable = connected(client_size, server_size)
    for request, answer in dialogue:
        cable.send("client", request)
        assert cable.taken("server") == [Apdu(request)]
        cable.send("server", answer)
        assert cable.taken("client") == [Apdu(answer)]
    assert cable.taken("server") == []


@given(apdus, apdus, st.frozensets(st.integers(0, 60), max_size=12))
def test_lost_frames_are_healed_by_repetition(request: bytes, answer: bytes, lost: frozenset[int]) -> None:
    client, server, _ = connected(64, 64)
    cable = Cable(client, server, lost)
    received: list[bytes] = []

    def pump() -> None:
        for event in cable.taken("server"):
            if isinstance(event, Apdu):
                received.append(event.octets)
                cable.send("server", answer)

    cable.send("client", request)
    pump()
    for _ in range(len(lost) + 1):
        if Apdu(answer) in cable.events["client"]:
            break
        cable.carry(client.repeat(), "server")
        pump()
    assert received == [request]
    assert [event for event in cable.events["client"] if isinstance(event, Apdu)] == [Apdu(answer)]


def repeat_until_heard(client: Link, cable: Cable, end: str, apdu: bytes) -> None:
    """The client says again what it said last until the APDU is at that end, and is there once."""
    for _ in range(3):
        if Apdu(apdu) not in cable.events[end]:
            cable.carry(client.repeat(), "server")
    assert [event for event in cable.taken(end) if isinstance(event, Apdu)] == [Apdu(apdu)]


@pytest.mark.parametrize("lost", [{frame, *more} for frame in range(23) for more in ((), (frame + 1,))])
def test_each_frame_of_a_dialogue_may_get_lost(lost: set[int]) -> None:
    client, server, _ = connected(32, 32)
    cable = Cable(client, server, frozenset(lost))
    request, answer = bytes(range(150)), bytes(range(250))
    cable.send("client", request)
    repeat_until_heard(client, cable, "server", request)
    cable.send("server", answer)
    repeat_until_heard(client, cable, "client", answer)
    assert cable.carried > max(lost)


@given(
    st.lists(st.one_of(st.binary(max_size=30), frames.map(Frame.encode)), max_size=6), st.sampled_from(State)
)
def test_nothing_a_peer_sends_makes_a_link_raise(pieces: list[bytes], state: State) -> None:
    stream = b"".join(pieces)
    for role in ("client", "server"):
        whole, single = (_in_state(role, state) for _ in range(2))
        events = whole.receive(stream)
        assert [event for octet in stream for event in single.receive(bytes((octet,)))] == events


def _in_state(role: str, state: State) -> Link:
    """A link that has come as far as ``state``, or as far as its role lets it."""
    client, server, cable = connected()
    if state in (State.SENDING, State.AWAITING):
        (octets,) = client.send(bytes(500 if state is State.SENDING else 5))
        if role == "server":
            cable.carry(octets, "server")
            if state is State.SENDING:
                server.send(bytes(500))
    if state is State.DISCONNECTING:
        client.disconnect()
    if state in (State.DISCONNECTED, State.CONNECTING):
        client, server = pair()
        if state is State.CONNECTING:
            client.connect()
    return client if role == "client" else server


def test_disconnecting_ends_both_sides() -> None:
    client, server, cable = connected()
    cable.carry(client.disconnect(), "server")
    assert cable.events == {"client": [Disconnected()], "server": [Disconnected()]}
    assert client.state is server.state is State.DISCONNECTED


def test_a_server_without_connection_answers_dm() -> None:
    for kind in (Kind.DISCONNECT, Kind.INFORMATION, Kind.RECEIVE_READY):
        server = Link(role="server", server_address=SERVER)
        (reply,) = server.receive(frame(kind, source=Address(16)))
        assert reply == Reply(frame(Kind.DISCONNECTED_MODE, source=SERVER))


def test_a_client_that_is_turned_away_knows() -> None:
    client, _ = pair()
    client.connect()
    assert client.receive(frame(Kind.DISCONNECTED_MODE, source=SERVER)) == [Disconnected()]


def test_a_new_snrm_starts_a_live_connection_afresh() -> None:
    _, server, cable = connected()
    cable.send("client", b"one")
    again = Link(role="client", client_address=1, server_address=SERVER)
    cable = Cable(again, server)
    cable.carry(again.connect(), "server")
    cable.send("client", b"two")
    assert cable.taken("server") == [Connected(client=1), Apdu(b"two")]


def test_a_malformed_snrm_leaves_a_live_connection_alone() -> None:
    _, server, cable = connected()
    malformed = Frame(
        destination=SERVER,
        source=Address(1),
        control=Control(kind=Kind.SET_NORMAL_RESPONSE_MODE),
        information=b"garbage",
    )
    assert [type(event) for event in server.receive(malformed.encode())] == [Garbage]
    cable.send("client", b"still here")
    assert cable.taken("server") == [Apdu(b"still here")]


def test_an_apdu_without_llc_header_costs_the_connection() -> None:
    client, server, cable = connected()
    cable.carry(frame(Kind.INFORMATION, b"\xe6\xe7\x00x", source=Address(16)), "server")
    assert cable.taken("server") == [Garbage(code="hdlc-llc-wrong", octets=4), Disconnected()]
    assert cable.taken("client") == [Disconnected()]
    assert client.state is server.state is State.DISCONNECTED


def test_a_server_may_insist_on_one_client() -> None:
    server = Link(role="server", server_address=SERVER, client_address=1)
    (event,) = server.receive(frame(Kind.SET_NORMAL_RESPONSE_MODE, source=Address(16)))
    assert isinstance(event, Garbage)
    assert event.code == "hdlc-address-foreign"


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (frame(Kind.INFORMATION, b"\xe6\xe7\x00x", source=SERVER, send=3, receive=1), "hdlc-sequence-wrong"),
        (frame(Kind.INFORMATION, b"\xe6\xe7\x00x", source=SERVER, send=0, receive=0), "hdlc-sequence-wrong"),
        (frame(Kind.INFORMATION, b"\xe6\xe6\x00x", source=SERVER, send=0, receive=1), "hdlc-llc-wrong"),
        (frame(Kind.INFORMATION, bytes(129), source=SERVER, send=0, receive=1), "hdlc-length-wrong"),
        (frame(Kind.INFORMATION, b"x", source=SERVER, send=7, receive=1), "hdlc-frame-repeated"),
        (frame(Kind.INFORMATION, b"x", source=Address(2, 17, 4), send=0, receive=1), "hdlc-address-foreign"),
        (frame(Kind.UNNUMBERED_ACKNOWLEDGE, source=SERVER), "hdlc-frame-unexpected"),
        (frame(Kind.RECEIVE_READY, source=SERVER, receive=2), "hdlc-sequence-wrong"),
        (frame(Kind.SET_NORMAL_RESPONSE_MODE, source=SERVER), "hdlc-frame-unexpected"),
    ],
)
def test_what_does_not_fit_is_reported(octets: bytes, code: str) -> None:
    client, _, _ = connected()
    client.send(b"request")
    assert [event.code for event in client.receive(octets) if isinstance(event, Garbage)] == [code]


def test_an_answer_that_nobody_asked_for_is_reported() -> None:
    client, _, _ = connected()
    (event,) = client.receive(frame(Kind.INFORMATION, b"\xe6\xe7\x00x", source=SERVER))
    assert event == Garbage(code="hdlc-frame-unexpected", octets=18)


def test_segments_without_end_cost_the_connection() -> None:
    client = Link(role="client", client_address=16, server_address=SERVER, apdu_limit=1000)
    server = Link(role="server", server_address=SERVER)
    cable = Cable(client, server)
    cable.carry(client.connect(), "server")
    cable.send("client", b"request")
    cable.send("server", bytes(5000))
    assert cable.taken("client")[1:] == [Garbage(code="hdlc-apdu-too-long", octets=1024), Disconnected()]
    assert client.state is server.state is State.DISCONNECTED


def test_requests_without_end_cost_the_connection() -> None:
    client = Link(role="client", client_address=16, server_address=SERVER)
    server = Link(role="server", server_address=SERVER, apdu_limit=1000)
    cable = Cable(client, server)
    cable.carry(client.connect(), "server")
    cable.send("client", bytes(5000))
    assert cable.taken("server")[1:] == [Garbage(code="hdlc-apdu-too-long", octets=1024), Disconnected()]
    assert cable.taken("client")[1:] == [Disconnected()]
    assert client.state is server.state is State.DISCONNECTED


def test_misuse_is_our_own_fault_and_changes_nothing() -> None:
    client, server = pair()
    for misuse in (
        server.connect,
        server.disconnect,
        client.disconnect,
        client.repeat,
        lambda: client.send(b"x"),
    ):
        with pytest.raises(LocalError):
            misuse()
    assert client.state is server.state is State.DISCONNECTED
    with pytest.raises(LocalError):
        Link(role="client", server_address=SERVER)
    with pytest.raises(LocalError):
        Link(role="server", server_address=SERVER, max_information=31)
