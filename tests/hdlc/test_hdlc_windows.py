"""Windows above 1, on lines that behave and on lines that do not."""

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlc.bad_line import ANSWER_WAIT, BadLine, Fate
from hdlc.frames import SERVER, Cable, apdus, connected, pair
from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.hdlc import (
    Address,
    Apdu,
    Control,
    Disconnected,
    Frame,
    Garbage,
    Kind,
    Link,
    Parameters,
    Reply,
    State,
    TimedLink,
)
from meterkast.protocols.hdlc.reception import Reception

REQUEST, ANSWER = bytes(range(250)), bytes(reversed(range(250)))

windows = st.integers(1, 7)
dialogues = st.lists(st.tuples(apdus, apdus), min_size=1, max_size=4)
fates = st.lists(st.sampled_from(Fate), max_size=40)


@settings(max_examples=300)
@given(dialogues, windows, windows, fates)
def test_whatever_happens_on_the_line_apdus_arrive_once_and_in_order(
    dialogue: list[tuple[bytes, bytes]], client_window: int, server_window: int, fates: list[Fate]
) -> None:
    client, server = pair(32, 32, client_window=client_window, server_window=server_window)
    line = BadLine(client, server, dialogue, fates, repeats=len(fates) + 1)
    line.run()
    assert line.requests == [request for request, _ in dialogue]
    assert line.answers == [answer for _, answer in dialogue]
    assert not line.ended


@given(apdus, fates, windows)
def test_a_line_too_bad_for_the_patience_loses_but_never_repeats_an_apdu(
    octets: bytes, fates: list[Fate], window: int
) -> None:
    client, server = pair(32, 32, client_window=window, server_window=window)
    line = BadLine(client, server, [(octets, octets), (octets[::-1], octets)], fates, repeats=1)
    line.run()
    assert line.requests == [octets, octets[::-1]][: len(line.requests)]
    assert line.ended == (len(line.answers) < 2)


@given(windows, windows)
def test_both_sides_settle_on_the_smaller_window(client_window: int, server_window: int) -> None:
    client, server = pair(client_window=client_window, server_window=server_window)
    cable = Cable(client, server)
    cable.carry(client.connect(), "server")
    smaller = min(client_window, server_window)
    assert client.parameters == server.parameters
    assert client.parameters == Parameters(transmit_window=smaller, receive_window=smaller)


@pytest.mark.parametrize("window", range(1, 8))
def test_a_window_costs_one_acknowledgement(window: int) -> None:
    _, _, cable = connected(32, 32, window=window)
    before = cable.carried
    cable.send("client", REQUEST)
    segments = ceil((3 + len(REQUEST)) / 32)
    assert cable.carried - before == segments + ceil(segments / window) - 1
    assert cable.taken("server") == [Apdu(REQUEST)]


def test_only_the_last_frame_of_a_flight_hands_over() -> None:
    client, _, _ = connected(32, 32, window=3)
    flight = [Frame.parse(octets).control for octets in client.send(REQUEST)]
    assert flight == [
        Control(kind=Kind.INFORMATION, poll=number == 2, send=number, receive=0) for number in range(3)
    ]
    assert client.state is State.SENDING


@pytest.mark.parametrize("lost", range(3))
def test_a_lost_frame_of_an_answer_is_asked_for_and_sent_again_from_there(lost: int) -> None:
    client, server, cable = connected(32, 32, window=3)
    cable.send("client", b"request")
    flight = server.send(bytes(80))
    replies = [
        event.octets
        for number, octets in enumerate(flight)
        if number != lost
        for event in client.receive(octets)
        if isinstance(event, Reply)
    ]
    if lost == 2:  # with the last frame the turn is lost too
        replies = [client.repeat()]
    (asked,) = replies
    assert Frame.parse(asked).control == Control(kind=Kind.RECEIVE_READY, receive=lost)
    again = [event.octets for event in server.receive(asked) if isinstance(event, Reply)]
    assert [Frame.parse(octets).control.send for octets in again] == list(range(lost, 3))
    events = [event for octets in again for event in client.receive(octets)]
    assert events[-1] == Apdu(bytes(80))


def test_a_repetition_does_not_double_the_traffic_behind_it() -> None:
    client, server, _ = connected(32, 32, window=2)
    first = b"".join(client.send(REQUEST))
    (early,) = server.receive(first)
    (late,) = server.receive(client.repeat())[-1:]
    assert isinstance(early, Reply)
    assert isinstance(late, Reply)
    assert len(client.receive(early.octets)) == 2
    assert client.receive(late.octets) == []


def test_a_busy_server_holds_the_client_back() -> None:
    client, server, _ = connected(32, 32, window=2)
    server.busy = True
    (refusal,) = server.receive(b"".join(client.send(REQUEST)))
    assert isinstance(refusal, Reply)
    assert Frame.parse(refusal.octets).control == Control(kind=Kind.RECEIVE_NOT_READY, receive=0)
    assert client.receive(refusal.octets) == []
    asked = client.repeat()
    assert Frame.parse(asked).control.kind is Kind.RECEIVE_READY
    (refusal,) = server.receive(asked)
    assert isinstance(refusal, Reply)
    assert client.receive(refusal.octets) == [], "or a busy server would be asked without pause"
    server.busy = False
    (ready,) = server.receive(asked)
    assert isinstance(ready, Reply)
    cable = Cable(client, server)
    cable.carry(ready.octets, "client")
    assert cable.taken("server") == [Apdu(REQUEST)]


def test_a_busy_client_holds_the_server_back() -> None:
    client, server, cable = connected(32, 32, window=2)
    cable.send("client", b"request")
    client.busy = True
    cable.send("server", ANSWER)
    assert cable.taken("client") == []
    cable.carry(client.repeat(), "server")
    assert cable.taken("client") == []
    client.busy = False
    cable.carry(client.repeat(), "server")
    assert cable.taken("client") == [Apdu(ANSWER)]
    assert server.state is State.AWAITING


def test_a_server_that_needs_time_is_asked_again_and_answers_once() -> None:
    client, server, _ = connected()
    (octets,) = client.send(b"request")
    assert server.receive(octets) == [Apdu(b"request")]
    assert [type(event) for event in server.receive(client.repeat())] == [Garbage]
    (answer,) = server.send(b"answer")
    assert client.receive(answer) == [Apdu(b"answer")]


def test_a_server_that_acknowledges_first_is_asked_for_its_answer() -> None:
    client, _, _ = connected()
    client.send(b"request")
    ready = Frame(
        destination=Address(16), source=SERVER, control=Control(kind=Kind.RECEIVE_READY, receive=1)
    ).encode()
    (asked,) = client.receive(ready)
    assert isinstance(asked, Reply)
    assert Frame.parse(asked.octets).control == Control(kind=Kind.RECEIVE_READY, receive=0)
    assert client.receive(ready) == [], "or two such devices would talk for ever"


@pytest.mark.parametrize(
    ("window", "places"),
    [
        (1, "NEXT NOWHERE NOWHERE NOWHERE NOWHERE NOWHERE NOWHERE BEHIND"),
        (3, "NEXT AHEAD AHEAD NOWHERE NOWHERE BEHIND BEHIND BEHIND"),
        (7, "NEXT AHEAD AHEAD AHEAD AHEAD AHEAD AHEAD BEHIND"),
    ],
)
def test_the_window_says_what_a_number_means(window: int, places: str) -> None:
    reception = Reception(Parameters(receive_window=window), 100)
    assert [reception.place(number).name for number in range(8)] == places.split()


def test_what_has_not_left_cannot_be_acknowledged() -> None:
    client, _, cable = connected(32, 32, window=3)
    cable.send("client", REQUEST)
    assert client.state is State.AWAITING
    numbers = [
        Frame(
            destination=Address(16), source=SERVER, control=Control(kind=Kind.RECEIVE_READY, receive=number)
        ).encode()
        for number in range(8)
    ]
    codes = [
        event.code for octets in numbers for event in client.receive(octets) if isinstance(event, Garbage)
    ]
    assert codes == ["hdlc-sequence-wrong"] * 7


def test_a_frame_reject_ends_the_connection() -> None:
    client, _, _ = connected()
    client.send(b"request")
    reject = Frame(destination=Address(16), source=SERVER, control=Control(kind=Kind.FRAME_REJECT))
    assert client.receive(reject.encode()) == [Disconnected()]


def test_a_client_gives_up_after_its_repetitions() -> None:
    client = TimedLink(pair()[0], answer_wait=ANSWER_WAIT, repeats=2)
    assert client.due is None
    snrm = client.connect(100.0)
    assert client.tick(101.9) == []
    assert client.tick(102.0) == client.tick(104.5) == [Reply(snrm)]
    assert client.due == 106.5
    assert client.tick(106.5) == [Disconnected()]
    assert client.due is None
    assert client.state is State.DISCONNECTED
    assert client.connect(107.0) == snrm


def test_a_sign_of_life_renews_the_patience() -> None:
    client, server = pair(32, 32)
    timed = TimedLink(client, answer_wait=ANSWER_WAIT, repeats=1)
    (ua, _) = server.receive(timed.connect(0.0))
    assert isinstance(ua, Reply)
    timed.tick(2.0)
    timed.receive(ua.octets, 3.0)
    assert timed.due is None
    (segment,) = timed.send(REQUEST, 10.0)
    timed.tick(12.0)
    (ready,) = server.receive(segment)
    assert isinstance(ready, Reply)
    timed.receive(ready.octets, 12.5)
    assert [type(event) for event in timed.tick(14.5)] == [Reply]
    timed.receive(b"noise", 15.0)
    assert timed.tick(16.5) == [Disconnected()]


def test_a_server_forgets_a_silent_client() -> None:
    client, server = pair()
    timed = TimedLink(server, inactivity=120)
    timed.receive(client.connect(), 5.0)
    assert timed.due == 125.0
    assert timed.tick(125.0) == [Disconnected()]
    (refusal,) = timed.receive(_ready(), 126.0)
    assert isinstance(refusal, Reply)
    assert Frame.parse(refusal.octets).control.kind is Kind.DISCONNECTED_MODE


def _ready() -> bytes:
    control = Control(kind=Kind.RECEIVE_READY)
    return Frame(destination=SERVER, source=Address(16), control=control).encode()


def test_a_poll_bit_that_is_left_out_does_no_harm_with_a_window_of_1() -> None:
    _, server, _ = connected(32, 32)
    control = Control(kind=Kind.INFORMATION, poll=False)
    segment = Frame(
        destination=SERVER,
        source=Address(16),
        control=control,
        information=b"\xe6\xe6\x00x",
        segmented=True,
    )
    (event,) = server.receive(segment.encode())
    assert isinstance(event, Reply)


def test_windows_out_of_range_are_refused() -> None:
    with pytest.raises(LocalError):
        Link(role="server", server_address=SERVER, window=8)
    with pytest.raises(PeerError, match="window"):
        Parameters.parse(bytes.fromhex("818006070400000000"))
