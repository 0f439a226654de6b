"""From a ceremony to a PKI that issues: its root, authorities with keys in a token, its lists in turn."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ceremony.rehearsed import rehearsed
from keystore.softhsm import MODULE, SoftHsm, needs_softhsm, token_in
from meterkast.console.cli.app import app
from meterkast.model.errors import LocalError, MeterkastError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import Authority
from meterkast.pki.ceremony import Ceremony
from meterkast.pki.ceremony.adoption import adopt
from meterkast.pki.ceremony.reading import read_outcome
from meterkast.pki.ceremony.rehearsal import rehearsed_clock
from meterkast.pki.ceremony.requests import make_requests
from meterkast.protocols.x509 import RULES, Purpose, validate
from pki.world import request

pytestmark = needs_softhsm

NOW = datetime.now(UTC).replace(microsecond=0)
TITLE = SystemTitle.parse("MKG0000000001")


def held(folder: Path, requests: Path) -> Path:
    """A ceremony of yesterday, about these requests."""
    with rehearsed(folder) as rehearsal:
        rehearsal.stage.requests = requests
        rehearsal.stage.clock = rehearsed_clock(NOW - timedelta(days=1))
        Ceremony.begin(rehearsal.stage).hold()
    return folder


def typed(*words: object) -> tuple[int, Any]:
    done = CliRunner().invoke(app, ["pki", *(str(word) for word in words), "--json"])
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    """The token of the issuing authorities; that of the root is the rehearsal's own."""
    with token_in(tmp_path / "hsm") as hsm:
        yield hsm


@pytest.fixture
def soft(tmp_path: Path) -> tuple[SoftwareKeystore, Path]:
    """Authorities whose keys are in files, and a ceremony that has certified them."""
    keystore = SoftwareKeystore(tmp_path / "issuing")
    make_requests(["device", "operator", "update", "ocsp"], keystore, tmp_path / "csr", rules=RULES, now=NOW)
    return keystore, held(tmp_path / "ceremony", tmp_path / "csr")


def test_a_ceremony_becomes_a_pki_that_enrols(hsm: SoftHsm, tmp_path: Path) -> None:
    site, issuing = tmp_path / "site", tmp_path / "site" / "pki" / "issuing"
    issuing.mkdir(parents=True, mode=0o700)
    (tmp_path / "pin").write_text(hsm.pin())
    (tmp_path / "pin").chmod(0o600)
    (issuing / "keystore.toml").write_text(
        f'kind = "pkcs11"\nmodule = "{MODULE}"\ntoken = "{hsm.label}"\npin-file = "{tmp_path / "pin"}"\n'
    )
    code, answer = typed("request", tmp_path / "csr", "--site", site)
    assert (code, len(answer["requests"])) == (0, 4)
    ceremony = held(tmp_path / "ceremony", tmp_path / "csr")

    assert typed("create", "--site", site, "--ceremony", ceremony)[0] == 0
    trust = TrustFolder(site / "trust")
    assert trust.anchors() == [read_outcome(ceremony).root]
    assert not (site / "pki" / "root").exists()
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in issuing.iterdir())

    assert typed("equip", TITLE, "--site", site)[0] == 0
    authority = Authority(site / "pki", trust)
    keystore = SoftwareKeystore(site / "gateways" / str(TITLE) / "keystore")
    for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC):
        keystore.generate(purpose, KeyKind.EC_P256)
        leaf, *chain = authority.issue(request(keystore, purpose), purpose, TITLE, NOW)
        assert validate(leaf, chain, trust.anchors(), trust.crls(), NOW, purpose).title == TITLE
    assert typed("status", "--site", site)[1]["overdue"] == []
    assert (
        typed("create", "--site", site, "--ceremony", ceremony)[1]["error"]["code"] == "pki-founded-already"
    )


def test_the_lists_of_the_root_come_out_one_after_the_other(
    soft: tuple[SoftwareKeystore, Path], tmp_path: Path
) -> None:
    """Four years without the root, and its list was never too old."""
    keystore, ceremony = soft
    trust, outcome = TrustFolder(tmp_path / "trust"), read_outcome(ceremony)
    authority = adopt(outcome, tmp_path / "pki", trust, operator="stadsnet", now=NOW, keystore=keystore)
    seen = []
    for days in range(0, 1370, 10):
        at = NOW + timedelta(days=days)
        authority.publish(at)
        root = trust.crl("root")
        assert root is not None
        assert root.next_update_utc is not None
        assert root.last_update_utc <= at < root.next_update_utc
        seen.append(root)
    assert [each for each, _ in groupby(seen)] == outcome.lists["root"]
    assert len(outcome.lists["root"]) == 4


def refused(ceremony: Path, keystore: SoftwareKeystore, folder: Path, operator: str = "stadsnet") -> str:
    with pytest.raises(MeterkastError) as caught:
        adopt(
            read_outcome(ceremony),
            folder / "pki",
            TrustFolder(folder / "trust"),
            operator=operator,
            now=NOW,
            keystore=keystore,
        )
    assert isinstance(caught.value, LocalError | TrustError)
    return caught.value.code


def test_what_does_not_fit_is_refused_and_nothing_is_founded(
    soft: tuple[SoftwareKeystore, Path], tmp_path: Path
) -> None:
    keystore, ceremony = soft
    pki = tmp_path / "pki"
    pki.mkdir()
    assert refused(ceremony, keystore, tmp_path, operator="Enexis") == "ceremony-operator-other"
    other = SoftwareKeystore(tmp_path / "other")
    assert refused(ceremony, other, tmp_path) == "keystore-label-unknown"
    for label in ("device", "operator", "update", "ocsp"):
        other.generate(label, KeyKind.EC_P384)
    assert refused(ceremony, other, tmp_path) == "ceremony-key-foreign"
    assert not (tmp_path / "trust").exists()
    assert adopt(
        read_outcome(ceremony),
        pki,
        TrustFolder(tmp_path / "trust"),
        operator="stadsnet",
        now=NOW,
        keystore=keystore,
    )


def test_a_ceremony_that_does_not_hold_founds_nothing(
    soft: tuple[SoftwareKeystore, Path], tmp_path: Path
) -> None:
    keystore, ceremony = soft
    device = ceremony / "out" / "device.pem"
    shutil.copy(ceremony / "out" / "operator.pem", device)
    assert refused(ceremony, keystore, tmp_path) == "ceremony-unproven"
    transcript = ceremony / "transcript.jsonl"
    transcript.write_text("".join(transcript.read_text().splitlines(keepends=True)[:-1]))  # not signed
    assert refused(ceremony, keystore, tmp_path) == "ceremony-unproven"
