"""The gas meter: exact index, hourly telegram, answers on the wire, and no valve."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasmeter.wall import EQUIPMENT, HOUR, KEY, SETTINGS, START, a_meter, flow
from meterkast.gasmeter.index import STEP, Index
from meterkast.gasmeter.settings import GasMeterSettings
from meterkast.model.errors import DataError, LocalError
from meterkast.protocols.mbus import frame, records, telegram
from meterkast.protocols.mbus.coding import Coding
from meterkast.protocols.mbus.frame import Acknowledgement, LongFrame, ShortFrame
from meterkast.protocols.mbus.gas import Status, open_gas_telegram
from meterkast.protocols.mbus.records import Record


def test_the_name_is_maker_and_number() -> None:
    assert a_meter().name == "MKM12345678"


def test_the_index_adds_up_the_flow_to_the_millilitre() -> None:
    truth = sum(round(litres * 1000) for litres in flow(START, START + 3 * 86400)) // 1000
    assert a_meter().index(START + 3 * 86400) == 5_000_000 + truth
    assert a_meter().index(START) == 5_000_000


@given(st.lists(st.integers(0, 4 * 86400), min_size=1, max_size=8))
def test_the_index_does_not_depend_on_when_it_was_read(offsets: list[int]) -> None:
    often = Index(flow, START, 0)
    assert [often.at(START + offset) for offset in offsets] == [
        Index(flow, START, 0).at(START + offset) for offset in offsets
    ]


@given(st.integers(0, 2 * 86400), st.integers(0, 86400))
def test_the_index_never_runs_back(offset: int, later: int) -> None:
    meter = a_meter()
    assert meter.index(START + offset) <= meter.index(START + offset + later)


def test_the_index_rolls_over_after_eight_digits() -> None:
    assert Index(lambda *_: [1.0], 0, 99_999_999).at(STEP) == 0


@pytest.mark.parametrize("given_flow", [[-1.0], [], [1.0, 1.0]])
def test_a_flow_that_breaks_its_promise_is_our_fault(given_flow: list[float]) -> None:
    with pytest.raises(LocalError) as caught:
        Index(lambda *_: given_flow, 0, 0).at(STEP)
    assert caught.value.code == "gasmeter-flow-wrong"


def test_there_is_no_index_before_the_start() -> None:
    with pytest.raises(LocalError) as caught:
        a_meter().index(START - 1)
    assert caught.value.code == "gasmeter-before-start"


def test_the_telegram_tells_the_hour() -> None:
    meter = a_meter()
    meter.status = Status.FRAUD | Status.POWER_LOW
    at = START + 30 * HOUR
    gas = open_gas_telegram(meter.telegram(at), KEY, 0, equipment=EQUIPMENT)
    assert (gas.device.name, gas.equipment, gas.at, gas.counter) == ("MKM12345678", EQUIPMENT, at, 1)
    assert gas.index == meter.index(at)
    assert gas.five_minute == tuple(meter.index(at - HOUR + STEP * step) for step in range(1, 13))
    assert gas.status == Status.FRAUD | Status.POWER_LOW


def test_the_first_telegram_stands_still_before_the_start() -> None:
    gas = open_gas_telegram(a_meter().telegram(START), KEY, 0)
    assert gas.five_minute == (5_000_000,) * 12


def test_a_telegram_is_of_a_whole_hour() -> None:
    with pytest.raises(LocalError) as caught:
        a_meter().telegram(START + 60)
    assert caught.value.code == "gasmeter-not-an-hour"


def test_each_telegram_has_its_own_counter_and_looks_different() -> None:
    meter = a_meter()
    first, second = meter.telegram(START + HOUR), meter.telegram(START + HOUR)
    assert [open_gas_telegram(octets, KEY, 0).counter for octets in (first, second)] == [1, 2]
    assert first != second


def test_nothing_personal_is_in_clear() -> None:
    octets = a_meter().telegram(START + HOUR)
    assert EQUIPMENT.encode()[::-1] not in octets
    read = frame.parse(octets)
    assert isinstance(read, LongFrame)
    told = telegram.parse(read.ci, read.payload)
    assert isinstance(told, telegram.EncryptedData)
    assert len(told.clear) == 7
    assert told.header.status == 0


def test_the_key_is_not_shown() -> None:
    assert "user_key" not in repr(SETTINGS)


def test_it_answers_a_reset_and_a_poll() -> None:
    meter = a_meter()
    now = START + 2 * HOUR + 1234
    assert meter.answer(ShortFrame(control=frame.SND_NKE, address=1), now) == frame.ACKNOWLEDGE
    for counter, control in enumerate((0x5B, 0x7B, 0x5B), 1):
        octets = meter.answer(ShortFrame(control=control, address=254), now)
        assert octets is not None
        gas = open_gas_telegram(octets, KEY, counter - 1)
        assert (gas.at, gas.counter) == (START + 2 * HOUR, counter)


def valve_command(position: int) -> bytes:
    """The remote control record (FD 1F) with which older meters were told to move their valve."""
    return records.encode([Record(coding=Coding.INT8, vib=b"\xfd\x1f", data=bytes((position,)))])


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("control", [0x53, 0x73])
@pytest.mark.parametrize("ci", [0x51, 0x5A, 0x55])
def test_there_is_no_valve_to_move(
    position: int, control: int, ci: int, caplog: pytest.LogCaptureFixture
) -> None:
    meter = a_meter()
    before = meter.index(START + HOUR)
    command = LongFrame(control=control, address=1, ci=ci, payload=valve_command(position))
    with caplog.at_level(logging.WARNING):
        assert meter.answer(command, START + HOUR) is None
    assert "gasmeter-command-refused" in caplog.text
    assert (meter.index(START + HOUR), meter.status) == (before, Status.NONE)
    octets = meter.answer(ShortFrame(control=0x5B, address=1), START + HOUR)
    assert octets is not None
    assert open_gas_telegram(octets, KEY, 0).counter == 1


@pytest.mark.parametrize(
    "received",
    [
        Acknowledgement(),
        ShortFrame(control=0x5B, address=2),
        ShortFrame(control=0x5B, address=255),
        ShortFrame(control=0x4A, address=1),
        LongFrame(control=0x53, address=1, ci=0x6C, payload=bytes(6)),
        LongFrame(control=0x53, address=1, ci=0x51, payload=bytes.fromhex("017A02")),
    ],
)
def test_all_else_is_met_with_silence(received: frame.Frame) -> None:
    assert a_meter().answer(received, START + HOUR) is None


def test_a_poll_before_the_start_is_met_with_silence() -> None:
    assert a_meter().answer(ShortFrame(control=0x5B, address=1), START - 1) is None


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"identification": "1234567"}, "identification"),
        ({"identification": "1234567A"}, "identification"),
        ({"user_key": b""}, "user_key"),
        ({"equipment": "short"}, "equipment"),
        ({"start": START + 1}, "start"),
        ({"address": 251}, "address"),
    ],
)
def test_settings_are_checked(changed: dict[str, str | bytes | int], where: str) -> None:
    whole: dict[str, object] = {
        "identification": "12345678",
        "user_key": KEY,
        "equipment": EQUIPMENT,
        "start": START,
        **changed,
    }
    with pytest.raises(DataError) as caught:
        GasMeterSettings(**whole)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.where) == ("gasmeter-settings", where)
