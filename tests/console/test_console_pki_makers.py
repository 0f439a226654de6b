"""``meterkast pki maker`` as it is typed: a maker joins, sends a younger list, and births are taken back."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.outside.trust import TrustFolder
from meterkast.pki.birth import Manufacturer


def typed(*words: object) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(app, ["pki", *map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout)


def refusal(*words: object) -> tuple[int, object]:
    code, answer = typed(*words)
    error = answer["error"]
    assert isinstance(error, dict)
    return code, error["code"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    assert typed("create", "--site", tmp_path / "site")[0] == 0
    return tmp_path / "site"


class Maker:
    """A maker somewhere else, and the files that it sends."""

    def __init__(self, folder: Path) -> None:
        self._sent = TrustFolder(folder / "sent")
        self._now = datetime.now(UTC)
        self._maker = Manufacturer.create(folder / "keys", "EVL", known_to=self._sent, now=self._now)
        self.root = folder / "sent" / "anchors.pem"
        self.revocations = folder / "evl.crl"
        self.sends()

    def sends(self, *revoked: int) -> None:
        self._now += timedelta(milliseconds=1)
        found = self._maker.publish(
            self._sent, revoked=[(each, self._now) for each in revoked], now=self._now
        )
        self.revocations.write_bytes(found.public_bytes(Encoding.DER))


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "evl")


def test_a_maker_joins_and_sends_a_younger_list(site: Path, maker: Maker) -> None:
    at = ("--site", site)
    assert refusal("expect", "EVL0000000001", *at) == (2, "pki-maker-unknown")
    assert refusal("maker", "publish", maker.revocations, *at) == (5, "pki-maker-list-foreign")
    code, answer = typed("maker", "add", maker.root, "--list", maker.revocations, *at)
    assert (code, answer["maker"], answer["revoked"]) == (0, "EVL", 0)
    assert typed("expect", "EVL0000000001", *at) == (0, {"expected": ["EVL0000000001"]})
    assert typed("list", *at)[1]["gateways"] == [{"gateway": "EVL0000000001", "operator": "stadsnet"}]
    assert refusal("maker", "publish", maker.revocations, *at) == (3, "pki-maker-list-old")
    maker.sends(7)
    code, answer = typed("maker", "publish", maker.revocations, *at)
    assert code == 0
    code, answer = typed("maker", "list", *at)
    makers = answer["makers"]
    assert isinstance(makers, list)
    assert [(each["maker"], each["revoked"]) for each in makers] == [("MKG", 0), ("EVL", 1)]
    assert typed("maker", "remove", "MKG", *at)[0] == 0
    shutil.rmtree(site / "pki" / "birth")
    for words in (("equip", "MKG0000000001"), ("maker", "publish"), ("maker", "revoke", "MKG0000000001")):
        code, reason = refusal(*words, *at)
        assert (code, reason) == (2, "pki-birth-unknown" if "revoke" in words else "pki-maker-elsewhere")
    assert not (site / "pki" / "birth").exists()
    assert refusal("maker", "remove", "EVL", *at) == (2, "pki-maker-last")


def test_what_is_no_list_and_no_root_is_said_so(site: Path, maker: Maker) -> None:
    at = ("--site", site)
    assert refusal("maker", "publish", maker.root, *at) == (3, "revocation-list-malformed")
    assert refusal("maker", "add", maker.revocations, "--list", maker.revocations, *at) == (
        3,
        "certificate-file-malformed",
    )
    wrong = site / "trust" / "anchors.pem"
    assert refusal("maker", "add", wrong, "--list", maker.revocations, *at) == (3, "pki-maker-unfit")


def test_births_are_revoked_and_stay_so(site: Path, maker: Maker) -> None:
    at = ("--site", site)
    for title in ("MKG0000000001", "MKG0000000002"):
        assert typed("equip", title, *at)[0] == 0
    assert typed("maker", "revoke", "MKG0000000001", *at)[1]["revoked"] == 1
    assert typed("maker", "revoke", "MKG0000000002", *at)[1]["revoked"] == 2
    assert typed("maker", "publish", *at)[0] == 0
    births = [site / "gateways" / f"MKG000000000{number}" / "keystore" / "birth.crt.pem" for number in (1, 2)]
    assert len(TrustFolder(site / "pki" / "manufacturers").crls()[0]) == 2
    assert refusal("maker", "revoke", "MKG0000000003", *at) == (2, "pki-birth-unknown")
    foreign = refusal("maker", "revoke", "MKG0000000003", "--birth", births[0], *at)
    assert foreign == (3, "pki-birth-foreign")
    assert refusal("equip", "EVL0000000001", *at) == (2, "pki-maker-foreign")


def test_a_maker_without_a_list_for_today_is_told(site: Path) -> None:
    (site / "pki" / "manufacturers" / "mkg.crl.pem").unlink()
    code, answer = typed("maker", "list", "--site", site)
    makers = answer["makers"]
    assert isinstance(makers, list)
    assert (code, makers[0]["list_until"]) == (1, None)
    assert typed("maker", "publish", "--site", site)[0] == 0
    assert typed("maker", "list", "--site", site)[0] == 0
