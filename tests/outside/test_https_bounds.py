"""What one server bears: idle sockets, octets that drip, questions and answers without end, its own stop."""

import contextlib
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from meterkast.model.errors import LocalError, UnreachableError
from meterkast.outside.https import Bounds, HttpServer, Request, Response, fetch
from meterkast.outside.https.guests import Guest
from outside.tls_house import NAME, TlsHouse

QUESTION = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
CLIENT_HELLO = bytes.fromhex("16030100f5010000f10303")
TICK = 0.005
LONG = 30.0
"""Seconds that no test is to take; none waits for them."""


@contextmanager
def serving(
    bounds: Bounds, house: TlsHouse | None = None, handle: threading.Event | None = None
) -> Iterator[HttpServer]:
    """A server that says hello, or waits for ``handle`` first."""

    def hello(_request: Request) -> Response:
        if handle is not None:
            assert handle.wait(LONG)
        return Response(status=200, body=b"hello")

    server = HttpServer(("127.0.0.1", 0), hello, context=house.server() if house else None, bounds=bounds)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def connected(server: HttpServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=LONG)


def everything(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up; nothing where it has torn the line."""
    with connection, contextlib.suppress(ConnectionError), connection.makefile("rb") as answer:
        return answer.read()
    return b""


def asked(server: HttpServer) -> bytes:
    connection = connected(server)
    connection.sendall(QUESTION)
    return everything(connection)


def in_the_end(attempt: Callable[[], bytes]) -> bytes:
    """What comes of it when one tries again, as gateways do, while a flood is still being let in."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        with contextlib.suppress(UnreachableError, ConnectionError):
            if answer := attempt():
                return answer
    raise TimeoutError


def dripped(connection: socket.socket, octets: bytes) -> float:
    """An octet now and then, until the server has enough of it; the seconds that it took."""
    began = time.monotonic()
    with connection, contextlib.suppress(ConnectionError):
        while True:
            for octet in octets:
                connection.sendall(bytes((octet,)))
                if select.select([connection], [], [], TICK)[0] and not connection.recv(1 << 16):
                    return time.monotonic() - began
    return time.monotonic() - began


@pytest.mark.parametrize("standing", [64, 1000])
@pytest.mark.parametrize("said", [b"", b"GET / HT"], ids=["idle", "begun"])
def test_at_47_good_clients_get_through_while_others_stand(standing: int, said: bytes) -> None:
    bounds = Bounds(connections=32, seconds=LONG, wait_seconds=0.0)
    with serving(bounds) as server, ExitStack() as held:
        for _ in range(standing):
            held.enter_context(connected(server)).sendall(said)
        for _ in range(40):
            assert in_the_end(lambda: asked(server)).endswith(b"hello")


def test_at_47_good_clients_shake_hands_while_others_do_not(house: TlsHouse) -> None:
    bounds = Bounds(connections=16, seconds=LONG, wait_seconds=0.0)

    def fetched() -> bytes:
        where, question = ("127.0.0.1", server.port), Request(method="GET", path="/")
        return fetch(where, question, context=house.client(), server_name=NAME).body

    with serving(bounds, house) as server, ExitStack() as held:
        for number in range(64):
            held.enter_context(connected(server)).sendall(CLIENT_HELLO[: number % 8])
        for _ in range(5):
            assert in_the_end(fetched) == b"hello"


@pytest.mark.parametrize("octets", [b"G", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50], ids=["line", "fields"])
def test_a_question_that_drips_is_not_waited_for(octets: bytes) -> None:
    with serving(Bounds(seconds=0.2)) as server:
        assert dripped(connected(server), octets) < LONG / 3


def test_a_body_that_drips_is_not_waited_for() -> None:
    with serving(Bounds(seconds=0.2)) as server:
        connection = connected(server)
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n")
        assert dripped(connection, b"x") < LONG / 3


def test_a_handshake_that_drips_is_not_waited_for(house: TlsHouse) -> None:
    with serving(Bounds(seconds=0.2), house) as server:
        assert dripped(connected(server), CLIENT_HELLO + bytes(240)) < LONG / 3


def test_half_a_question_is_no_question() -> None:
    asked_for: list[Request] = []

    def handle(request: Request) -> Response:
        asked_for.append(request)
        return Response(status=200)

    server = HttpServer(("127.0.0.1", 0), handle)
    server.start()
    connection = connected(server)
    connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhalf")
    connection.shutdown(socket.SHUT_WR)
    assert everything(connection) == b""
    server.stop()
    assert asked_for == []


def test_an_answer_that_nobody_takes_is_not_waited_for() -> None:
    near, far = socket.socketpair()
    with near, far:
        guest = Guest(near, 0.05)
        with pytest.raises(TimeoutError):
            guest.sendall(bytes(1 << 24))
        guest.begin()
        assert far.recv(1)  # room, and time, for another octet or two
        guest.close()


def test_who_waits_for_us_makes_no_room(caplog: pytest.LogCaptureFixture) -> None:
    """A full house of honest guests: newcomers are turned away, and nobody who is served is cut."""
    caplog.set_level(logging.WARNING, "meterkast.https")
    go_on = threading.Event()
    with serving(Bounds(connections=4, seconds=LONG, wait_seconds=0.0), handle=go_on) as server:
        inside = [connected(server) for _ in range(4)]
        for each in inside:
            each.sendall(QUESTION)
        turned_away = 0
        while turned_away < 3:  # at first those inside may still be on their way to us
            turned_away += everything(connected(server)) == b""
        go_on.set()
        answers = [everything(each) for each in inside]
    said = [record.message.split()[0] for record in caplog.records]
    assert said.count("https-too-many-connections") >= 3
    assert sum(answer.endswith(b"hello") for answer in answers) == 4 - said.count("https-house-full")


@pytest.mark.parametrize("secure", [False, True])
def test_idle_sockets_do_not_hold_up_the_end(secure: bool, house: TlsHouse) -> None:
    with ExitStack() as held:
        with serving(Bounds(seconds=LONG, stop_seconds=LONG), house if secure else None) as server:
            idle = [held.enter_context(connected(server)) for _ in range(20)]
            if not secure:
                assert asked(server).endswith(b"hello")
            began = time.monotonic()
        assert time.monotonic() - began < LONG / 3
        assert all(everything(each) == b"" for each in idle)


def test_what_is_being_answered_is_answered_before_the_end() -> None:
    go_on, begun = threading.Event(), threading.Event()

    def handle(_request: Request) -> Response:
        begun.set()
        assert go_on.wait(LONG)
        return Response(status=200, body=b"hello")

    server = HttpServer(("127.0.0.1", 0), handle, bounds=Bounds(stop_seconds=LONG))
    server.start()
    connection = connected(server)
    connection.sendall(QUESTION)
    assert begun.wait(LONG)
    threading.Timer(0.05, go_on.set).start()
    server.stop()
    assert everything(connection).endswith(b"hello")


def test_who_is_served_for_ever_does_not_hold_up_the_end() -> None:
    go_on, begun = threading.Event(), threading.Event()

    def handle(_request: Request) -> Response:
        begun.set()
        go_on.wait(LONG)
        return Response(status=200)

    server = HttpServer(("127.0.0.1", 0), handle, bounds=Bounds(stop_seconds=0.05))
    server.start()
    with connected(server) as connection:
        connection.sendall(QUESTION)
        assert begun.wait(LONG)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < LONG / 3
    go_on.set()


def test_what_goes_wrong_in_us_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    def handle(request: Request) -> Response:
        if request.path == "/ours":
            raise LocalError("something-missing", "It is not there.")
        raise RuntimeError

    server = HttpServer(("127.0.0.1", 0), handle)
    server.start()
    for path, cause in (("ours", "something-missing"), ("bug", "RuntimeError")):
        connection = connected(server)
        connection.sendall(QUESTION.replace(b"/ ", f"/{path} ".encode(), 1))
        assert everything(connection).split()[1] == b"500"
        assert caplog.records[-1].message == f"https-answer-failed cause={cause}"
    server.stop()


def test_a_port_in_use() -> None:
    with serving(Bounds()) as server:
        with pytest.raises(LocalError) as caught:
            HttpServer(("127.0.0.1", server.port), lambda _: Response(status=200))
        assert (caught.value.code, caught.value.where) == ("port-unusable", f"127.0.0.1:{server.port}")
