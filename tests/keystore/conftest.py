from pathlib import Path

import pytest

from pki.world import World, found


@pytest.fixture
def world(tmp_path: Path) -> World:
    return found(tmp_path)
