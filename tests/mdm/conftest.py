"""A centre's database with a little street in its register."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from mdm.one_home import register
from meterkast.outside.database.engine import engine
from meterkast.outside.database.migrations import upgrade


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    made = engine(tmp_path / "centre.sqlite")
    upgrade(made)
    register(made)
    yield made
    made.dispose()
