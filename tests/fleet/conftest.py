"""Lives are lived in memory where there is such a folder, and leave nothing behind."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from meterkast.street.fleet.life import FleetLife
from meterkast.street.fleet.plan import Diary, FleetSettings
from meterkast.street.fleet.result import FleetResult

Live = Callable[..., FleetResult]
_MEMORY = Path("/dev/shm")


@pytest.fixture
def live() -> Iterator[Live]:
    """A life of six gateways, which have every fault among them: ``live(weeks=…, diary=…, seed=…)``."""
    with TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:

        def lived(*, weeks: int, diary: Diary | None = None, seed: int = 1) -> FleetResult:
            settings = FleetSettings(
                folder=Path(folder), gateways=6, seed=seed, diary=diary or Diary(), weeks=weeks
            )
            return FleetLife(settings).run(lambda _week, _weeks: None)

        yield lived
