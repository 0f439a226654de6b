"""Texts in both languages, and third-party files as they left their makers."""

import re
import string
import tomllib
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest

from meterkast.console.language import Language
from meterkast.console.web.texts import catalogue

WEB = Path(str(files("meterkast.console.web")))
VENDOR = tomllib.loads((WEB / "vendor" / "vendor.toml").read_text())["package"]
OWN = sorted(path for path in WEB.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"})
OWN = [path for path in OWN if "vendor" not in path.parts]


def test_both_languages_have_the_same_texts() -> None:
    dutch, english = catalogue()[Language.NL], catalogue()[Language.EN]
    assert dutch.keys() == english.keys()
    assert all(text.strip() for texts in (dutch, english) for text in texts.values())


def test_every_text_is_used_and_every_used_text_exists() -> None:
    templates = "\n".join(path.read_text() for path in (WEB / "templates").iterdir())
    used = set(re.findall(r"\bt\.([a-z_]+)", templates))
    families = re.findall(r't(?:\.get\(|\[)"([a-z]+_)" ~', templates)
    counted = set(re.findall(r'count\("([a-z]+)"', templates)) | set(
        re.findall(r'turn\(.*?"([a-z]+)"', templates)
    )
    texts = set(catalogue()[Language.NL])
    helped = {f"{name}_help" for name in counted} & texts
    spoken = {text for text in texts if any(text.startswith(family) for family in families)}
    used.discard("get")
    assert used <= texts
    assert texts == used | counted | helped | spoken


@pytest.mark.parametrize("package", VENDOR, ids=lambda package: str(package["name"]))
def test_vendored_files_are_unchanged(package: dict[str, object]) -> None:
    entries = package["file"]
    assert isinstance(entries, list)
    for entry in entries:
        assert sha256((WEB / "vendor" / entry["name"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (WEB / "vendor" / str(package["licence_text"])).is_file()
    assert package["licence"] in {"0BSD", "MIT"}


def test_nothing_is_vendored_without_an_entry() -> None:
    named = {entry["name"] for package in VENDOR for entry in package["file"]} | {"vendor.toml"}
    assert {path.name for path in (WEB / "vendor").iterdir() if path.is_file()} == named


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(WEB)))
def test_no_file_of_ours_names_a_foreign_host(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", text)


def test_texts_are_plain() -> None:
    allowed = set(string.printable) | set("–·³ëïé")
    for texts in catalogue().values():
        for text in texts.values():
            assert set(text) <= allowed, text
            assert "<" not in text
