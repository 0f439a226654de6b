"""Gas telegrams: kept as they came; replays and strangers refused, also after a restart."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.gateway_house import DAY, INSTALLED, USER_KEY, make_gas_meter
from meterkast.gateway.backoff import Backoff
from meterkast.gateway.gas_inbox import GasInbox
from meterkast.gateway.line import Line
from meterkast.model.calendar import HOUR, day_bounds, day_start
from meterkast.model.errors import MeterkastError
from meterkast.outside.entropy import system_entropy
from meterkast.outside.journal import Journal
from meterkast.outside.links import Link, memory
from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.gas import Status
from meterkast.protocols.mbus.gas_command import open_time

_METER = "MKM12345678"
NOW = 1_772_000_000


class Inbox:
    """A gas inbox on a journal of its own, with the codes of what it refused."""

    def __init__(self, path: Path, device: str = _METER) -> None:
        self.codes: list[str] = []
        self.journal = Journal(path)
        self.inbox = GasInbox(device, USER_KEY, self.journal, self._note, lambda: NOW)

    def _note(self, error: MeterkastError) -> None:
        self.codes.append(error.code)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def test_hours_are_kept_encrypted_and_opened_when_asked_for(path: Path) -> None:
    kept = Inbox(path)
    meter = make_gas_meter()
    hours = range(day_start(DAY), day_start(DAY) + 5 * HOUR, HOUR)
    for at in hours:
        kept.inbox.take(meter.telegram(at))
    assert kept.codes == []
    assert kept.inbox.hours(*day_bounds(DAY)) == [(at, meter.index(at)) for at in hours]
    assert kept.inbox.hours(hours[1], hours[2]) == [(at, meter.index(at)) for at in hours[1:3]]
    stored = b"".join(octets for _, octets in kept.journal.telegrams(_METER, *day_bounds(DAY)))
    assert b"G0025123456789024" not in stored


def test_pieces_of_a_telegram_are_put_together(path: Path) -> None:
    kept, meter = Inbox(path), make_gas_meter()
    telegram = meter.telegram(day_start(DAY))
    for octet in telegram:
        kept.inbox.take(bytes((octet,)))
    assert len(kept.inbox.hours(*day_bounds(DAY))) == 1


def test_a_replay_is_refused_also_after_a_restart(path: Path) -> None:
    meter = make_gas_meter()
    first, second = meter.telegram(day_start(DAY)), meter.telegram(day_start(DAY) + HOUR)
    kept = Inbox(path)
    for octets in (first, second, first, second):
        kept.inbox.take(octets)
    assert kept.codes == ["mbus-counter-replayed"] * 2
    kept.journal.close()
    again = Inbox(path)
    again.inbox.take(second)
    assert again.codes == ["mbus-counter-replayed"]
    assert len(again.inbox.hours(*day_bounds(DAY))) == 2


def test_a_stranger_changes_nothing(path: Path) -> None:
    kept = Inbox(path, device="MKM87654321")
    kept.inbox.take(make_gas_meter().telegram(day_start(DAY)))
    assert kept.codes == ["gas-meter-foreign"]
    assert kept.journal.telegram_counter("MKM87654321") is None
    assert kept.inbox.hours(INSTALLED, INSTALLED + 10 * 86400) == []


@settings(max_examples=30)
@given(st.lists(st.binary(min_size=1, max_size=80), max_size=5))
def test_garbage_is_an_event_and_the_next_telegram_is_heard(
    tmp_path_factory: pytest.TempPathFactory, garbage: list[bytes]
) -> None:
    kept = Inbox(tmp_path_factory.mktemp("gas") / "journal.sqlite")
    for octets in garbage:
        kept.inbox.take(octets)
    kept.inbox.take(bytes(261) + make_gas_meter().telegram(day_start(DAY)))
    assert kept.codes
    assert len(kept.inbox.hours(*day_bounds(DAY))) == 1
    kept.journal.close()


def test_every_flipped_bit_is_refused(path: Path) -> None:
    kept, meter = Inbox(path), make_gas_meter()
    telegram = meter.telegram(day_start(DAY))
    for place in range(len(telegram)):
        changed = bytearray(telegram)
        changed[place] ^= 1 << place % 8
        kept.inbox.take(bytes(changed) + bytes(261))
    assert kept.inbox.hours(*day_bounds(DAY)) == []
    kept.inbox.take(telegram)
    assert len(kept.inbox.hours(*day_bounds(DAY))) == 1


async def test_a_line_that_breaks_off_is_dialled_again(path: Path) -> None:
    kept, meter = Inbox(path), make_gas_meter()
    ends: asyncio.Queue[Link] = asyncio.Queue()

    async def dial() -> Link:
        near, far = memory.pair()
        await ends.put(far)
        return near

    backoff = Backoff(system_entropy)
    backoff._bound = 0.01
    listening = asyncio.create_task(kept.inbox.listen(Line(dial), backoff))
    for hour in range(2):
        far = await ends.get()
        await far.send(meter.telegram(day_start(DAY) + hour * HOUR))
        while len(kept.inbox.hours(*day_bounds(DAY))) <= hour:
            await asyncio.sleep(0)
        await far.close()
    listening.cancel()
    assert kept.codes == []


async def test_a_wire_that_is_cut_ends_the_listening(path: Path) -> None:
    near, far = memory.pair()
    await far.close()
    async with asyncio.timeout(5):
        await Inbox(path).inbox.listen(Line(near), Backoff(system_entropy))


def test_an_old_telegram_under_a_raised_counter_is_refused_also_after_a_restart(path: Path) -> None:
    meter = make_gas_meter()
    first, second = meter.telegram(day_start(DAY)), meter.telegram(day_start(DAY) + HOUR)
    kept = Inbox(path)
    kept.inbox.take(first)
    kept.inbox.take(second)
    forged = bytearray(first)
    forged[-6:-2] = (1 + (1 << 8)).to_bytes(4, "little")
    forged[-2] = sum(forged[4:-2]) % 256
    kept.inbox.take(bytes(forged))
    assert kept.codes == ["mbus-equipment-other"]
    assert len(kept.inbox.hours(*day_bounds(DAY))) == 2
    kept.journal.close()
    again = Inbox(path)
    again.inbox.take(bytes(forged))
    assert again.codes == ["mbus-equipment-other"]


def test_a_meter_that_says_its_clock_is_off_is_told_the_time_once_per_telegram(path: Path) -> None:
    meter, kept = make_gas_meter(), Inbox(path)
    kept.inbox.take(meter.telegram(day_start(DAY)))
    assert kept.inbox.command() == b""
    meter.status = Status.CLOCK_OFF
    kept.inbox.take(meter.telegram(day_start(DAY) + HOUR))
    command = frame.parse(kept.inbox.command())
    assert isinstance(command, LongFrame)
    assert open_time(command.payload, USER_KEY).at == NOW
    assert open_time(command.payload, USER_KEY).counter == 3
    assert kept.inbox.command() == b""
    kept.inbox.take(frame.ACKNOWLEDGE)
    assert kept.codes == []


async def test_the_time_goes_out_on_the_line_it_was_asked_on(path: Path) -> None:
    near, far = memory.pair()
    meter = make_gas_meter()
    meter.status = Status.CLOCK_OFF
    listening = asyncio.create_task(Inbox(path).inbox.listen(Line(near), Backoff(system_entropy)))
    await far.send(meter.telegram(day_start(DAY)))
    async with asyncio.timeout(5):
        command = frame.parse(await far.receive())
    assert isinstance(command, LongFrame)
    assert open_time(command.payload, USER_KEY).at == NOW
    await far.close()
    await listening
