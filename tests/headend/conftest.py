"""A site of its own for each test, copied from one that is founded once."""

import shutil
from pathlib import Path

import pytest

from mdm.one_home import OPERATOR
from mdm.sealed import found
from meterkast.pki.site import Site


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found(tmp_path_factory.mktemp("headend") / "template").folder


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return Site(shutil.copytree(template, tmp_path / "site"), operator=OPERATOR)
