"""``meterkast pki`` as it is typed: operators that join, roots that follow, the fleet counted."""

import json
from pathlib import Path
from typing import cast

from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.outside.trust import TrustFolder

RUN = CliRunner()


def typed(*words: str) -> tuple[int, str]:
    done = RUN.invoke(app, ["pki", *words])
    return done.exit_code, done.stdout


def document(*words: str) -> dict[str, object]:
    code, out = typed(*words, "--json")
    assert code == 0, out
    found: dict[str, object] = json.loads(out)
    return found


def founded(folder: Path) -> tuple[str, str]:
    assert typed("create", "--site", str(folder))[0] == 0
    return "--site", str(folder)


def test_an_operator_joins_and_joins_once(tmp_path: Path) -> None:
    site = founded(tmp_path)
    answer = document("admit", "Enexis", *site)
    assert answer["operator"] == "Enexis"
    assert len(TrustFolder(Path(str(answer["trust"]))).intermediates()) == 4
    code, out = typed("admit", "Enexis", *site, "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "pki-tenant-taken"


def test_a_root_follows_another(tmp_path: Path) -> None:
    site = founded(tmp_path)
    assert document("roll", *site) == {"roots": 2, "renewed": ["stadsnet"]}
    assert document("retire", *site, "--newest", "1") == {"roots": 1}


def test_a_gateway_is_released_and_listed(tmp_path: Path) -> None:
    site = founded(tmp_path)
    assert typed("equip", "MKG0000000001", *site)[0] == 0
    assert document("release", "MKG0000000001", *site) == {"gateway": "MKG0000000001", "released": True}
    assert document("list", *site)["gateways"] == [{"gateway": "MKG0000000001", "operator": "stadsnet"}]
    code, out = typed("release", "MKG0000000002", *site, "--json")
    assert json.loads(out)["error"]["code"] == "pki-device-unknown"
    assert code == 2


def test_without_a_pki_there_is_a_hint(tmp_path: Path) -> None:
    for words in (("roll",), ("status",), ("admit", "x")):
        code, out = typed(*words, "--site", str(tmp_path), "--json")
        assert code == 2
        assert json.loads(out)["error"]["code"] == "site-without-pki"


def test_a_stolen_gateway_is_decommissioned_and_brought_back_by_name(tmp_path: Path) -> None:
    site = founded(tmp_path)
    typed("equip", "MKG0000000001", *site)
    told = {"gateway": "MKG0000000001", "decommissioned": True, "certificates": 0}
    for _ in range(2):
        assert document("decommission", "MKG0000000001", *site) == told
    assert document("list", *site) == {"gateways": []}
    assert document("list", "MKG0000000001", *site)["decommissioned"] is True
    assert document("expect", "MKG0000000001", *site) == {"expected": ["MKG0000000001"]}
    assert document("list", "MKG0000000001", *site)["decommissioned"] is False
    code, out = typed("decommission", "MKG0000000002", *site, "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "pki-device-unknown")


def test_a_holder_whom_nobody_knows(tmp_path: Path) -> None:
    site = founded(tmp_path)
    code, out = typed("list", "MKG0000000001", *site, "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "pki-holder-unknown")
    typed("equip", "MKG0000000001", *site)
    assert document("list", "MKG0000000001", *site)["certificates"] == []


def test_a_number_is_taken_as_openssl_prints_it(tmp_path: Path) -> None:
    site = founded(tmp_path)
    (row,) = cast(list[dict[str, str]], document("list", "headend.meterkast.internal", *site)["certificates"])
    serial = row["serial"].zfill(len(row["serial"]) + len(row["serial"]) % 2)
    pairs = ":".join(serial[place : place + 2] for place in range(0, len(serial), 2))
    for written in (row["serial"], f"0x{row['serial'].lower()}", pairs, pairs.lower()):
        assert document("revoke", written, *site) == {"revoked": row["serial"]}
    for garbage in ("", "xyz", "25::5A", ":25", "0x", "-1", "1_0", "25 5A"):
        code, out = typed("revoke", "--json", *site, "--", garbage)
        assert (code, json.loads(out)["error"]["code"]) == (3, "serial-malformed")
