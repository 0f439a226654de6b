from pathlib import Path

import pytest

from outside.tls_house import TlsHouse


@pytest.fixture
def house(tmp_path: Path) -> TlsHouse:
    return TlsHouse.build(tmp_path)
