"""Where lists have ended, a responder is asked; where neither counts, nobody is let in."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import select
from typer.testing import CliRunner

from console.test_console_components import running
from headend.uplink import dial, serving, until
from mdm.one_home import gas_block
from mdm.sealed import SealingGateway, database_of, gateway_of, now
from meterkast.console.cli.app import app
from meterkast.console.exits import Exit
from meterkast.headend import responder as asked
from meterkast.headend.responder import Responder, UnaskedError
from meterkast.headend.server import HeadEndSettings
from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading
from meterkast.outside.https import HttpServer, Request, Response
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.plain_http import HttpAddress
from meterkast.outside.trust import TrustFolder
from meterkast.pki import PkiService, PkiSettings
from meterkast.pki.issuer import Issuer
from meterkast.pki.ocsp import OcspDuty
from meterkast.pki.root import LIST_ADDRESS
from meterkast.pki.site import Site
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import RULES

Answer = Callable[[Request], Response]


class Asked:
    """The PKI's responder behind real HTTP, and how often it was asked."""

    def __init__(self, site: Site) -> None:
        pki = site.folder / "pki"
        tenants = Tenants(pki, site.trust)
        self._duty = OcspDuty(tenants, pki / "register.sqlite", SoftwareKeystore(pki / "ocsp"))
        self._duty.renew(now())
        self.times = 0
        self.answer: Answer = lambda request: self._duty.handle(request, now())
        self._server = HttpServer(("127.0.0.1", 0), self._handle)
        self._server.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/ocsp"

    def stop(self) -> None:
        self._server.stop()

    def _handle(self, request: Request) -> Response:
        self.times += 1
        return self.answer(request)


@pytest.fixture
def responder(site: Site) -> Iterator[Asked]:
    responder = Asked(site)
    yield responder
    responder.stop()


@pytest.fixture
def gateway(site: Site, tmp_path: Path) -> SealingGateway:
    """It has lists of its own, which are current."""
    return replace(gateway_of(site), trust=TrustFolder(shutil.copytree(site.trust.path, tmp_path / "own")))


def settings(site: Site, responder: str | None) -> HeadEndSettings:
    return HeadEndSettings(site=site.folder, responder=responder)


def end_lists(site: Site, name: str = "device") -> None:
    """What the head-end has of this authority are lists of last week."""
    keystore, begin = SoftwareKeystore(site.folder / "pki" / "issuing"), now() - timedelta(days=8)
    if name == "root":
        keystore, begin = SoftwareKeystore(site.folder / "pki" / "root"), now() - timedelta(days=400)
    issuer = Issuer(keystore, name, RULES.authorities[name], rules=RULES, address=LIST_ADDRESS)
    for shard in issuer.shards():
        ended = issuer.revocation_list((), shard=shard, number=1, begin=begin, now=begin)
        site.trust.publish(f"{issuer.list_name(shard)}.crl.pem", [ended])


def lose_lists(site: Site) -> None:
    for path in site.trust.path.glob("device-*.crl.pem"):
        path.unlink()


def refusals(site: Site) -> list[str]:
    with reading(database_of(site.folder)) as connection:
        return list(connection.execute(select(schema.refusal.c.code).order_by(schema.refusal.c.id)).scalars())


async def delivered(site: Site, gateway: SealingGateway, responder: str | None) -> bool:
    """Whether a head-end that starts now takes an envelope."""
    chosen = settings(site, responder)
    async with serving(chosen):
        return await _deliver(gateway, chosen)


async def _deliver(gateway: SealingGateway, chosen: HeadEndSettings, counter: int = 1) -> bool:
    try:
        uplink = await dial(gateway, chosen.endpoint)
        return await uplink.deliver(counter, gateway.envelope(counter, gas_block()))
    except (TrustError, UnreachableError):
        return False


@pytest.mark.parametrize("spoil", [end_lists, lose_lists])
async def test_the_responder_stands_in_for_lists(
    site: Site, gateway: SealingGateway, responder: Asked, spoil: Callable[[Site], None]
) -> None:
    assert await delivered(site, gateway, None)
    spoil(site)
    assert not await delivered(site, gateway, None)
    assert responder.times == 0
    assert await delivered(site, gateway, responder.address)
    assert responder.times == 1


async def test_a_shard_that_is_missing_is_asked_for(
    site: Site, gateway: SealingGateway, responder: Asked
) -> None:
    shard = gateway.certificate("tls").serial_number % 4
    (site.trust.path / f"device-{shard}.crl.pem").unlink()
    assert not await delivered(site, gateway, None)
    assert await delivered(site, gateway, responder.address)


async def test_nobody_is_asked_where_a_list_is_current(
    site: Site, gateway: SealingGateway, responder: Asked
) -> None:
    assert await delivered(site, gateway, responder.address)
    site.authority.revoke(gateway.certificate("tls").serial_number, now())
    assert not await delivered(site, gateway, responder.address)
    assert responder.times == 0


async def test_an_answer_is_kept_for_all_that_come(
    site: Site, gateway: SealingGateway, responder: Asked
) -> None:
    end_lists(site)
    chosen = settings(site, responder.address)
    async with serving(chosen):
        taken = [await _deliver(gateway, chosen, counter) for counter in range(3)]
    assert (taken, responder.times) == ([True] * 3, 1)


async def test_a_revoked_one_stays_out(site: Site, gateway: SealingGateway, responder: Asked) -> None:
    site.authority.revoke(gateway.certificate("tls").serial_number, now())
    end_lists(site)
    assert not await delivered(site, gateway, responder.address)
    assert refusals(site) == ["certificate-revoked"]


async def test_a_list_that_comes_back_goes_before_an_answer(
    site: Site, gateway: SealingGateway, responder: Asked
) -> None:
    end_lists(site)
    chosen = settings(site, responder.address)
    async with serving(chosen):
        uplink = await dial(gateway, chosen.endpoint)
        assert await uplink.deliver(1, gateway.envelope(1, gas_block()))
        site.authority.revoke(gateway.certificate("tls").serial_number, now())
        assert not await uplink.deliver(2, gateway.envelope(2, gas_block()))
    assert refusals(site) == ["certificate-revoked"]


async def test_the_lists_of_the_root_have_no_stand_in(
    site: Site, gateway: SealingGateway, responder: Asked
) -> None:
    end_lists(site, "root")
    end_lists(site)
    assert not await delivered(site, gateway, responder.address)
    assert responder.times == 0


def nothing(_: Request) -> Response:
    return Response(status=503)


def noise(_: Request) -> Response:
    return Response(status=200, body=b"\x30\x03\x0a\x01\x00")


def endless(_: Request) -> Response:
    return Response(status=200, body=bytes(1 << 20))


@pytest.mark.parametrize("answer", [nothing, noise, endless])
async def test_without_an_answer_that_counts_nobody_is_let_in(
    site: Site, gateway: SealingGateway, responder: Asked, answer: Answer
) -> None:
    end_lists(site)
    responder.answer = answer
    assert not await delivered(site, gateway, responder.address)
    assert refusals(site) == ["certificate-revocation-unknown"]


async def test_an_answer_that_was_heard_before_is_not_believed(
    site: Site, gateway: SealingGateway, responder: Asked
) -> None:
    end_lists(site)
    honest, heard = responder.answer, list[Response]()

    def first_ever(request: Request) -> Response:
        heard.append(honest(request))
        return heard[0]

    responder.answer = first_ever
    assert await delivered(site, gateway, responder.address)
    site.authority.revoke(gateway.certificate("tls").serial_number, now())
    end_lists(site)
    assert not await delivered(site, gateway, responder.address)
    assert refusals(site) == ["certificate-revocation-unknown"]


async def test_a_responder_that_is_gone_is_left_alone(
    site: Site, gateway: SealingGateway, responder: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    end_lists(site)
    responder.stop()
    chosen = settings(site, responder.address)
    async with serving(chosen):
        assert [await _deliver(gateway, chosen) for _ in range(2)] == [False, False]
    causes = [line.partition("cause=")[2] for line in caplog.messages if "headend-status-unknown" in line]
    assert causes == ["http-unreachable", "headend-responder-silent"]


async def test_an_answer_ends(
    site: Site, gateway: SealingGateway, responder: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Responder(HttpAddress.parse(responder.address))
    leaf, issuer = gateway.keystore.certificate("tls")[:2]
    with pytest.raises(UnaskedError) as caught:
        line.told(leaf, issuer, now())
    await line.ask(caught.value, now())
    until = line.told(leaf, issuer, now()).until
    assert timedelta(hours=11) < until - now() < timedelta(hours=12)
    with pytest.raises(UnaskedError):
        line.told(leaf, issuer, until)
    monkeypatch.setattr(asked, "_KEPT", 1)
    await line.ask(UnaskedError(gateway.certificate("sig"), issuer), now())
    with pytest.raises(UnaskedError):
        line.told(leaf, issuer, now())


@pytest.mark.processes
async def test_the_command_is_told_whom_to_ask(site: Site, gateway: SealingGateway, responder: Asked) -> None:
    end_lists(site)
    chosen = settings(site, responder.address)
    with running("headend", "run", "--site", str(site.folder), "--responder", responder.address):
        await until(chosen.endpoint.exists, 60)
        assert await _deliver(gateway, chosen)


def test_an_address_that_is_none_stops_the_start(site: Site) -> None:
    words = ["headend", "run", "--site", str(site.folder), "--responder", "https://a.example/ocsp", "--json"]
    done = CliRunner().invoke(app, words)
    assert json.loads(done.stdout)["error"]["code"] == "http-address-malformed"
    assert done.exit_code == Exit.USAGE


async def test_the_pki_itself_is_asked(site: Site, gateway: SealingGateway) -> None:
    """All of it: a PKI at work, lists that have ended, a certificate that is revoked while it is asked."""
    service = PkiService(PkiSettings(folder=site.folder / "pki", trust=site.trust.path))
    service.start()
    try:
        end_lists(site)
        assert await delivered(site, gateway, f"http://127.0.0.1:{service.list_port}/ocsp")
        site.authority.revoke(gateway.certificate("tls").serial_number, datetime.now(UTC))
        end_lists(site)
        assert not await delivered(site, gateway, f"http://127.0.0.1:{service.list_port}/ocsp")
    finally:
        service.stop()
    assert refusals(site) == ["certificate-revoked"]


def test_what_is_to_be_asked_is_a_refusal_in_itself(gateway: SealingGateway) -> None:
    leaf: x509.Certificate = gateway.certificate()
    assert UnaskedError(leaf, leaf).code == "certificate-revocation-unknown"
