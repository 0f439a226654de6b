from pathlib import Path

import pytest

from meterkast.model.errors import LocalError
from meterkast.street.clearing import clear


def test_what_a_street_made_is_emptied_and_made_again(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    clear(site)
    (site / "old").write_text("x")
    clear(site)
    assert not (site / "old").exists()
    clear(site)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    clear(tmp_path)
    assert tmp_path.is_dir()


def test_what_no_street_made_is_left_alone(tmp_path: Path) -> None:
    treasure = tmp_path / "thesis.tex"
    treasure.write_text("years of work")
    with pytest.raises(LocalError) as caught:
        clear(tmp_path)
    assert caught.value.code == "site-foreign"
    assert treasure.read_text() == "years of work"
