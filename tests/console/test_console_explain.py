"""``meterkast explain`` on messages made here and on those of real meters."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captures import capture_index, captures_dir
from console.test_console_cli import document, meterkast
from meterkast.console.exits import Exit

CONTRACT = {
    *("family", "supplier", "meter_id", "timestamp", "readings"),
    *("integrity", "layers", "findings", "data"),
}
TELEGRAM = (
    "/KFM5KAIFA-METER\r\n\r\n1-3:0.2.8(42)\r\n0-0:1.0.0(260302140000W)\r\n"
    "1-0:1.8.1(001234.567*kWh)\r\n1-0:1.7.0(00.437*kW)\r\n!\r\n"
)


@pytest.fixture
def telegram(tmp_path: Path) -> Path:
    path = tmp_path / "telegram.txt"
    path.write_bytes(TELEGRAM.encode("ascii"))
    return path


def test_the_document_is_the_contracts(telegram: Path) -> None:
    code, out, _ = meterkast("explain", "--json", str(telegram))
    explained = document(out)
    assert code == Exit.DONE
    assert explained.keys() == CONTRACT
    assert explained["family"] == "p1"
    assert explained["supplier"] == "KFM"
    assert explained["timestamp"] == "2026-03-02T14:00:00+01:00"
    assert explained["integrity"] == {"crc": "absent", "mac": "absent"}
    energy = next(reading for reading in explained["readings"] if reading["obis"] == "1-0:1.8.1")
    assert energy["value"] == "1234567"
    assert energy["unit"] == "Wh"
    assert energy["name"] == "Energy import, low rate"


def test_names_come_in_either_language(telegram: Path) -> None:
    names = {}
    for language in ("nl", "en"):
        out = meterkast("explain", "--json", "--lang", language, str(telegram))[1]
        names[language] = [reading["name"] for reading in document(out)["readings"]]
    assert names["nl"] != names["en"]


def test_people_get_layers_readings_and_findings(telegram: Path) -> None:
    code, out, err = meterkast("explain", str(telegram))
    assert (code, err) == (Exit.DONE, "")
    assert "└ P1 telegram @0" in out
    assert re.search(r"1-0:1\.8\.1 +Energy import, low rate +1234567 +Wh", out)


def test_standard_input_is_a_file_too() -> None:
    code, out, _ = meterkast("explain", "--json", "-", given="E5")
    assert code == Exit.DONE
    assert document(out)["family"] == "mbus"
    assert document(out)["records"] == []


def test_several_files_give_a_line_each_and_the_worst_code(telegram: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.hex"
    broken.write_text("68 03 03 68 08 01")
    code, out, err = meterkast("explain", "--json", str(telegram), str(broken), str(telegram))
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == Exit.BAD_INPUT
    assert [line["file"] for line in lines] == [str(telegram), str(broken), str(telegram)]
    assert ["error" in line for line in lines] == [False, True, False]
    assert str(broken) in err


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    octets=st.binary(min_size=1, max_size=400), family=st.sampled_from(("auto", "dlms", "hdlc", "mbus", "p1"))
)
def test_no_file_ever_ends_in_a_bug(tmp_path: Path, octets: bytes, family: str) -> None:
    path = tmp_path / "any"
    path.write_bytes(octets)
    code, out, _ = meterkast("explain", "--json", "--as", family, str(path))
    assert code in {Exit.DONE, Exit.BAD_INPUT, Exit.REFUSED}
    assert ("error" in document(out)) is (code != Exit.DONE)


def _sealed(captured: dict[str, str]) -> bool:
    return captured["encrypted"] == "yes" and bool(captured["key_hex"])


@pytest.mark.captures
@pytest.mark.parametrize("captured", capture_index("dlms-push"), ids=lambda row: str(row["id"]))
def test_real_pushes_are_explained_or_say_that_they_need_a_key(captured: dict[str, str]) -> None:
    path = str(captures_dir() / captured["file"])
    code, out, _ = meterkast("explain", "--json", path)
    explained: dict[str, Any] = document(out)
    assert code in {Exit.DONE, Exit.BAD_INPUT}
    if explained.get("error", {}).get("code") == "key-needed":
        assert code == Exit.BAD_INPUT
        assert explained["layers"]
        assert "Layers" in meterkast("explain", path)[1]
    if not captured["key_hex"]:
        return
    key, _, auth_key = captured["key_hex"].partition(";AK=")
    extra = ["--auth-key", auth_key] if auth_key else []
    code, out, _ = meterkast("explain", "--json", "--key", key, *extra, path)
    assert code == Exit.DONE
    assert key.lower() not in out.lower()
