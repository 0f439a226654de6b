"""The gas meter told what to do: a new key and the time from who holds the keys, and nothing else."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gasmeter.wall import HOUR, KEY, SETTINGS, START, a_meter, flow
from meterkast.gasmeter.commands import Commands
from meterkast.gasmeter.counter import FrameCounter
from meterkast.gasmeter.meter import GasMeter
from meterkast.gasmeter.user_key import UserKey
from meterkast.model.errors import DataError, TrustError
from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.conversation import SELECT, SELECTED
from meterkast.protocols.mbus.frame import ACKNOWLEDGE, LongFrame, ShortFrame
from meterkast.protocols.mbus.gas import open_gas_telegram
from meterkast.protocols.mbus.gas_command import seal_time, seal_user_key
from meterkast.protocols.mbus.secondary import SecondaryAddress

DEFAULT = bytes(range(32, 48))
NEW = bytes(range(64, 80))
NOW = START + HOUR + 60
ASK = ShortFrame(control=0x7B, address=1)


@dataclass
class Wall:
    """A meter that takes commands, with its files."""

    folder: Path
    told: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        key = self.folder / "user.key"
        if not key.exists():
            key.write_bytes(KEY)
        self.counter = FrameCounter(self.folder / "counter")
        commands = Commands(DEFAULT, UserKey(key), self.counter, self.told.append)
        self.meter = GasMeter(SETTINGS, flow, self.counter, commands=commands)

    def telegram(self, key: bytes) -> int:
        """The counter of the telegram that opens with this key."""
        answer = self.meter.answer(ASK, NOW)
        assert answer is not None
        return open_gas_telegram(answer, key, -1).counter


def test_a_new_key_counts_from_the_next_telegram_on_and_survives_a_restart(tmp_path: Path) -> None:
    wall = Wall(tmp_path)
    assert wall.telegram(KEY) == 1
    wall.meter.answer(ShortFrame(control=frame.SND_NKE, address=1), NOW)
    assert wall.meter.answer(seal_user_key(NEW, DEFAULT, address=1), NOW) == ACKNOWLEDGE
    again = Wall(tmp_path)
    assert again.telegram(NEW) == 2
    again.meter.answer(ShortFrame(control=frame.SND_NKE, address=1), NOW)
    with pytest.raises(TrustError):
        again.telegram(KEY)


def test_the_clock_is_set_once_and_the_counter_rises_for_both_directions(tmp_path: Path) -> None:
    wall = Wall(tmp_path)
    command = seal_time(NOW + 30, KEY, SETTINGS.identity, 5, address=1)
    assert wall.meter.answer(command, NOW) == ACKNOWLEDGE
    assert wall.told == [NOW + 30]
    assert wall.meter.answer(command, NOW) is None
    assert Wall(tmp_path).meter.answer(command, NOW) is None
    assert wall.told == [NOW + 30]
    assert wall.telegram(KEY) == 6


@pytest.mark.parametrize(
    "command",
    [
        seal_time(NOW, DEFAULT, SETTINGS.identity, 5, address=1),
        LongFrame(control=frame.SND_UD, address=1, ci=0x51, payload=b"\x01\x7a\x05"),
        LongFrame(control=frame.SND_UD, address=1, ci=0x51, payload=b""),
        LongFrame(control=frame.SND_UD, address=1, ci=0x5A, payload=bytes(60)),
        LongFrame(control=frame.SND_UD, address=1, ci=0xA0, payload=b"valve"),
    ],
    ids=["time-of-a-stranger", "set-address", "empty", "records", "valve"],
)
def test_what_is_not_from_who_holds_the_keys_changes_nothing(
    command: LongFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wall = Wall(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert wall.meter.answer(command, NOW) is None
    assert caplog.messages
    assert (tmp_path / "user.key").read_bytes() == KEY
    assert wall.told == []
    assert wall.telegram(KEY) == 1


def test_a_meter_without_commands_takes_none() -> None:
    assert a_meter().answer(seal_user_key(NEW, DEFAULT, address=1), NOW) is None


def test_the_meter_is_spoken_to_by_who_it_is() -> None:
    meter = a_meter()
    selection = SecondaryAddress.of(SETTINGS.identity)
    chosen = ShortFrame(control=0x7B, address=SELECTED)
    assert meter.answer(chosen, NOW) is None
    assert meter.answer(_selecting(selection), NOW) == ACKNOWLEDGE
    assert meter.answer(chosen, NOW) is not None
    assert meter.answer(_selecting(SecondaryAddress(identification="8FFFFFFF")), NOW) is None
    assert meter.answer(chosen, NOW) is None


def test_a_selection_ends_with_a_reset() -> None:
    meter = a_meter()
    assert meter.answer(_selecting(SecondaryAddress()), NOW) == ACKNOWLEDGE
    assert meter.answer(ShortFrame(control=frame.SND_NKE, address=SELECTED), NOW) is None
    assert meter.answer(ShortFrame(control=0x7B, address=SELECTED), NOW) is None


def test_a_telegram_that_was_not_heard_is_given_again_under_the_same_counter() -> None:
    meter = a_meter()
    first = meter.answer(ASK, NOW)
    assert meter.answer(ASK, NOW) == first
    assert meter.answer(ShortFrame(control=0x5B, address=1), NOW) != first
    assert meter.answer(ASK, NOW + HOUR) != first


def test_a_key_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "user.key").write_bytes(b"short")
    with pytest.raises(DataError) as caught:
        UserKey(tmp_path / "user.key")
    assert caught.value.code == "device-key-damaged"


def _selecting(address: SecondaryAddress) -> LongFrame:
    return LongFrame(control=frame.SND_UD, address=SELECTED, ci=SELECT, payload=address.encode())
