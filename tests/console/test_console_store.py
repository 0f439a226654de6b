"""Import, query and export through the command line, into a site of its own."""

import csv
import io
import json
from pathlib import Path

import pytest

from captures import capture_index, captures_dir
from console.test_console_cli import document, meterkast
from console.test_console_explain import TELEGRAM
from meterkast.console.exits import Exit


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site into which one telegram has been imported."""
    site = tmp_path / "site"
    (tmp_path / "telegram.txt").write_bytes(TELEGRAM.encode("ascii"))
    code, out, _ = meterkast("import", "--json", "--site", str(site), str(tmp_path / "telegram.txt"))
    assert code == Exit.DONE
    assert document(out)["files"][0]["added"] == 1
    return site


def rows(site: Path, *arguments: str) -> list[dict[str, str]]:
    code, out, _ = meterkast("readings", "--json", "--site", str(site), *arguments)
    assert code == Exit.DONE
    parsed = json.loads(out)
    assert isinstance(parsed, list)
    return parsed


def test_what_was_imported_can_be_read(site: Path) -> None:
    energy = next(row for row in rows(site) if row["obis"] == "1-0:1.8.1")
    assert (energy["value"], energy["unit"]) == ("1234567", "Wh")
    assert energy["start"] == "2026-03-02T14:00:00+01:00"
    assert "UNSIGNED" in energy["flags"]


def test_the_same_file_twice_adds_nothing(site: Path, tmp_path: Path) -> None:
    before = rows(site)
    code, out, _ = meterkast("import", "--json", "--site", str(site), str(tmp_path / "telegram.txt"))
    assert code == Exit.DONE
    assert document(out)["files"][0]["added"] == 0
    assert rows(site) == before


def test_a_malformed_file_is_named_and_the_others_are_imported(tmp_path: Path) -> None:
    site, good, bad = tmp_path / "site", tmp_path / "good.txt", tmp_path / "bad.hex"
    good.write_bytes(TELEGRAM.encode("ascii"))
    bad.write_text("68 04 04 68 00")
    code, out, err = meterkast(
        "import", "--json", "--site", str(site), str(bad), str(good), str(tmp_path / "no")
    )
    told = document(out)["files"]
    assert code == Exit.BAD_INPUT
    assert [each["file"] for each in told] == [str(bad), str(good), str(tmp_path / "no")]
    assert ["error" in each for each in told] == [True, False, True]
    assert str(bad) in err
    assert rows(site)


def test_a_query_narrows_the_answer(site: Path) -> None:
    assert rows(site, "--from", "2026-03-03") == []
    assert rows(site, "--to", "2026-03-01") == []
    assert rows(site, "--medium", "gas") == []
    device = rows(site)[0]["device"]
    assert rows(site, "--device", device) == rows(site)
    assert rows(site, "--known-at", "2020-01-01T00:00") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--ean", "123"), "ean-malformed"),
        (("--ean", "871687000000000017"), "ean-check-digit"),
        (("--known-at", "yesterday"), "time-malformed"),
        (("--format", "csv", "--output", "/nowhere/at/all.csv"), "file-unwritable"),
    ],
)
def test_a_wrong_query_is_bad_input(site: Path, arguments: tuple[str, ...], code: str) -> None:
    ended, out, _ = meterkast("readings", "--json", "--site", str(site), *arguments)
    assert ended == Exit.BAD_INPUT
    assert document(out)["error"]["code"] == code


def test_a_table_for_people(site: Path) -> None:
    code, out, err = meterkast("readings", "--site", str(site))
    lines = out.splitlines()
    assert code == Exit.DONE
    assert lines[0].split() == ["device", "obis", "start", "end", "value", "consumption", "unit", "flags"]
    assert f"{len(lines) - 1} readings" in err


def test_exports_hold_the_same_rows(site: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "readings.parquet"
    code, out, _ = meterkast("readings", "--site", str(site), "--format", "csv")
    assert code == Exit.DONE
    from_csv = list(csv.DictReader(io.StringIO(out)))
    assert (
        meterkast("readings", "--site", str(site), "--format", "parquet", "--output", str(target))[0]
        == Exit.DONE
    )
    assert [row["value"] for row in from_csv] == [row["value"] for row in rows(site)]
    assert parquet.read_table(target).num_rows == len(from_csv)
    assert list(target.parent.glob("*.part")) == []


def test_a_site_without_a_store_says_what_to_do(tmp_path: Path) -> None:
    code, out, _ = meterkast("readings", "--json", "--site", str(tmp_path))
    assert code == Exit.USAGE
    assert document(out)["error"]["code"] == "site-empty"


@pytest.mark.captures
def test_telegrams_of_real_meters_go_into_the_store(tmp_path: Path) -> None:
    files = [str(captures_dir() / row["file"]) for row in capture_index("p1")]
    code, out, _ = meterkast("import", "--json", "--site", str(tmp_path), *files)
    told = document(out)["files"]
    refused = {each["error"]["code"] for each in told if "error" in each}
    assert code == (Exit.BAD_INPUT if refused else Exit.DONE)
    assert refused <= {"import-broken", "import-no-readings"}
    assert len([each for each in told if each.get("added")]) >= 8
    assert rows(tmp_path)
