"""``meterkast pki`` as it is typed: operators that join, roots that follow, the fleet counted."""

import json
from pathlib import Path

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
    assert document("roll", *site) == {"roots": 2}
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
