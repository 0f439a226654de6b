"""A gateway in production: its keys in a token or sealed by one, from birth to the end of an old key."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.test_console_cli import meterkast
from gateway.gateway_house import DAY, NOW, TITLE, HeadEnd, found_site, living_in, make_module
from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.gateway.enrol import PURPOSES
from meterkast.gateway.est import certification_request
from meterkast.model.deployment import Profile
from meterkast.module.server import serve
from meterkast.outside.clock import SharedClock
from meterkast.outside.keystore import KeyKind, Keystore, Pkcs11Keystore, open_keystore
from meterkast.outside.links import Link, tcp
from meterkast.outside.links.tcp import port_of
from meterkast.outside.trust import ANCHORS, DEVELOPMENT, TrustFolder
from meterkast.pki import PKI_NAME, PkiService, PkiSettings
from meterkast.pki.root import Root
from meterkast.pki.ruling import RULES_FILE
from meterkast.pki.site import HEADEND_NAME, Site
from meterkast.protocols.envelope import parse
from meterkast.protocols.x509 import Rules, key_id
from pki.world import OPERATOR, World, found

pytestmark = [pytest.mark.processes, needs_softhsm]

_COMMAND = (sys.executable, "-c", "from meterkast.console.cli import main; main()")
_ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
_PATIENCE = 60
_KEY = bytes(range(7, 39))
_USER_KEY = bytes(range(100, 116))
_TOML = """
title = "{title}"
operator = "{operator}"
trust = "../../trust"
slot-seconds = 1
headend = {{ host = "127.0.0.1", port = {headend}, server-name = "{headend_name}" }}
pki = {{ host = "127.0.0.1", port = {pki}, server-name = "{pki_name}" }}
module = {{ name = "KFM5000000000017", tcp = "127.0.0.1:{module}" }}
gas = {{ name = "MKM12345678", tcp = "127.0.0.1:1" }}
consumer-port = {{ x1 = "127.0.0.1:0" }}
clock = {{ file = "../../clock" }}
"""
SEALED, DIVIDED = 'kind = "sealed"', 'kind = "pkcs11"\nsealed = ["birth", "tls"]'
kinds = pytest.mark.parametrize("kind", [SEALED, DIVIDED], ids=["sealed", "signing in the token"])


@pytest.fixture(autouse=True)
def from_a_ceremony(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roots are made as in a ceremony: nothing in their names says that they are for development."""
    create = Root.create

    def made(keys: Path, *, operator: str, now: datetime, rules: Rules, development: bool) -> Root:
        assert development
        return create(keys, operator=operator, now=now, rules=rules)

    monkeypatch.setattr(Root, "create", made)


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    with token_in(tmp_path / "hsm") as hsm:
        yield hsm


def in_token(hsm: SoftHsm, folder: Path, kind: str) -> Path:
    """A keystore's folder that names the token."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pin = hsm.folder / "gateway.pin"
    pin.write_text(hsm.pin())
    pin.chmod(0o600)
    lines = (f'module = "{hsm.module}"', f'token = "{hsm.label}"', f'pin-file = "{pin}"')
    (folder / "keystore.toml").write_text("\n".join((kind, *lines)))
    return folder


def gateway_folder(world: World) -> Path:
    return world.folder / "gateways" / str(TITLE)


@dataclass
class Town:
    """What a gateway finds outside: PKI and head-end on real TLS, and the module on its wire."""

    folder: Path
    headend: HeadEnd

    @property
    def configuration(self) -> Path:
        return self.folder / "gateway.toml"

    async def says(self, *arguments: object) -> str:
        """What a command prints that must end well."""
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, *map(str, arguments), stdout=PIPE, stderr=PIPE, env={**_ENVIRONMENT, **os.environ}
        )
        said, log = await process.communicate()
        assert process.returncode == 0, log.decode()
        return said.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        """The gateway, in production; at the end it is told to stop and must end well."""
        process = await asyncio.create_subprocess_exec(
            *(*_COMMAND, "gateway", "run", str(self.configuration), "--profile", "production"),
            stderr=PIPE,
            env={**_ENVIRONMENT, **os.environ},
        )
        assert process.stderr is not None
        reading = asyncio.create_task(process.stderr.read())
        try:
            yield process
            process.terminate()
            async with asyncio.timeout(_PATIENCE):
                code = await process.wait()
            assert code == 0, (await reading).decode()
        finally:
            if process.returncode is None:
                process.kill()
            await reading


async def until(true: Callable[[], bool], process: Process) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not true():
            assert process.returncode is None
            await asyncio.sleep(0.05)


@asynccontextmanager
async def town(world: World) -> AsyncIterator[Town]:
    clock = SharedClock.create(world.folder / "clock", NOW)
    module = make_module(pairing_key=_KEY, clock=clock)

    async def answer(link: Link) -> None:
        await serve(module, link, "wrapper")

    modules = await tcp.listen("127.0.0.1", 0, answer)
    pki = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    pki.start()
    folder = gateway_folder(world)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        async with HeadEnd(world.site).listening() as headend:
            (folder / "gateway.toml").write_text(
                _TOML.format(
                    title=TITLE,
                    operator=OPERATOR,
                    headend=headend.port,
                    headend_name=HEADEND_NAME,
                    pki=pki.port,
                    pki_name=PKI_NAME,
                    module=port_of(modules),
                )
            )
            yield Town(folder, headend)
    finally:
        modules.close()
        await asyncio.to_thread(pki.stop)


def require_nothing_in_clear(folder: Path) -> None:
    for path in folder.rglob("*"):
        contents = path.read_bytes() if path.is_file() else b""
        for secret in (b"PRIVATE KEY", _KEY, _USER_KEY):
            assert secret not in contents, path


@kinds
async def test_from_birth_to_the_first_envelope(hsm: SoftHsm, tmp_path: Path, kind: str) -> None:
    world = found(tmp_path / "site")
    folder = in_token(hsm, gateway_folder(world) / "keystore", kind)
    in_token(hsm, gateway_folder(world) / "x1", SEALED)
    for name, octets in (("pairing.key", _KEY), ("user.key", _USER_KEY)):
        (tmp_path / name).write_bytes(octets)
    async with town(world) as here:
        await here.says("pki", "equip", TITLE, "--site", world.folder, "--operator", OPERATOR)
        profile = ("--profile", "production")
        pairing = ("module", "pair", here.folder, "--key", tmp_path / "pairing.key", *profile)
        await here.says("gateway", *pairing)
        await here.says("gateway", "gas", "pair", here.folder, "--key", tmp_path / "user.key", *profile)
        told = await here.says("gateway", "enrol", here.configuration, *profile, "--json")
        enrolled = json.loads(told)["certificates"]
        again = await here.says("gateway", "enrol", here.configuration, *profile, "--json")
        assert json.loads(again)["certificates"] == enrolled
        assert set(enrolled) == {"tls", "sig", "enc"}
        async with here.running() as process:
            await until(lambda: bool(here.headend.envelopes), process)
        require_nothing_in_clear(here.folder)
    assert [block.device for payload in here.headend.opened() for block in payload.blocks]
    keystore = open_keystore(folder, Profile.PRODUCTION, world.trust)
    for kept in here.headend.envelopes.values():
        parse(kept[0]).verify(keystore.certificate("sig")[0].public_key())
    in_it = Pkcs11Keystore(hsm.module, hsm.label, hsm.pin, tmp_path / "look").labels()
    assert in_it == ({"sig", "enc"} if kind == DIVIDED else set())


def renewed_once(folder: Path) -> World:
    """Gateways' certificates live for 200 days here, and the site is 340 days old."""
    (folder / "pki").mkdir(parents=True)
    lives = "".join(f"[profiles.{purpose}]\nlife-days = 200\n" for purpose in PURPOSES)
    (folder / "pki" / RULES_FILE).write_text(lives)
    return found(folder, days_ago=340)


def live(world: World, keystore: Keystore) -> None:
    """Its first certificates ended 140 days ago; those after them, 190 days old, are due."""
    authority = world.site.authority
    births = {"": (world.now, authority.issue), "-g2": (world.now + timedelta(days=150), authority.renew)}
    for suffix, (at, ask) in births.items():
        for purpose in PURPOSES:
            label = f"{purpose}{suffix}"
            keystore.generate(label, KeyKind.EC_P256)
            chain = ask(certification_request(keystore, label, TITLE), purpose, TITLE, at)
            keystore.put_certificate(label, chain)


@kinds
async def test_it_renews_and_destroys_what_nobody_needs(hsm: SoftHsm, tmp_path: Path, kind: str) -> None:
    world = renewed_once(tmp_path / "site")
    folder = in_token(hsm, gateway_folder(world) / "keystore", kind)
    in_token(hsm, gateway_folder(world) / "x1", SEALED)
    keystore = world.site.equip(TITLE, world.now)
    keystore.put_secret("pairing", _KEY)
    keystore.put_secret("gas", _USER_KEY)
    live(world, keystore)
    signing = {key_id(keystore.certificate(label)[0]) for label in ("sig", "sig-g2")}
    second = [f"{purpose}-g2" for purpose in PURPOSES]
    third = [f"{purpose}-g3" for purpose in PURPOSES]
    async with town(world) as here, here.running() as process:
        await until(lambda: bool(here.headend.envelopes) and keystore.certified() >= set(third), process)
        await until(lambda: not keystore.certified() & set(PURPOSES), process)
    again = open_keystore(folder, Profile.PRODUCTION)
    assert again.labels() == again.certified() == {"birth", *second, *third}
    in_it = Pkcs11Keystore(hsm.module, hsm.label, hsm.pin, tmp_path / "look").labels()
    assert in_it == ({"sig-g2", "sig-g3", "enc-g2", "enc-g3"} if kind == DIVIDED else set())
    used = {parse(kept[0]).header.signer for kept in here.headend.envelopes.values()}
    assert used <= {*signing, key_id(again.certificate("sig-g3")[0])}


async def test_at_49_without_its_token_it_seals_nothing_and_loses_nothing(
    hsm: SoftHsm, tmp_path: Path
) -> None:
    """The module keeps its days; what is sealed goes out by a key that was opened before."""
    in_token(hsm, tmp_path / "gateways" / str(TITLE) / "keystore", DIVIDED)
    async with living_in(found_site(tmp_path)) as house:
        assert await house.gateway.collect(DAY - timedelta(days=1))
        assert await house.gateway.deliver() == 1
        house.headend.silent = True
        assert await house.gateway.collect(DAY - timedelta(days=2))
        hsm.unplug()
        assert not await house.gateway.collect(DAY)
        house.headend.silent = False
        assert await house.gateway.deliver() == 1
        hsm.plug_in()
        assert await house.gateway.collect(DAY)
        assert await house.gateway.deliver() == 1
    module = house.module.name
    delivered = [
        block.day for payload in house.headend.opened() for block in payload.blocks if block.device == module
    ]
    assert sorted(delivered) == [DAY - timedelta(days=back) for back in (2, 1, 0)]


# What it does not start with


@pytest.fixture
def settled(hsm: SoftHsm, tmp_path: Path) -> Path:
    """The gateway.toml of a gateway that may start, where its folder is not spoiled."""
    site = Site.create(tmp_path / "site", operator=OPERATOR, now=datetime.now(UTC))
    folder = tmp_path / "site" / "gateways" / str(TITLE)
    for name in ("keystore", "x1"):
        in_token(hsm, folder / name, SEALED)
    site.equip(TITLE, datetime.now(UTC)).put_secret("gas", _USER_KEY)
    text = _TOML.format(
        title=TITLE,
        operator=OPERATOR,
        headend=1,
        headend_name=HEADEND_NAME,
        pki=1,
        pki_name=PKI_NAME,
        module=1,
    )
    lines = [line for line in text.splitlines() if not line.startswith(("clock", "module"))]
    (folder / "gateway.toml").write_text("\n".join(lines))
    return folder / "gateway.toml"


def refused(configuration: Path, *arguments: str) -> tuple[int, str, str]:
    code, said, _ = meterkast("gateway", *arguments, "--profile", "production", "--json")
    error = json.loads(said)["error"]
    return code, error["code"], error.get("where") or ""


def run(configuration: Path) -> tuple[int, str, str]:
    return refused(configuration, "run", str(configuration))


def without(*names: str) -> Callable[[Path, SoftHsm], None]:
    def spoil(folder: Path, _: SoftHsm) -> None:
        for name in names:
            (folder / name / "keystore.toml").unlink()

    return spoil


def with_a_known_pin(folder: Path, hsm: SoftHsm) -> None:
    (hsm.folder / "gateway.pin").write_text("123456")


def with_a_known_key(folder: Path, hsm: SoftHsm) -> None:
    open_keystore(folder / "keystore").put_secret("gas", bytes(range(16)))


def with_a_root_for_development(folder: Path, hsm: SoftHsm) -> None:
    trust = TrustFolder(folder.parent.parent / "trust")
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, DEVELOPMENT)])
    key, now = ec.generate_private_key(ec.SECP384R1()), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    trust.publish(ANCHORS, [*trust.anchors(), builder.sign(key, hashes.SHA384())])


def with_x1_in_the_token(folder: Path, hsm: SoftHsm) -> None:
    in_token(hsm, folder / "x1", 'kind = "pkcs11"')


@pytest.mark.parametrize(
    ("spoil", "code", "error", "where"),
    [
        (without("keystore"), 5, "keystore-software-refused", "keystore"),
        (without("x1"), 5, "keystore-software-refused", "x1"),
        (with_a_known_pin, 5, "keystore-pin-default", ""),
        (with_a_known_key, 5, "keystore-secret-default", "gas"),
        (with_a_root_for_development, 5, "trust-root-development", "trust"),
        (with_x1_in_the_token, 2, "keystore-mechanism-missing", ""),
    ],
)
def test_at_45_what_production_does_not_start_with(
    settled: Path,
    hsm: SoftHsm,
    spoil: Callable[[Path, SoftHsm], None],
    code: int,
    error: str,
    where: str,
) -> None:
    spoil(settled.parent, hsm)
    found_code, found_error, found_where = run(settled)
    assert (found_code, found_error) == (code, error)
    assert found_where.endswith(where)


def test_at_45_nothing_is_made_in_plain_files_either(settled: Path, tmp_path: Path) -> None:
    """The commands for people hold to the profile as well."""
    folder = settled.parent
    without("keystore")(folder, None)  # type: ignore[arg-type]
    before = sorted(path.name for path in (folder / "keystore").iterdir())
    (tmp_path / "key").write_bytes(_KEY)
    for arguments in (
        ("enrol", str(settled)),
        ("module", "pair", str(folder), "--key", str(tmp_path / "key")),
        ("gas", "pair", str(folder), "--key", str(tmp_path / "key")),
    ):
        if arguments[0] == "gas":
            (tmp_path / "key").write_bytes(_USER_KEY)
        assert refused(settled, *arguments)[:2] == (5, "keystore-software-refused")
    assert sorted(path.name for path in (folder / "keystore").iterdir()) == before


@pytest.mark.parametrize(
    ("octets", "code", "error"),
    [
        (_KEY[:31], 3, "device-key-length"),
        (_KEY.hex().encode(), 3, "device-key-length"),
        (bytes(32), 5, "keystore-secret-default"),
    ],
)
def test_a_pairing_key_is_looked_at(
    settled: Path, tmp_path: Path, octets: bytes, code: int, error: str
) -> None:
    (tmp_path / "key").write_bytes(octets)
    arguments = ("module", "pair", str(settled.parent), "--key", str(tmp_path / "key"))
    assert refused(settled, *arguments)[:2] == (code, error)
    assert open_keystore(settled.parent / "keystore").secrets() == {"gas"}


def test_enrolment_wants_to_know_where(settled: Path) -> None:
    lines = [line for line in settled.read_text().splitlines() if not line.startswith("pki")]
    settled.write_text("\n".join(lines))
    assert refused(settled, "enrol", str(settled))[:2] == (3, "gateway-pki-missing")
