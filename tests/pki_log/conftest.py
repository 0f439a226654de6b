from pathlib import Path

import pytest

from pki_log.loghouse import LogHouse


@pytest.fixture
def house(tmp_path: Path) -> LogHouse:
    return LogHouse.build(tmp_path)
