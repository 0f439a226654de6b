"""A PKI whose log is gone issues nothing (RQ-23): an absent log hides as much as an absent entry."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.model.errors import MeterkastError
from meterkast.outside.trust import TrustFolder
from meterkast.pki.founding import found
from meterkast.pki.log import has_log, open_log, witness_of
from meterkast.pki.service import PkiService, PkiSettings

ORIGIN = "log.stadsnet.example/certificates"


def typed(*words: object) -> tuple[int, Any]:
    done = CliRunner().invoke(app, ["pki", *map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout)


def refusal(*words: object) -> tuple[int, str]:
    code, answer = typed(*words)
    return code, answer["error"]["code"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with a gateway, whose log has been lost."""
    site = tmp_path / "site"
    assert typed("create", "--site", site, "--log", ORIGIN)[0] == 0
    assert typed("equip", "MKG0000000001", "--site", site)[0] == 0
    shutil.rmtree(site / "pki" / "log")
    return site


def lose_checkpoint(site: Path) -> None:
    (site / "trust" / "log.checkpoint").unlink()


def lose_both(site: Path) -> None:
    lose_checkpoint(site)
    (site / "trust" / "log.pem").unlink()


def lose_nothing_more(_site: Path) -> None: ...


@pytest.mark.parametrize("lose", [lose_nothing_more, lose_checkpoint, lose_both])
def test_nothing_is_issued(site: Path, lose: Callable[[Path], None]) -> None:
    """Whichever trace is left: checkpoint and certificate in the trust folder, or the register."""
    lose(site)
    at = ("--site", site)
    assert refusal("issue", "--load-test", 1, *at, "-q") == (5, "log-gone")
    assert refusal("equip", "MKG0000000002", *at) == (5, "log-gone")
    assert refusal("renew", "orders", "--early", *at) == (5, "log-gone")
    assert refusal("log", "publish", *at) == (5, "log-gone")
    assert refusal("status", *at) == (5, "log-gone")
    for ask in (
        lambda: witness_of(site / "pki", TrustFolder(site / "trust")),
        lambda: PkiService(PkiSettings(folder=site / "pki", trust=site / "trust")),
    ):
        with pytest.raises(MeterkastError) as caught:
            ask()
        assert caught.value.code == "log-gone"
        assert "log create --after-loss" in str(caught.value.hint)


def test_what_issues_nothing_is_not_held_up(site: Path) -> None:
    at = ("--site", site)
    certificates = typed("list", "stadsnet", *at)[1]["certificates"]
    assert typed("revoke", certificates[0]["serial"], *at)[0] == 0
    assert typed("publish", *at)[0] == 0
    assert typed("release", "MKG0000000001", *at)[0] == 0


def test_a_log_follows_the_one_that_is_lost(site: Path) -> None:
    """By another name and another key; what the lost one has promised is kept."""
    at, pki, trust = ("--site", site), site / "pki", TrustFolder(site / "trust")
    promised, key = (trust.path / "log.checkpoint").read_bytes(), (trust.path / "log.pem").read_bytes()
    assert typed("admit", "Enexis", *at)[0] == 0
    assert refusal("log", "create", "--origin", "log.example/2", *at) == (5, "log-gone")
    assert refusal("log", "create", "--after-loss", "--origin", ORIGIN, *at) == (2, "log-origin-taken")
    code, answer = typed("log", "create", "--after-loss", "--origin", "log.example/2", *at)
    assert (code, answer["size"]) == (0, 6)  # the five of the site, and the new log's own
    assert [path.read_bytes() for path in trust.path.glob("log-ended-*.checkpoint")] == [promised]
    assert (trust.path / "log.pem").read_bytes() != key
    assert typed("issue", "--load-test", 1, "--operator", "Enexis", *at, "-q")[1]["certificates"] == 3
    assert open_log(pki, trust).size == 9
    assert refusal("log", "create", "--origin", "log.example/3", *at) == (2, "log-there")


def test_a_log_takes_in_what_every_operator_has_issued(site: Path) -> None:
    at = ("--site", site)
    assert typed("log", "create", "--after-loss", "--origin", "log.example/2", *at)[0] == 0
    assert typed("admit", "Enexis", *at)[0] == 0
    backup = site.parent / "log"
    shutil.copytree(site / "pki" / "log", backup)
    checkpoint = (site / "trust" / "log.checkpoint").read_bytes()
    assert typed("issue", "--load-test", 1, "--operator", "Enexis", *at, "-q")[0] == 0
    shutil.rmtree(site / "pki" / "log")
    shutil.copytree(backup, site / "pki" / "log")
    (site / "trust" / "log.checkpoint").write_bytes(checkpoint)
    assert typed("log", "publish", *at)[1]["caught_up"] == 3


def test_a_site_that_never_had_a_log_issues_without(tmp_path: Path) -> None:
    pki, trust = tmp_path / "pki", TrustFolder(tmp_path / "trust")
    found(pki, trust, operator="stadsnet", now=datetime.now(UTC))
    assert not has_log(pki, trust)
    assert typed("issue", "--load-test", 1, "--site", tmp_path, "-q")[0] == 0
