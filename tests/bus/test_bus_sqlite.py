"""The embedded bus: order, durability across processes, and all or nothing."""

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus


def message(number: int, *, key: bytes | None = None) -> BusMessage:
    return BusMessage(
        key=key or number.to_bytes(8, "big"), body=b"body %d" % number, at=1_700_000_000 + number
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bus.sqlite"


def test_positions_rise_from_one_and_messages_come_back_as_given(path: Path) -> None:
    bus = SqliteBus(path)
    messages = [message(number) for number in range(5)]
    assert bus.last() == 0
    assert bus.append(messages[:2]) == [1, 2]
    assert bus.append(messages[2:]) == [3, 4, 5]
    assert bus.read(0, 100) == list(zip(range(1, 6), messages, strict=True))
    assert bus.read(2, 2) == [(3, messages[2]), (4, messages[3])]
    assert bus.read(5, 100) == []
    assert bus.last() == 5


def test_an_empty_append_adds_nothing(path: Path) -> None:
    bus = SqliteBus(path)
    assert bus.append([]) == []
    assert bus.last() == 0


def test_a_key_finds_all_its_messages(path: Path) -> None:
    bus = SqliteBus(path)
    bus.append([message(1, key=b"a"), message(2, key=b"b"), message(3, key=b"a")])
    assert [position for position, _ in bus.find(b"a")] == [1, 3]
    assert bus.find(b"c") == []


def test_the_tally_counts_by_the_beginning_of_the_key(path: Path) -> None:
    bus = SqliteBus(path)
    bus.append([message(1, key=b"aa1"), message(2, key=b"aa2"), message(3, key=b"bb1")])
    assert bus.tally(2) == {b"aa": 2, b"bb": 1}


def test_the_file_is_a_write_ahead_log_with_full_synchronisation(path: Path) -> None:
    bus = SqliteBus(path)
    bus.append([message(1)])
    assert path.with_name("bus.sqlite-wal").exists()
    assert bus._database.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_bus_without_a_write_ahead_log_is_refused() -> None:
    with pytest.raises(LocalError) as caught:
        SqliteBus(Path(":memory:"))
    assert caught.value.code == "bus-not-durable"


def test_a_failed_append_adds_nothing_and_the_bus_goes_on(path: Path) -> None:
    bus = SqliteBus(path)
    broken = BusMessage(key=b"key", body=None, at=0)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        bus.append([message(1), broken])
    assert bus.read(0, 10) == []
    assert bus.append([message(2)]) == [1]


def test_another_connection_reads_while_the_writer_writes(path: Path) -> None:
    writer, reader = SqliteBus(path), SqliteBus(path)
    for number in range(3):
        writer.append([message(number)])
        assert reader.last() == number + 1


@given(batches=st.lists(st.lists(st.binary(max_size=64), max_size=8), max_size=8))
def test_whatever_is_appended_is_read_in_that_order(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[bytes]]
) -> None:
    bus = SqliteBus(tmp_path_factory.mktemp("bus") / "bus.sqlite")
    for batch in batches:
        bus.append([BusMessage(key=b"", body=body, at=0) for body in batch])
    assert [found.body for _, found in bus.read(0, 1000)] == [body for batch in batches for body in batch]
    bus.close()


WRITER = """
import sys
from pathlib import Path
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
bus = SqliteBus(Path(sys.argv[1]))
while True:
    first = bus.last() + 1
    batch = [BusMessage(key=b"k", body=b"%d" % n, at=n) for n in range(first, first + 10)]
    print(bus.append(batch)[-1], flush=True)
"""


@pytest.mark.processes
def test_a_killed_writer_loses_nothing_it_has_reported_and_leaves_no_half_batch(path: Path) -> None:
    chance = random.Random(1)
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        reported = 0
        for _ in range(chance.randint(1, 60)):
            reported = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split("\n")
        reported = max([reported, *(int(line) for line in rest[:-1])])
        writer.wait()
        bus = SqliteBus(path)
        assert bus.last() >= reported
        assert bus.last() % 10 == 0
        assert [int(found.body) for _, found in bus.read(0, 100_000)] == list(range(1, bus.last() + 1))
        bus.close()
