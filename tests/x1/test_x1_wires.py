"""The wires into the house: pairing, unpairing, and all that somebody in its network might try."""

import asyncio
import select
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from meterkast.console.household import HouseholdClient
from meterkast.gateway.consumer_port.consent import TRIES, WINDOW_SECONDS, Consent
from meterkast.model.errors import DataError, LocalError, TrustError, UnreachableError
from meterkast.outside.keystore import KeyKind, SoftwareKeystore, pinned
from meterkast.outside.keystore.pinned import newcomer_context, own_certificate, pinned_context
from meterkast.outside.links.audience import Audience, Bounds
from meterkast.protocols.x1.pairing import Application, Invitation, Meeting, code_key
from x1.x1_house import HOST, SHOWING, House, first


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "x1")
    yield house
    await house.close()


@pytest.fixture
def client(tmp_path: Path) -> HouseholdClient:
    return HouseholdClient(tmp_path / "client", timeout=5)


async def test_pair_read_unpair(house: House, client: HouseholdClient) -> None:
    pinned = await house.pair(client, "Home Assistant")
    assert pinned == sha256(house.certificate).hexdigest()
    documents = await asyncio.to_thread(first, client, house.x1, 3)
    assert documents == [SHOWING.document] * 3
    (paired,) = house.consent.paired()
    assert paired.name == "Home Assistant"
    assert house.consent.window() is None

    reading = client.read(HOST, house.x1)
    assert await asyncio.to_thread(next, reading) == SHOWING.document
    house.consent.unpair(paired.fingerprint[:8])
    with pytest.raises(UnreachableError) as ended:
        await asyncio.to_thread(lambda: list(reading))
    assert ended.value.code == "x1-ended"
    with pytest.raises(TrustError) as caught:
        await asyncio.to_thread(first, client, house.x1)
    assert caught.value.code == "x1-not-paired"


async def test_whoever_is_not_paired_gets_nothing(
    house: House, client: HouseholdClient, tmp_path: Path
) -> None:
    await house.pair(client)
    stranger = SoftwareKeystore(tmp_path / "stranger")
    own_certificate(stranger, "household", "stranger")
    known = pinned_context(stranger, "household", [house.certificate], server_side=False)
    for context in (newcomer_context(), known):
        for _ in range(2):
            assert await asyncio.to_thread(_received, context, house.x1) == b""
            house.consent.press_button()  # not even while another one may come
        house.consent.miss()


@contextmanager
def _talking(
    port: int, context: ssl.SSLContext | None = None, timeout: float = 5.0
) -> Iterator[socket.socket]:
    with socket.create_connection((HOST, port), timeout=timeout) as plain:
        if context is None:
            yield plain
        else:
            with context.wrap_socket(plain) as connection:
                yield connection


def _received(context: ssl.SSLContext, port: int) -> bytes:
    """What a client gets that shakes hands and says nothing; an invitation to pair does not count."""
    received = b""
    with suppress(OSError), _talking(port, context, timeout=0.5) as connection:
        while octets := connection.recv(4096):
            received += octets
    return b"" if received.startswith(b'{"profile":"meterkast-x1/0","salt"') else received


async def test_three_wrong_codes_shut_the_window(house: House, client: HouseholdClient) -> None:
    code = house.consent.press_button()
    wrong = ("2" if code[0] != "2" else "3") + code[1:]
    for _ in range(TRIES):
        with pytest.raises(TrustError) as caught:
            await asyncio.to_thread(client.pair, HOST, house.x1, wrong, "guesser")
        assert caught.value.code == "x1-pairing-refused"
    with pytest.raises(TrustError) as caught:
        await asyncio.to_thread(client.pair, HOST, house.x1, code, "too late")
    assert caught.value.code == "x1-window-shut"
    assert house.consent.paired() == []


async def test_a_code_serves_once(house: House, client: HouseholdClient, tmp_path: Path) -> None:
    code = house.consent.press_button()
    await asyncio.to_thread(client.pair, HOST, house.x1, code, "first")
    second = HouseholdClient(tmp_path / "second")
    with pytest.raises(TrustError) as caught:
        await asyncio.to_thread(second.pair, HOST, house.x1, code, "second")
    assert caught.value.code == "x1-window-shut"


def test_the_window_is_two_minutes_and_the_button_starts_another(tmp_path: Path) -> None:
    now = 1000.0
    consent = Consent(tmp_path / "x1", now=lambda: now)
    consent.press_button()
    now += WINDOW_SECONDS - 0.1
    before = consent.window()
    assert before is not None
    consent.press_button()
    after = consent.window()
    assert after is not None
    assert after.key != before.key
    now += WINDOW_SECONDS
    assert consent.window() is None
    now -= 2 * WINDOW_SECONDS  # a clock that was set back opens nothing
    assert consent.window() is None


async def test_somebody_in_between_gets_nowhere(house: House, tmp_path: Path) -> None:
    """He shows his own certificate to the client and passes everything on: both sides see through him."""
    between = SoftwareKeystore(tmp_path / "between")
    own_certificate(between, "x1", "MKG0000000001")
    code = house.consent.press_button()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near, far = await asyncio.open_connection(HOST, house.x1, ssl=newcomer_context(), server_hostname="x")
        with suppress(OSError, ValueError):
            writer.write(await near.readline())
            far.write(await reader.readline())
            writer.write(await near.readline())
        writer.close()
        far.close()

    server = await asyncio.start_server(
        relay, HOST, 0, ssl=pinned_context(between, "x1", [], server_side=True, newcomers=True)
    )
    client = HouseholdClient(tmp_path / "client", timeout=5)
    with pytest.raises(TrustError) as caught:
        await asyncio.to_thread(client.pair, HOST, server.sockets[0].getsockname()[1], code, "victim")
    assert caught.value.code == "x1-pairing-refused"
    assert house.consent.paired() == []
    server.close()


async def test_another_gateway_is_not_believed(house: House, client: HouseholdClient, tmp_path: Path) -> None:
    await house.pair(client)
    impostor = House(tmp_path / "impostor")
    with pytest.raises(TrustError) as caught:
        await asyncio.to_thread(first, client, impostor.x1)
    assert caught.value.code == "x1-gateway-unknown"
    await impostor.close()


async def test_a_certificate_signed_by_a_paired_one_is_another(house: House, tmp_path: Path) -> None:
    """OpenSSL would follow the chain; a pin is a pin."""
    keystore = SoftwareKeystore(tmp_path / "client")
    for label in ("parent", "child"):
        keystore.generate(label, KeyKind.EC_P256)
    own, child = (_issued(keystore, label) for label in ("parent", "child"))
    keystore.put_certificate("child", [child, own])
    house.consent.pair(own.public_bytes(Encoding.DER), "parent")
    context = pinned_context(keystore, "child", [house.certificate], server_side=False)
    assert await asyncio.to_thread(_received, context, house.x1) == b""


def _issued(keystore: SoftwareKeystore, label: str) -> x509.Certificate:
    """A certificate from the hand of the parent, who may sign others."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "parent")]))
        .public_key(keystore.public_key(label))
        .serial_number(5)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=label == "parent", path_length=None), critical=True)
        .sign(keystore.signer("parent"), hashes.SHA256())
    )


@pytest.mark.parametrize("fault", ["not base64", "no certificate", "another curve", "another name"])
async def test_what_cannot_be_paired(house: House, tmp_path: Path, fault: str) -> None:
    """With the right code, but a certificate that is none of the kind, or a proof about something else."""
    keystore = SoftwareKeystore(tmp_path / "client")
    client = own_certificate(keystore, "household", "name")
    if fault == "another curve":
        keystore.generate("p384", KeyKind.EC_P384)
        client = pinned._self_signed(keystore, "p384", "name").public_bytes(Encoding.DER)
    if fault == "no certificate":
        client = client[:-1]
    code = house.consent.press_button()

    def apply() -> bytes:
        with _talking(house.x1, newcomer_context()) as connection:
            salt = Invitation.parse(connection.recv(4096)).salt
            meeting = Meeting(key=code_key(code, salt), gateway=house.certificate, client=client, name="name")
            line = Application.of(meeting).encode()
            if fault == "another name":
                line = line.replace(b'"name":"name"', b'"name":"eman"')
            if fault == "not base64":
                line = line.replace(b'"certificate":"', b'"certificate":"?')
            connection.sendall(line)
            return connection.recv(4096)

    assert await asyncio.to_thread(apply) == b""
    assert house.consent.paired() == []


async def test_every_octet_and_floods_change_nothing(house: House, client: HouseholdClient) -> None:
    """Before the handshake, after it, on the plain stream: what is said is dropped, the others read on."""
    await house.pair(client)
    plain_port = await house.plain()
    reading = client.read(HOST, house.x1)
    await asyncio.to_thread(next, reading)
    before = house.state()
    every = bytes(range(256))
    for octets in (*(bytes((octet,)) for octet in every), every * 4, every * 4096):
        await asyncio.to_thread(_say, house.x1, octets, None, patience=0.1 if len(octets) > 1 else 0.001)
        await asyncio.to_thread(next, reading)
    context = client_context(client, house)
    for octets in (every, every * 4096):
        await asyncio.to_thread(_say, house.x1, octets, context)
        await asyncio.to_thread(_say, plain_port, octets, None)
        await asyncio.to_thread(next, reading)
    assert house.state() == before
    reading.close()  # type: ignore[attr-defined]


def _say(port: int, octets: bytes, context: ssl.SSLContext | None, *, patience: float = 0.1) -> None:
    """Says it, and stays until the gateway hangs up or a moment has passed."""
    with suppress(OSError), _talking(port, context) as connection:
        connection.settimeout(patience)
        connection.sendall(octets)
        connection.recv(1)


def client_context(client: HouseholdClient, house: House) -> ssl.SSLContext:
    return pinned_context(client._keystore, "household", [house.certificate], server_side=False)


async def test_whoever_says_too_much_is_put_out(house: House, client: HouseholdClient) -> None:
    await house.pair(client)

    def talk() -> bool:
        with _talking(house.x1, client_context(client, house)) as connection:
            connection.sendall(bytes(1024))
            for _ in range(20):  # a thousand octets are forgiven
                if not connection.recv(65536):
                    return False
            connection.sendall(b"!")
            with suppress(OSError):
                while connection.recv(65536):
                    pass
            return True

    assert await asyncio.to_thread(talk)


async def test_whoever_does_not_read_is_put_out_and_delays_nobody(
    house: House, client: HouseholdClient
) -> None:
    await house.pair(client)
    stuck = [await asyncio.to_thread(_connected, await house.plain(), None) for _ in range(2)]
    stuck.append(await asyncio.to_thread(_connected, house.x1, client_context(client, house)))
    reading = client.read(HOST, house.x1)
    await asyncio.to_thread(next, reading)
    assert house.port.listeners == 4
    longest = 0.0
    async with asyncio.timeout(60):
        while house.port.listeners > 1:
            began = time.monotonic()
            await house.port.show(SHOWING)
            longest = max(longest, time.monotonic() - began)
            assert await asyncio.to_thread(next, reading) == SHOWING.document
    assert longest < 0.5
    for each in stuck:
        each.close()
    reading.close()  # type: ignore[attr-defined]


def _connected(port: int, context: ssl.SSLContext | None) -> socket.socket:
    """A client that never reads, with as little room as the kernel allows."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect((HOST, port))
    return context.wrap_socket(plain) if context else plain


async def test_the_list_numbereners_is_bounded() -> None:
    audience = Audience(bounds=Bounds(listeners=2, newcomers=2))
    audience.open(HOST, 0)
    assert audience.port is not None
    callers = [socket.create_connection((HOST, audience.port)) for _ in range(6)]
    async with asyncio.timeout(5):
        while audience.size < 2:
            await asyncio.sleep(0.01)
    audience.tell(b"hello")
    heard = await asyncio.gather(*(asyncio.to_thread(_heard, caller) for caller in callers))
    assert sorted(heard) == [b""] * 4 + [b"hello"] * 2
    callers[heard.index(b"hello")].close()
    async with asyncio.timeout(5):
        while audience.size > 1:
            await asyncio.sleep(0.01)
    await audience.close()
    assert audience.size == 0
    for caller in callers:
        caller.close()


def _heard(caller: socket.socket) -> bytes:
    caller.settimeout(2)
    with suppress(OSError):
        return caller.recv(100)
    return b""


async def test_dawdlers_do_not_keep_the_door_shut(tmp_path: Path) -> None:
    """Newcomers that never shake hands are sent away, one too many at once; and then others come in."""
    keystore = SoftwareKeystore(tmp_path)
    own_certificate(keystore, "x1", "x")
    audience = Audience(
        context=lambda: pinned_context(keystore, "x1", [], server_side=True, newcomers=True),
        bounds=Bounds(newcomers=2, newcomer_seconds=1.0),
    )
    audience.open(HOST, 0)
    assert audience.port is not None
    began = time.monotonic()
    dawdlers = [socket.create_connection((HOST, audience.port)) for _ in range(3)]
    assert await asyncio.to_thread(_first_gone, dawdlers) == 1
    assert time.monotonic() - began < 0.9
    heard = await asyncio.gather(*(asyncio.to_thread(_heard, each) for each in dawdlers))
    assert heard == [b""] * 3

    def come() -> None:
        with socket.create_connection((HOST, audience.port or 0), timeout=5) as plain:
            newcomer_context().wrap_socket(plain).close()

    await asyncio.to_thread(come)
    await audience.close()


def _first_gone(callers: list[socket.socket]) -> int:
    """How many are hung up on first."""
    return len(select.select(callers, [], [], 2)[0])


async def test_plain_p1_is_off_until_switched_on_and_off_again(house: House) -> None:
    async with asyncio.timeout(5):
        while house.shown < 3:
            await asyncio.sleep(0.01)
    assert house.port.p1 is None
    port = await house.plain()
    reader, writer = await asyncio.open_connection(HOST, port)
    assert await reader.readexactly(len(SHOWING.telegram)) == SHOWING.telegram
    house.consent.switch_plain(on=False)
    with suppress(OSError):
        while await reader.read(65536):
            pass
    assert house.port.p1 is None
    writer.close()


def test_consent_that_was_tampered_with_is_said(tmp_path: Path) -> None:
    consent = Consent(tmp_path / "x1")
    consent.pair(b"certificate", "name")
    with pytest.raises(LocalError) as unknown:
        consent.unpair("zz")
    assert unknown.value.code == "x1-client-unknown"
    (path,) = (tmp_path / "x1").glob("*.client.json")
    path.write_text("{}")
    with pytest.raises(DataError) as caught:
        consent.paired()
    assert caught.value.code == "x1-consent-malformed"


def test_no_more_clients_than_agreed(tmp_path: Path) -> None:
    consent = Consent(tmp_path / "x1")
    for number in range(16):
        consent.pair(bytes((number,)), f"client {number}")
    with pytest.raises(LocalError) as caught:
        consent.press_button()
    assert caught.value.code == "x1-clients-full"
