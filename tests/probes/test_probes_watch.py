"""The watch: it sees what runs under it, and nothing of the neighbours."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

from meterkast.assurance.watch import watching


def reach_out() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", 9))


def test_sockets_and_processes_are_seen() -> None:
    with watching() as seen:
        reach_out()
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
    assert {"socket.__new__", "socket.sendto", "subprocess.Popen"} <= set(seen)
    count = len(seen)
    reach_out()
    assert len(seen) == count


def test_ordinary_work_is_not_counted(tmp_path: Path) -> None:
    with watching() as seen:
        (tmp_path / "file").write_text("x")
        sum(range(1000))
    assert seen == []


async def test_tasks_and_threads_count_and_neighbours_do_not() -> None:
    go, done = asyncio.Event(), asyncio.Event()

    async def neighbour() -> None:
        await go.wait()
        reach_out()
        done.set()

    beside = asyncio.create_task(neighbour())
    with watching() as seen:
        go.set()
        await done.wait()
        assert seen == []
        await asyncio.create_task(asyncio.to_thread(reach_out))
    await beside
    assert "socket.sendto" in seen
