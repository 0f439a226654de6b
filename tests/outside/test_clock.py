import asyncio
import subprocess
import sys
from pathlib import Path

from meterkast.outside.clock import ScaledClock, SharedClock


async def test_a_shared_clock_shows_in_another_process_what_was_set(tmp_path: Path) -> None:
    clock = SharedClock.create(tmp_path / "clock", 1_000.5)
    program = (
        "import sys, pathlib; from meterkast.outside.clock import SharedClock;"
        "print(SharedClock(pathlib.Path(sys.argv[1])).now())"
    )
    for now in (1_000.5, 2_000_000_000.25):
        clock.set(now)
        shown = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "clock")],
            capture_output=True,
            check=True,
            text=True,
        )
        assert float(shown.stdout) == now
    clock.close()


async def test_sleepers_wake_when_the_clock_is_turned_and_not_before(tmp_path: Path) -> None:
    clock = SharedClock.create(tmp_path / "clock", 0.0)
    sleeper = asyncio.create_task(clock.sleep_until(10.0))
    clock.set(9.999)
    done, _ = await asyncio.wait({sleeper}, timeout=0.05)
    assert not done
    clock.set(10.0)
    await sleeper


async def test_a_scaled_clock_runs_ahead() -> None:
    clock = ScaledClock(1_000.0, speed=1_000_000.0)
    await clock.sleep_until(2_000.0)
    assert clock.now() >= 2_000.0
    assert ScaledClock(1_000.0, speed=0.0).now() == 1_000.0
