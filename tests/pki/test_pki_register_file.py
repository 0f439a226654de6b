"""The register's file: what SQLite cannot do is somebody's fault, by name; who reads does not wait."""

import sqlite3
from base64 import encodebytes
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import DataError, MeterkastError, UnreachableError
from meterkast.outside.https import Request
from meterkast.outside.keystore import KeyKind
from meterkast.pki import Site, register_file
from meterkast.pki.authority import Authority
from meterkast.pki.est import EstServer
from meterkast.pki.register import Register
from meterkast.pki.tenants import Tenants
from pki.world import OPERATOR, TITLE, World, request


def register_of(world: World) -> Path:
    return world.folder / "pki" / "register.sqlite"


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Somebody else writes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_file, "PATIENCE", 0.01)


def fault(world: World) -> MeterkastError:
    with pytest.raises(MeterkastError) as caught:
        world.site.authority.expect(TITLE)
    return caught.value


@pytest.mark.usefixtures("impatient")
def test_somebody_holds_it(world: World) -> None:
    with held(register_of(world)):
        error = fault(world)
        assert (type(error), error.code) == (UnreachableError, "pki-register-busy")
        assert Register(register_of(world)).tenants() == {OPERATOR: ""}  # who looks does not wait
    world.site.authority.expect(TITLE)


@pytest.mark.usefixtures("impatient")
def test_who_reads_holds_up_nobody(world: World) -> None:
    with closing(sqlite3.connect(register_of(world), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM device").fetchone() == (0,)
        world.site.authority.expect(TITLE)
        assert reader.execute("SELECT COUNT(*) FROM device").fetchone() == (0,)


@pytest.mark.usefixtures("impatient")
def test_at_the_door_that_is_no_fault_of_the_gateway(world: World) -> None:
    keystore = world.site.equip(TITLE, world.now)
    keystore.generate("tls", KeyKind.EC_P256)
    est = EstServer(Tenants(world.folder / "pki", world.trust), world.manufacturers)
    question = Request(
        method="POST",
        path="/.well-known/est/tls/simpleenroll",
        content_type="application/pkcs10",
        body=encodebytes(request(keystore, "tls")),
        peer=keystore.certificate("birth")[0].public_bytes(Encoding.DER),
    )
    with held(register_of(world)):
        assert est.handle(question, world.now).status == 503
    assert est.handle(question, world.now).status == 200


@pytest.mark.parametrize("octets", [b"no register at all" * 100, b""])
def test_it_is_damaged(world: World, octets: bytes) -> None:
    register_of(world).write_bytes(octets)
    with pytest.raises(DataError) as caught:
        Authority(world.folder / "pki", world.trust)
    assert caught.value.code == "pki-register-damaged"
    assert caught.value.hint
    assert register_of(world).read_bytes() == octets


def test_it_is_damaged_in_the_middle(world: World) -> None:
    world.enrolled()
    with register_of(world).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)
    with pytest.raises(DataError) as caught:
        Authority(world.folder / "pki", world.trust).issued(str(TITLE))
    assert caught.value.code == "pki-register-damaged"


def test_it_is_missing_and_nobody_makes_an_empty_one(world: World) -> None:
    register_of(world).unlink()
    for use in (
        partial(Authority, world.folder / "pki", world.trust),
        partial(world.site.authority.expect, TITLE),
        partial(Site.create, world.folder, operator=OPERATOR, now=world.now),
    ):
        with pytest.raises(DataError) as caught:
            use()
        assert caught.value.code == "pki-register-missing"
    assert not register_of(world).exists()


def test_a_founding_that_ended_with_an_empty_file_goes_on(tmp_path: Path) -> None:
    (tmp_path / "register.sqlite").touch()
    assert Register.found(tmp_path / "register.sqlite").tenants() == {}


def test_the_disk_is_full(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = register_file.opened

    def small(path: Path, mode: str) -> sqlite3.Connection:
        database = opened(path, mode)
        database.execute("PRAGMA max_page_count = 1")  # SQLite says the same as for a disk: SQLITE_FULL
        return database

    monkeypatch.setattr(register_file, "opened", small)

    def fill() -> None:
        for number in range(2000):
            with Register(register_of(world)).records(OPERATOR) as records:
                records.crossings.tell("filler" * 100, str(number), world.now)

    with pytest.raises(UnreachableError) as caught:
        fill()
    assert caught.value.code == "pki-register-unwritable"


def test_it_is_of_a_later_version(world: World) -> None:
    with closing(sqlite3.connect(register_of(world))) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError) as caught:
        Register(register_of(world))
    assert caught.value.code == "pki-register-newer"


def test_a_copy_is_whole_while_others_have_it_open(world: World, tmp_path: Path) -> None:
    with closing(sqlite3.connect(register_of(world))) as reader:  # so that what is new stays beside the file
        reader.execute("SELECT 1 FROM tenant").fetchall()
        world.enrolled()
        Register(register_of(world)).copy_to(tmp_path / "copy.sqlite")
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as copy:
        assert copy.execute(
            "SELECT COUNT(*) FROM certificate WHERE holder = ?", (str(TITLE),)
        ).fetchone() == (3,)
    assert [path.name for path in tmp_path.glob("*copy*")] == ["copy.sqlite"]
