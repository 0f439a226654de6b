"""One identity that asks without end is answered no more; the others do not notice (RQ-29)."""

import logging
from base64 import encodebytes
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import TrustError
from meterkast.outside.https import Request, Response
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.pki.est import EstServer
from meterkast.pki.est.pace import Pace
from meterkast.pki.tenants import Tenants
from pki.world import OTHER, TITLE, World, request

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def allowed(pace: Pace, identity: bytes, now: datetime = NOW) -> bool:
    try:
        pace.keep(identity, now)
    except TrustError:
        return False
    return True


def test_so_many_in_a_while_and_then_anew() -> None:
    pace = Pace(3, timedelta(minutes=1))
    assert [allowed(pace, b"a") for _ in range(5)] == [True, True, True, False, False]
    assert allowed(pace, b"b")
    assert not allowed(pace, b"a", NOW + timedelta(seconds=59))
    assert allowed(pace, b"a", NOW + timedelta(seconds=60))
    assert allowed(pace, b"a", NOW - timedelta(days=1))  # a clock that was put back shuts nobody out


def test_it_remembers_only_so_many() -> None:
    pace = Pace(1, timedelta(minutes=1), capacity=2)
    for identity in (b"a", b"b", b"c"):
        assert allowed(pace, identity)
    assert not allowed(pace, b"c")
    assert allowed(pace, b"a")


def test_a_gateway_that_asks_without_end(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "meterkast.pki")
    server = EstServer(Tenants(world.folder / "pki", world.trust), world.manufacturers)

    def ask(keystore: Keystore, minutes: int = 0) -> Response:
        question = Request(
            method="POST",
            path="/.well-known/est/sig/simpleenroll",
            content_type="application/pkcs10",
            body=encodebytes(request(keystore, "sig")),
            peer=keystore.certificate("birth")[0].public_bytes(Encoding.DER),
        )
        return server.handle(question, world.now + timedelta(minutes=minutes))

    mad, calm = (world.site.equip(title, world.now) for title in (TITLE, OTHER))
    for keystore in (mad, calm):
        keystore.generate("sig", KeyKind.EC_P256)
    statuses = [ask(mad).status for _ in range(62)]
    assert statuses == [200] * 60 + [429] * 2
    assert "code=pki-too-often" in caplog.records[-1].message
    assert ask(mad).body == b"refused\n"
    assert ask(calm).status == 200
    assert ask(mad, minutes=10).status == 200
