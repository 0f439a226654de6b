"""The trust folder's version: another one as soon as anything changes, however soon after the last change."""

import os
import stat
from pathlib import Path

import pytest

from meterkast.outside.trust import TrustFolder

LONG_AGO = 1_000_000_000


def age(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))


def test_every_kind_of_change_is_seen_at_once(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path / "trust")
    assert folder.version() == ()
    folder.path.mkdir()
    first, second = folder.path / "a.pem", folder.path / "b.pem"
    seen = {folder.version()}
    for change in (
        lambda: first.write_text("a"),
        lambda: second.write_text("b"),
        lambda: second.replace(folder.path / "c.pem"),
        first.unlink,
    ):
        change()
        assert folder.version() not in seen
        seen.add(folder.version())
        age(folder.path)  # and once more from a listing that is kept
        assert folder.version() in seen


def test_a_file_that_is_replaced_is_seen_at_once_also_where_the_version_is_kept(tmp_path: Path) -> None:
    folder, path = TrustFolder(tmp_path), tmp_path / "a.pem"
    path.write_text("before")
    age(tmp_path)
    before = folder.version()
    (tmp_path / ".new").write_text("after!")
    (tmp_path / ".new").replace(path)
    after = folder.version()
    assert after != before
    path.unlink()
    assert folder.version() == ()


def test_a_file_changed_in_place_is_seen_when_its_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meterkast.outside.trust._IN_PLACE", 0.0)
    folder, path = TrustFolder(tmp_path), tmp_path / "a.pem"
    path.write_text("before")
    age(tmp_path)
    before = folder.version()
    path.write_text("after!")
    assert folder.version() != before


def test_a_file_that_comes_in_the_same_tick_is_seen(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    for number in range(200):
        (tmp_path / f"{number}.pem").touch()
        assert len(folder.version()) == number + 1


def test_what_is_published_is_on_disk_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        done.append("renamed")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    TrustFolder(tmp_path / "trust").publish("a.pem", [])
    assert done == ["file", "renamed", "folder"]
