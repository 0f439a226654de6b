"""Killed in the middle of founding, admitting or rolling: the same command goes on where it stopped."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import PkiService, PkiSettings, Site
from meterkast.pki.authority import Authority
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509.generation import generations

STEPS: tuple[tuple[type, str], ...] = (
    (SoftwareKeystore, "generate"),
    (SoftwareKeystore, "put_certificate"),
    (TrustFolder, "publish"),
)
"""What a command leaves behind, thing by thing."""


class Killed(BaseException):
    """Nobody catches it, as nobody catches SIGKILL."""


class Scythe:
    """Kills before the n-th thing that is left behind."""

    def __init__(self, patch: pytest.MonkeyPatch, count: int) -> None:
        self.left = count
        for kind, name in STEPS:
            patch.setattr(kind, name, self._mown(getattr(kind, name)))

    def _mown(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def do(*given: Any, **named: Any) -> Any:  # noqa: ANN401 — any deed
            if self.left == 0:
                raise Killed
            self.left -= 1
            return deed(*given, **named)

        return do


def steps(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]) -> int:
    """How many things a deed leaves behind."""
    with monkeypatch.context() as patch:
        scythe = Scythe(patch, 10_000)
        deed()
        return 10_000 - scythe.left


def killed(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object], count: int) -> None:
    with monkeypatch.context() as patch:
        Scythe(patch, count)
        with pytest.raises(Killed):
            deed()


def create(folder: Path) -> Site:
    return Site.create(folder, operator="stadsnet", now=datetime.now(UTC))


def at_work(folder: Path) -> None:
    """The service starts, and every operator's lists are out."""
    PkiService(PkiSettings(folder=folder / "pki", trust=folder / "trust"))
    for authority in Tenants(folder / "pki", TrustFolder(folder / "trust")).all():
        assert authority.unpublished() == []
        assert len(authority.issuing(datetime.now(UTC))) >= 4


def typed(*words: str) -> tuple[int, Any]:
    done = CliRunner().invoke(app, ["pki", *words, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_founding_goes_on_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = steps(monkeypatch, lambda: create(tmp_path / "whole"))
    assert total > 30
    for count in range(total):
        folder = tmp_path / str(count)
        killed(monkeypatch, partial(create, folder), count)
        code, answer = typed("create", "--site", str(folder))
        assert (code, answer["operator"]) == (0, "stadsnet")
        at_work(folder)
        authority = Authority(folder / "pki", TrustFolder(folder / "trust"))
        (root,) = authority.trust.anchors()
        assert answer["root_sha256"] == root.fingerprint(SHA256()).hex()
        assert len(authority.issuing(datetime.now(UTC))) == 4
        code, answer = typed("create", "--site", str(folder))
        assert (code, answer["error"]["code"]) == (2, "pki-founded-already")
        assert "pki status" in answer["error"]["hint"]


def test_it_goes_on_for_the_same_operator_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(monkeypatch, lambda: create(tmp_path), 6)
    assert typed("create", "--operator", "enexis", "--site", str(tmp_path))[0] == 2


def test_an_operator_joins_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = create(tmp_path)
    total = steps(monkeypatch, lambda: site.admit("Whole", datetime.now(UTC)))
    for count in range(total):
        name = f"Number {count}"
        killed(monkeypatch, partial(site.admit, name, datetime.now(UTC)), count)
        Tenants(tmp_path / "pki", TrustFolder(tmp_path / "trust"))  # the others are not held up
        assert typed("admit", name, "--site", str(tmp_path))[0] == 0
        assert typed("admit", name, "--site", str(tmp_path))[1]["error"]["code"] == "pki-tenant-taken"
    at_work(tmp_path)


def test_rolling_goes_on_and_makes_one_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "whole"
    create(folder).admit("Enexis", datetime.now(UTC))
    total = steps(monkeypatch, lambda: typed("roll", "--site", str(folder)))
    for count in (*range(12), total - 1):
        folder = tmp_path / str(count)
        create(folder).admit("Enexis", datetime.now(UTC))
        killed(monkeypatch, partial(typed, "roll", "--site", str(folder)), count)
        assert typed("roll", "--site", str(folder))[0] == 0
        roots = SoftwareKeystore(folder / "pki" / "root")
        made = generations(roots.certified(), "root")
        assert len(made) == 2 + (count == total - 1)  # where all was done but a list, it is another roll
        assert all(len(roots.certificate(name)) >= 2 for name in made)
        at_work(folder)
