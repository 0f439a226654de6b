"""How much memory a street takes: this process and all below it, pages that are shared counted once."""

import os
from pathlib import Path


def used_megabytes() -> float:
    """Proportional set size of this process and all below it, in MB; 0 where the kernel does not tell."""
    return sum(_proportional(pid) for pid in _family(os.getpid())) / 1000


def _family(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        children = []
    return [pid, *(member for child in children for member in _family(child))]


def _proportional(pid: int) -> int:
    """Kilobytes of one process."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
