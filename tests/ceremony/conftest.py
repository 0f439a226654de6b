from collections.abc import Iterator
from pathlib import Path

import pytest

from ceremony.rehearsed import Rehearsal, rehearsed


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Rehearsal]:
    """Ready to be held."""
    with rehearsed(tmp_path / "ceremony") as ready:
        yield ready
