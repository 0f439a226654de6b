"""Operators that joined are run by the same commands as the founder, told apart by ``--operator``."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.tenants import trust_folders
from meterkast.protocols.x509 import Purpose
from pki.world import OTHER, request

ENEXIS = ("--operator", "Enexis")


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
    """Founded by an operator that is not called as ours in the examples is; another one has joined."""
    assert typed("create", "--operator", "Alliander", "--site", tmp_path)[0] == 0
    assert typed("admit", "Enexis", "--site", tmp_path)[0] == 0
    return tmp_path


def folders(site: Path) -> list[TrustFolder]:
    return list(trust_folders(site / "pki", TrustFolder(site / "trust")).values())


def enrolled(site: Path) -> str:
    """The serial number of a certificate of Enexis' gateway."""
    theirs = folders(site)[1]
    authority, keystore = (
        Authority(site / "pki", theirs, operator="Enexis"),
        SoftwareKeystore(site / "device"),
    )
    keystore.generate("sig", KeyKind.EC_P256)
    chain = authority.issue(request(keystore, "sig"), Purpose.SIG, OTHER, datetime.now(UTC))
    return f"{chain[0].serial_number:X}"


def test_gateways_of_an_operator_that_joined(site: Path) -> None:
    at = ("--site", site)
    assert typed("equip", "MKG0000000001", *at)[0] == 0
    assert typed("equip", OTHER, *ENEXIS, *at)[0] == 0
    serial = enrolled(site)
    assert typed("list", *at)[1]["gateways"] == [{"gateway": "MKG0000000001", "operator": "Alliander"}]
    assert typed("list", *ENEXIS, *at)[1]["gateways"] == [{"gateway": str(OTHER), "operator": "Enexis"}]
    certificates = typed("list", OTHER, *ENEXIS, *at)[1]["certificates"]
    assert isinstance(certificates, list)
    assert [each["serial"] for each in certificates] == [serial]
    assert refusal("revoke", serial, *at) == (2, "pki-serial-unknown")
    assert typed("revoke", serial, *ENEXIS, *at)[0] == 0
    assert sum(len(each) for each in folders(site)[1].crls()) == 1
    assert sum(len(each) for each in folders(site)[0].crls()) == 0
    assert refusal("release", OTHER, *at) == (2, "pki-device-unknown")
    assert typed("release", OTHER, *ENEXIS, *at)[0] == 0
    assert typed("issue", "--load-test", 2, *ENEXIS, *at, "-q")[1]["certificates"] == 6
    assert typed("status", *ENEXIS, *at)[1]["operator"] == "Enexis"
    assert refusal("list", "--operator", "Nobody", *at) == (2, "pki-tenant-unknown")


def test_the_roots_lists_are_signed_anew_for_every_operator(site: Path) -> None:
    before = [folder.crl("root") for folder in folders(site)]
    code, answer = typed("root-list", "--site", site)
    told = answer["lists"]
    assert isinstance(told, list)
    assert (code, len(told)) == (0, 1)
    for folder, earlier in zip(folders(site), before, strict=True):
        fresh = folder.crl("root")
        assert fresh is not None
        assert earlier is not None
        assert fresh.last_update_utc >= earlier.last_update_utc
        assert fresh != earlier
        assert len(folder.anchors()) == 1


def test_a_root_is_rolled_and_retired_for_every_operator(site: Path) -> None:
    at = ("--site", site)
    assert typed("roll", *at) == (0, {"roots": 2, "renewed": ["Alliander", "Enexis"]})
    for folder in folders(site):
        assert len(folder.anchors()) == 2
        assert len(folder.intermediates()) == 8
        assert {f"root{number}.crl.pem" for number in ("", "-g2")} <= {
            path.name for path in folder.crl_files()
        }
    assert CliRunner().invoke(app, ["pki", "retire", "--site", str(site)]).exit_code == 2
    assert typed("root-list", *at)[0] == 0
    assert [len(folder.anchors()) for folder in folders(site)] == [2, 2]
    assert typed("retire", "--newest", 1, *at) == (0, {"roots": 1})
    assert [len(folder.anchors()) for folder in folders(site)] == [1, 1]


def test_the_authorities_of_one_operator_are_renewed(site: Path) -> None:
    assert typed("roll", *ENEXIS, "--site", site) == (0, {"roots": 1, "renewed": ["Enexis"]})
    assert [len(folder.intermediates()) for folder in folders(site)] == [4, 8]
    authority = Authority(site / "pki", folders(site)[1], operator="Enexis")
    assert "device-g2" in authority.issuing(datetime.now(UTC) + timedelta(days=1))


@pytest.mark.parametrize("name", ["", "x" * 65, " Enexis", "En\nexis"])
def test_what_is_no_name_is_refused(site: Path, tmp_path: Path, name: str) -> None:
    fresh = ("--site", tmp_path / "fresh")
    assert refusal("create", "--operator", name, *fresh) == (3, "operator-name-malformed")
    assert not (tmp_path / "fresh").exists()
    assert refusal("admit", name, "--site", site) == (3, "operator-name-malformed")
    assert refusal("request", tmp_path / "wishes", "--operator", name, "--site", site) == (
        3,
        "operator-name-malformed",
    )
    assert refusal("ceremony", "--rehearse", "--operator", name) == (3, "operator-name-malformed")
    assert [folder.path.exists() for folder in folders(site)] == [True, True]


def test_a_name_may_be_as_long_as_a_certificate_holds(site: Path) -> None:
    assert typed("admit", "x" * 64, "--site", site)[0] == 0
