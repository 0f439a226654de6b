"""A chain of its own for each attack, on a copy of a site that is founded once."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from attacks.attacked import Chain, standing
from mdm.one_home import OPERATOR
from mdm.sealed import found
from meterkast.pki.site import Site


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found(tmp_path_factory.mktemp("attacks") / "template").folder


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return Site(shutil.copytree(template, tmp_path / "site"), operator=OPERATOR)


@pytest.fixture
async def chain(site: Site) -> AsyncIterator[Chain]:
    async with standing(site) as chain:
        yield chain
