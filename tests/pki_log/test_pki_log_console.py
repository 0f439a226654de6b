"""``meterkast pki log`` and ``meterkast pki monitor`` as people and programs meet them."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.founding import found
from meterkast.pki.holder import Holder
from meterkast.pki.issuer import Issuer
from meterkast.pki.log import LoggedCertificate, open_log, witness_of
from meterkast.protocols.x509 import RULES, Purpose
from pki_log.watched import TITLE, key, request

ORIGIN = "log.stadsnet.example/certificates"


def meterkast(*arguments: object, given: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments], input=given, prog_name="meterkast")
    return result.exit_code, result.stdout, result.stderr


def document(*arguments: object) -> tuple[int, Any]:
    code, out, _ = meterkast(*arguments, "--json")
    return code, json.loads(out)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A founded site whose log holds what was issued so far."""
    named = ("--operator", "stadsnet", "--log", ORIGIN)
    assert meterkast("pki", "create", "--site", tmp_path / "site", *named)[0] == 0
    return tmp_path / "site"


def authority(site: Path) -> Authority:
    trust = TrustFolder(site / "trust")
    return Authority(site / "pki", trust, witness=witness_of(site / "pki", trust))


def certificate(site: Path) -> Path:
    """A gateway's, issued now and logged."""
    own = authority(site)
    own.expect(TITLE)
    issued = own.issue(request(key()), Purpose.SIG, TITLE, datetime.now(UTC))[0]
    path = site.parent / "gateway.pem"
    path.write_bytes(issued.public_bytes(Encoding.PEM))
    return path


def forge(site: Path) -> None:
    """A second one, by the authority's key and past its register."""
    keystore, rules = SoftwareKeystore(site / "pki" / "issuing"), RULES.authorities["device"]
    issuer = Issuer(keystore, "device", rules, rules=RULES, address="http://pki.meterkast.internal/crl/")
    now = datetime.now(UTC)
    forged = issuer.certify(RULES.profiles[Purpose.SIG], Holder.device(TITLE), key().public_key(), now)
    der = forged.public_bytes(Encoding.DER)
    log = open_log(site / "pki", TrustFolder(site / "trust"))
    log.append([LoggedCertificate.issued(der, operator="stadsnet", now=now)])


def inventory(site: Path, *more: str) -> Path:
    path = site.parent / "inventory.csv"
    holders = (
        "pki.meterkast.internal",
        "headend.meterkast.internal",
        "stadsnet",
        "stadsnet/transparency log",
    )
    path.write_text("holder,released\n" + "".join(f"{each},\n" for each in (*holders, *more)))
    return path


def look(site: Path, *more: object, log: Path | None = None) -> tuple[int, Any]:
    public = log or site / "pki" / "log" / "public"
    options = ("--operator", "stadsnet", "--log", public, "--trust", site / "trust")
    places = ("--inventory", site.parent / "inventory.csv", "--state", site.parent / "monitor.sqlite")
    return document("pki", "monitor", *options, *places, *more)


def test_a_new_log_holds_what_was_issued_before_it(site: Path) -> None:
    code, status = document("pki", "log", "status", "--site", site)
    assert (code, status["origin"], status["waiting"]) == (0, ORIGIN, 0)
    assert status["published"] == 5  # two servers, the operator's two keys, and the log's own
    assert meterkast("pki", "log", "create", "--origin", ORIGIN, "--site", site)[0] == 2


def test_a_certificate_is_proven_and_the_proof_checked_off_line(site: Path) -> None:
    path = certificate(site)
    assert document("pki", "log", "status", "--site", site)[1]["waiting"] == 1
    proof = site.parent / "gateway.tlog-proof"
    code, answer = document("pki", "log", "prove", path, "--out", proof, "--site", site)
    assert (code, answer["error"]["code"]) == (2, "merkle-range")  # not public yet
    assert document("pki", "log", "publish", "--site", site)[1]["size"] == 6
    assert document("pki", "log", "prove", path, "--out", proof, "--site", site)[1]["index"] == 5
    assert proof.read_text().startswith("c2sp.org/tlog-proof@v1\n")
    for way in (("--trust", site / "trust"), ("--key", site / "trust" / "log.pem")):
        code, answer = document("pki", "log", "verify", path, proof, *way)
        assert (code, answer["index"], answer["operator"]) == (0, 5, "stadsnet")
    other = site / "trust" / "operator-enc.pem"
    code, answer = document("pki", "log", "verify", other, proof, "--trust", site / "trust")
    assert (code, answer["error"]["code"]) == (5, "log-proof-foreign")
    code, answer = document("pki", "log", "verify", path, proof)
    assert (code, answer["error"]["code"]) == (2, "log-key-unsaid")
    code, answer = document("pki", "log", "verify", path, proof, "--key", other)
    assert (code, answer["error"]["code"]) == (3, "log-key-malformed")
    code, answer = document("pki", "log", "verify", path, path, "--trust", site / "trust")
    assert (code, answer["error"]["code"]) == (3, "evidence-malformed")
    code, answer = document("pki", "log", "prove", other, "--site", site)
    assert (code, "proof" in answer) == (0, True)


def test_the_monitor_ends_with_1_while_an_alarm_stands(site: Path) -> None:
    inventory(site, str(TITLE))
    certificate(site)
    meterkast("pki", "log", "publish", "--site", site)
    code, watch = look(site)
    assert (code, watch["alarms"], watch["entries"]) == (0, [], 6)
    forge(site)
    meterkast("pki", "log", "publish", "--site", site)
    code, watch = look(site)
    assert (code, [alarm["code"] for alarm in watch["alarms"]]) == (1, ["certificate-second-active"])
    assert look(site)[0] == 1
    code, watch = look(site, "--settle", watch["alarms"][0]["number"])
    assert (code, watch["alarms"]) == (0, [])
    code, answer = look(site, "--settle", 99)
    assert (code, answer["error"]["code"]) == (2, "monitor-alarm-unknown")


def test_the_monitor_holds_the_register_against_the_log(site: Path) -> None:
    inventory(site)
    register = site.parent / "register"
    register.write_text("")
    code, watch = look(site, "--register", register)
    assert (code, {alarm["code"] for alarm in watch["alarms"]}) == (1, {"certificate-not-registered"})
    register.write_text("nothing\n")
    code, answer = look(site, "--register", register)
    assert (code, answer["error"]["code"]) == (3, "monitor-register-malformed")


def test_the_monitor_in_words(site: Path) -> None:
    inventory(site)
    public, state = site / "pki" / "log" / "public", site.parent / "monitor.sqlite"
    options = (
        "--operator",
        "stadsnet",
        "--log",
        public,
        "--trust",
        site / "trust",
        "--gossip",
        site.parent / "gossip",
    )
    more = (
        "--inventory",
        site.parent / "inventory.csv",
        "--state",
        state,
        "--in-use",
        site / "trust" / "log.pem",
    )
    code, out, _ = meterkast("pki", "monitor", *options, *more)
    assert (code, out) == (0, f"{ORIGIN}: 5 new of 5 entries.\n")
    assert (site.parent / "gossip" / "stadsnet.checkpoint").exists()


def test_a_restored_pki_recovers_its_log_from_a_mirror(site: Path) -> None:
    shutil.copytree(site / "pki", site.parent / "backup")
    certificate(site)
    meterkast("pki", "log", "publish", "--site", site)
    shutil.copytree(site / "pki" / "log" / "public", site.parent / "mirror")
    shutil.rmtree(site / "pki")
    shutil.copytree(site.parent / "backup", site / "pki")
    code, answer = document("pki", "log", "status", "--site", site)
    assert (code, answer["error"]["code"]) == (5, "log-behind-published")
    code, answer = document("pki", "log", "recover", "--mirror", site.parent / "mirror", "--site", site)
    assert (code, answer["size"]) == (0, 6)
    assert open_log(site / "pki", TrustFolder(site / "trust")).size == 6


def test_a_site_without_log_says_how_to_get_one(tmp_path: Path) -> None:
    found(tmp_path / "pki", TrustFolder(tmp_path / "trust"), operator="stadsnet", now=datetime.now(UTC))
    code, answer = document("pki", "log", "status", "--site", tmp_path)
    assert (code, answer["error"]["code"]) == (2, "log-missing")
    assert witness_of(tmp_path / "pki", TrustFolder(tmp_path / "trust")) is None
