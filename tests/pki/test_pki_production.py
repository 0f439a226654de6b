"""The PKI in production: no key of it in a plain file, the log's and the maker's neither (RQ-25, AT-45)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.console.cli.app import app
from meterkast.model.deployment import Profile
from meterkast.model.errors import TrustError
from meterkast.outside.keystore.opening import SETTINGS
from meterkast.pki.service import PkiService, PkiSettings
from pki.world import World, found

pytestmark = needs_softhsm

TOKEN = ("issuing", "log/keystore", "birth")
SEALED = ("tls", "ocsp")


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    with token_in(tmp_path / "hsm") as hsm:
        pin = tmp_path / "pin"
        pin.write_text(hsm.pin())
        pin.chmod(0o600)
        yield hsm


@pytest.fixture
def world(hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A PKI whose keys are all in the token, under a root that is not for development."""
    for kind, names in (("pkcs11", TOKEN), ("sealed", SEALED)):
        for name in names:
            folder = tmp_path / "site" / "pki" / name
            folder.mkdir(mode=0o700, parents=True)
            (folder / SETTINGS).write_text(
                f'kind = "{kind}"\nmodule = "{hsm.module}"\ntoken = "{hsm.label}"\n'
                f'pin-file = "{tmp_path / "pin"}"\n'
            )
    monkeypatch.setattr("meterkast.pki.root.DEVELOPMENT", None)
    return found(tmp_path / "site")


def serve(world: World) -> PkiService:
    settings = PkiSettings(folder=world.folder / "pki", trust=world.trust.path, profile=Profile.PRODUCTION)
    return PkiService(settings)


def typed(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["pki", *map(str, words), "--profile", "production", "--json"])
    return done.exit_code, done.stdout


def test_it_starts_where_every_key_is_in_the_token(world: World) -> None:
    service = serve(world)
    service.start()
    service.stop()
    for name in (*TOKEN, *SEALED):
        files = (world.folder / "pki" / name).iterdir()
        assert not any(b"PRIVATE KEY" in each.read_bytes() for each in files if each.is_file())
    at = ("--site", world.folder)
    equipped = typed("equip", "MKG0000000001", *at)
    assert equipped[0] == 0, equipped
    for words in (
        ("issue", "--load-test", 1, "-q"),
        ("release", "MKG0000000001"),
        ("maker", "revoke", "MKG0000000001"),
        ("maker", "publish"),
        ("publish",),
        ("log", "publish"),
    ):
        code, said = typed(*words, *at)
        assert code == 0, said


@pytest.mark.parametrize("name", [*TOKEN, *SEALED])
def test_it_does_not_start_with_one_key_in_a_plain_file(world: World, name: str) -> None:
    """As it would be had nobody said where that key is to be made."""
    (world.folder / "pki" / name / SETTINGS).unlink()
    with pytest.raises(TrustError) as caught:
        serve(world)
    assert caught.value.code == "keystore-software-refused"
    assert str(caught.value.where).endswith(name)


@pytest.mark.parametrize(
    "words",
    [
        ("issue", "--load-test", 1, "-q"),
        ("revoke", "12"),
        ("release", "MKG0000000001"),
        ("equip", "MKG0000000001"),
        ("publish",),
        ("admit", "Enexis"),
        ("roll",),
        ("root-list",),
        ("retire", "--newest", 1),
        ("renew",),
        ("maker", "publish"),
        ("log", "publish"),
        ("log", "create", "--origin", "log.example", "--after-loss"),
    ],
)
def test_who_signs_refuses_plain_files_in_production(tmp_path: Path, words: tuple[object, ...]) -> None:
    """The root of a PKI in files has its keys in files too."""
    found(tmp_path)
    if "--after-loss" in words:
        (tmp_path / "pki" / "log").rename(tmp_path / "lost")
    code, said = typed(*words, "--site", tmp_path)
    assert code == 5, said
    assert "keystore-software-refused" in said
