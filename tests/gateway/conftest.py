"""The site is founded once; each test works in a copy of it."""

import shutil
from pathlib import Path

import pytest

from gateway.gateway_house import OPERATOR, found_site
from meterkast.pki.site import Site


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_site(tmp_path_factory.mktemp("site")).folder


@pytest.fixture
def site(founded: Path, tmp_path: Path) -> Site:
    shutil.copytree(founded, tmp_path / "site")
    return Site(tmp_path / "site", operator=OPERATOR)
