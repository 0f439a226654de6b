"""The journal: nothing kept is lost, no counter comes twice, whatever kills the process."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from meterkast.model.errors import DataError, LocalError
from meterkast.model.event import DeviceEvent
from meterkast.outside.journal import EVENTS, GAS_HOURS, HandedIn, Journal

_DAY = date(2026, 3, 29)


def _day(device: str, day: date = _DAY, *, whole: bool = True) -> HandedIn:
    return HandedIn(device=device, day=day, whole=whole)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def test_a_counter_is_spent_before_it_is_used(path: Path) -> None:
    journal = Journal(path)
    assert [journal.reserve(), journal.reserve()] == [1, 2]
    journal.put(2, 100, b"sealed")
    journal.close()
    assert Journal(path).reserve() == 3


def test_a_counter_has_one_envelope(path: Path) -> None:
    journal = Journal(path)
    journal.put(journal.reserve(), 100, b"sealed", handed_in=[_day("KFM1")])
    with pytest.raises(LocalError) as caught:
        journal.put(1, 100, b"other", handed_in=[_day("KFM2")])
    assert caught.value.code == "journal-counter-used"
    assert journal.handed_in("KFM2", _DAY) is None
    assert [envelope.octets for envelope in journal.pending()] == [b"sealed"]


def test_an_envelope_stays_until_confirmed_and_then_loses_its_octets(path: Path) -> None:
    journal = Journal(path)
    for octets in (b"first sealed octets", b"second"):
        journal.put(journal.reserve(), 100, octets)
    assert [envelope.counter for envelope in journal.pending()] == [1, 2]
    assert journal.confirm(1, 200)
    assert not journal.confirm(1, 200)
    assert not journal.confirm(9, 200)
    assert [envelope.counter for envelope in journal.pending()] == [2]
    assert journal.counts() == (2, 1)
    journal.close()
    assert b"first sealed octets" not in path.read_bytes()


def test_days_are_remembered_per_device(path: Path) -> None:
    journal = Journal(path)
    assert journal.handed_in_span("KFM1") is None
    days = [_day("KFM1", whole=False), _day("KFM1", date(2026, 3, 27)), _day("MKM1", date(2026, 3, 28))]
    journal.put(journal.reserve(), 100, b"sealed", handed_in=days)
    assert journal.handed_in_span("KFM1") == (date(2026, 3, 27), _DAY)
    assert journal.handed_in("KFM1", _DAY) == _day("KFM1", whole=False)
    assert journal.handed_in("MKM1", _DAY) is None
    journal.put(journal.reserve(), 100, b"sealed", handed_in=[_day("KFM1")])
    assert journal.handed_in("KFM1", _DAY) == _day("KFM1")


def test_counters_have_names(path: Path) -> None:
    journal = Journal(path)
    assert [journal.reserve(), journal.reserve("module"), journal.reserve("module")] == [1, 1, 2]


def test_telegrams_are_bounded_and_the_first_of_an_hour_stays(path: Path) -> None:
    journal = Journal(path)
    assert journal.telegram_counter("MKM1") is None
    for hour in range(GAS_HOURS + 50):
        journal.put_telegram("MKM1", hour * 3600, b"telegram %d" % hour, hour + 1)
    last = GAS_HOURS + 49
    journal.put_telegram("MKM1", last * 3600, b"repeated", last + 2)
    kept = journal.telegrams("MKM1", 0, 1 << 40)
    assert [at // 3600 for at, _ in kept] == list(range(50, last + 1))
    assert kept[-1][1] == b"telegram %d" % last
    assert journal.telegram_counter("MKM1") == last + 2
    assert journal.telegrams("MKM1", 60 * 3600, 61 * 3600) == [
        (60 * 3600, b"telegram 60"),
        (61 * 3600, b"telegram 61"),
    ]
    assert journal.telegrams("MKM2", 0, 1 << 40) == []


def test_events_wait_for_their_envelope_and_are_bounded(path: Path) -> None:
    journal = Journal(path)
    for number in range(EVENTS + 5):
        journal.add_event(DeviceEvent(code="module-silent", device="KFM1", at=number))
    waiting = journal.events()
    assert [event.at for _, event in waiting] == list(range(5, EVENTS + 5))
    journal.put(journal.reserve(), 100, b"sealed", events_through=waiting[-2][0])
    assert journal.events() == [waiting[-1]]


@pytest.mark.parametrize("octets", [b"not a database at all" * 60, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_file_that_is_no_journal(path: Path, octets: bytes) -> None:
    path.write_bytes(octets)
    with pytest.raises(DataError) as caught:
        Journal(path)
    assert caught.value.code == "journal-unreadable"


def test_a_journal_is_for_its_owner_only(path: Path) -> None:
    Journal(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


_WRITER = """
import sys
from pathlib import Path
from meterkast.outside.journal import Journal
journal = Journal(Path(sys.argv[1]))
while True:
    counter = journal.reserve()
    print("reserved", counter, flush=True)
    journal.put(counter, 1, b"%d" % counter)
    print("put", counter, flush=True)
    if counter % 3 == 0:
        journal.confirm(counter, 2)
        print("confirmed", counter, flush=True)
"""


@pytest.mark.processes
def test_killed_at_random_points(path: Path) -> None:
    """What was said aloud before the kill holds after it: no counter twice, nothing put is gone."""
    chance = random.Random(20261122)
    reserved: list[int] = []
    put: set[int] = set()
    confirmed: set[int] = set()
    for _ in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(chance.randrange(1, 40))]
        time.sleep(chance.random() / 200)  # moves the kill to a random instruction, waits for nothing
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.readlines()
        writer.wait()
        writer.stdout.close()
        for line in said:
            if not line.endswith(b"\n"):
                continue
            word, number = line.split()
            {b"reserved": reserved.append, b"put": put.add, b"confirmed": confirmed.add}[word](int(number))
    assert len(reserved) == len(set(reserved))
    assert reserved == sorted(reserved)
    journal = Journal(path)
    pending = {envelope.counter: envelope.octets for envelope in journal.pending(100_000)}
    assert put - confirmed - set(pending) <= {number for number in put if number % 3 == 0}
    assert not confirmed & set(pending)
    assert all(octets == b"%d" % counter for counter, octets in pending.items())
    assert journal.counts()[0] >= len(put)
    assert journal.reserve() > max(reserved)
