"""X1 with a key that stands on no disk in clear: sealed by a token, as production wants it."""

import asyncio
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.console.household import HouseholdClient
from meterkast.gateway.consumer_port.port import ConsumerPort
from meterkast.model.deployment import Profile
from meterkast.model.errors import MeterkastError
from meterkast.outside.keystore import open_keystore
from meterkast.outside.keystore.pinned import own_certificate
from x1.x1_house import ANYWHERE, SHOWING, TITLE, House, first

pytestmark = needs_softhsm


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    with token_in(tmp_path / "hsm") as hsm:
        yield hsm


@pytest.fixture
def folder(hsm: SoftHsm, tmp_path: Path) -> Path:
    (tmp_path / "pin").write_text(hsm.pin())
    (tmp_path / "pin").chmod(0o600)
    folder = tmp_path / "x1"
    folder.mkdir(mode=0o700)
    lines = ('kind = "sealed"', f'module = "{hsm.module}"', f'token = "{hsm.label}"', 'pin-file = "../pin"')
    (folder / "keystore.toml").write_text("\n".join(lines))
    return folder


async def test_a_client_pairs_and_reads(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent = tmp_path / "lent"
    lent.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(lent))
    house = House(folder)
    try:
        client = HouseholdClient(tmp_path / "client")
        await house.pair(client)
        assert await asyncio.to_thread(first, client, house.x1) == [SHOWING.document]
    finally:
        await house.close()
    assert not any(b"PRIVATE KEY" in octets for octets in house.state().values())
    assert {"x1.key.pem.sealed", "x1.crt.pem"} <= house.state().keys()
    assert list(lent.iterdir()) == []


def test_the_key_survives_a_restart(folder: Path) -> None:
    async def shown() -> bytes:
        house = House(folder)
        await house.close()
        return house.state()["x1.crt.pem"]

    assert asyncio.run(shown()) == asyncio.run(shown())


def test_what_openssl_is_handed_does_not_open_afterwards(folder: Path) -> None:
    """Python's own ``ssl`` takes keys from files alone; a disk may keep what was in one."""
    handed = []

    class Watched(ssl.SSLContext):
        def load_cert_chain(self, certfile: Any, keyfile: Any = None, password: Any = None) -> None:  # noqa: ANN401
            handed.append(Path(certfile).read_bytes())
            super().load_cert_chain(certfile, keyfile, password)

    keystore = open_keystore(folder, Profile.PRODUCTION)
    own_certificate(keystore, "x1", "a gateway")
    keystore.lend("x1", Watched(ssl.PROTOCOL_TLS_SERVER))
    (contents,) = handed
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in contents
    assert b"BEGIN PRIVATE KEY" not in contents


@pytest.mark.parametrize(
    ("kind", "code"), [("pkcs11", "keystore-mechanism-missing"), ("software", "keystore-software-refused")]
)
async def test_the_port_stays_shut_without_a_key_that_it_may_use(folder: Path, kind: str, code: str) -> None:
    text = (folder / "keystore.toml").read_text().replace("sealed", kind)
    (folder / "keystore.toml").write_text(text if kind == "pkcs11" else 'kind = "software"')
    port = ConsumerPort(TITLE, folder, profile=Profile.PRODUCTION)
    with pytest.raises(MeterkastError) as caught:
        port.open(ANYWHERE, ANYWHERE)
    assert caught.value.code == code
    assert port.x1 is None
