"""HTTP over the same TLS: hybrid among our own, and what a foreign client can, where the policy lets it."""

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from meterkast.model.errors import TrustError
from meterkast.outside.https import HttpServer, Request, Response, fetch
from meterkast.outside.tls import HYBRID_ONLY, TlsPolicy
from outside.test_tls_attacks import foreign_client
from outside.tls_house import CLASSICAL_TOO, NAME, TlsHouse

QUESTION = Request(method="POST", path="/echo", content_type="text/plain", body=bytes(60_000))


@contextmanager
def serving(house: TlsHouse, policy: TlsPolicy = HYBRID_ONLY) -> Iterator[tuple[int, list[Request]]]:
    asked: list[Request] = []

    def handle(request: Request) -> Response:
        asked.append(request)
        return Response(status=200, body=request.body)

    server = HttpServer(("127.0.0.1", 0), handle, context=house.server(policy))
    server.start()
    try:
        yield server.port, asked
    finally:
        server.stop()


def test_our_own_meet_hybrid_and_the_group_is_known(house: TlsHouse) -> None:
    with serving(house) as (port, asked):
        answer = fetch(("127.0.0.1", port), QUESTION, context=house.client(), server_name=NAME)
    assert (answer.status, answer.body) == (200, QUESTION.body)
    assert asked[0].group == "X25519MLKEM768"
    assert asked[0].peer is not None
    assert asked[0].body == QUESTION.body


def ask_as_foreigner(house: TlsHouse, port: int) -> bytes:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        foreign_client(house).wrap_socket(plain, server_hostname=NAME) as wrapped,
    ):
        wrapped.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with wrapped.makefile("rb") as answer:
            return answer.readline()


def test_at_47_a_classical_client(house: TlsHouse, caplog: pytest.LogCaptureFixture) -> None:
    with serving(house, CLASSICAL_TOO) as (port, asked):
        assert ask_as_foreigner(house, port).split()[1] == b"200"  # control
        assert asked[0].group == "secp256r1"
    with (
        caplog.at_level(logging.WARNING, "meterkast"),
        serving(house, HYBRID_ONLY) as (port, asked),
        pytest.raises(ssl.SSLError),
    ):
        ask_as_foreigner(house, port)
    assert asked == []
    assert [r.message.split()[0] for r in caplog.records if r.name == "meterkast.tls"] == [
        "tls-group-classical"
    ]


def test_a_revoked_client_hears_that_it_was_refused(house: TlsHouse) -> None:
    """With TLS 1.3 the client has shaken hands, and asked, when the server looks at its certificate."""
    with serving(house) as (port, asked):
        fetch(("127.0.0.1", port), QUESTION, context=house.client(), server_name=NAME)
        house.revoke("client")
        for _ in range(20):
            with pytest.raises(TrustError) as caught:
                fetch(("127.0.0.1", port), QUESTION, context=house.client(), server_name=NAME)
            assert caught.value.code == "https-tls-refused"
    assert len(asked) == 1
