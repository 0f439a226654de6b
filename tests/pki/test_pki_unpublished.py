"""Revoked and not published: whoever revokes is told, and gives the command again (RQ-07)."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.model.errors import TrustError, UnreachableError
from meterkast.pki.authority import Authority
from meterkast.protocols.x509 import Purpose, validate
from pki.world import TITLE, World

Deed = Callable[[Authority, World], object]


def serial(world: World) -> int:
    return world.site.authority.issued(str(TITLE))[1].certificate.serial_number


def revoke(authority: Authority, world: World) -> None:
    authority.revoke(serial(world), world.now)


def release(authority: Authority, world: World) -> None:
    authority.release(TITLE, world.now)


def decommission(authority: Authority, world: World) -> None:
    authority.decommission(TITLE, world.now)


def judged(world: World) -> str:
    trust, certificate = world.trust, world.site.authority.issued(str(TITLE))[1].certificate
    try:
        validate(certificate, trust.intermediates(), trust.anchors(), trust.crls(), world.now, Purpose.SIG)
    except TrustError as error:
        return error.code
    return "believed"


def lose_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> bytes:
        raise UnreachableError("keystore-token-gone", "The token does not answer.")

    monkeypatch.setattr("meterkast.pki.issuer.Issuer.revocation_list", gone)


@pytest.mark.parametrize("deed", [revoke, release, decommission])
def test_who_revokes_without_a_token_is_told_and_does_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch, deed: Deed
) -> None:
    world.enrolled()
    with monkeypatch.context() as patch:
        lose_the_token(patch)
        for _ in range(2):
            with pytest.raises(UnreachableError) as caught:
                deed(world.site.authority, world)
            assert caught.value.code == "pki-revoked-unpublished"
            assert caught.value.hint
    assert world.site.authority.issued(str(TITLE))[1].revoked_at == world.now
    assert judged(world) == "believed"
    deed(world.site.authority, world)
    assert judged(world) == "certificate-revoked"


def test_killed_between_register_and_list_it_is_published_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.enrolled()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("meterkast.pki.publishing.Publisher.publish", killed)
        with pytest.raises(KeyboardInterrupt):
            revoke(world.site.authority, world)
    assert judged(world) == "believed"
    revoke(world.site.authority, world)
    assert judged(world) == "certificate-revoked"


def test_the_command_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.enrolled()
    words = ["pki", "revoke", f"{serial(world):X}", "--site", str(world.folder), "--json"]
    with monkeypatch.context() as patch:
        lose_the_token(patch)
        done = CliRunner().invoke(app, words)
    assert done.exit_code == 4
    assert json.loads(done.stdout)["error"]["code"] == "pki-revoked-unpublished"
    for _ in range(2):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
    assert judged(world) == "certificate-revoked"
