"""What applications hand in: only this house's devices, only the day asked for, bounded."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.gateway.payload import MAX_EVENTS, MAX_OCTETS, checked, is_empty, is_read
from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, grid
from meterkast.model.errors import MeterkastError, PeerError, TrustError
from meterkast.model.event import DeviceEvent
from meterkast.model.obis import Obis
from meterkast.model.quality import Flag
from meterkast.model.unit import Unit
from meterkast.protocols.block import encode_payload

DAY = date(2026, 3, 28)
_DEVICES = {"KFM1": Medium.ELECTRICITY, "MKM1": Medium.GAS}


def _block(
    device: str = "MKM1",
    medium: Medium = Medium.GAS,
    day: date = DAY,
    value: int | None = 5,
    flags: tuple[str, ...] = (),
) -> MeterDayBlock:
    times = grid(day, HOUR)
    values = (value,) * len(times)
    column = Column(obis=Obis(0, 1, 24, 2, 1), unit=Unit.CUBIC_METRE, scaler=-3, values=values)
    return MeterDayBlock(
        device=device,
        medium=medium,
        day=day,
        times=times,
        columns=(column,),
        status=(None,) * len(times),
        flags=flags,
    )


def _event(device: str) -> DeviceEvent:
    return DeviceEvent(code="module-silent", device=device, at=1)


def test_what_was_asked_for_is_taken() -> None:
    blocks = [_block("KFM1", Medium.ELECTRICITY), _block()]
    payload = checked(encode_payload(blocks, [_event("KFM1")]), DAY, _DEVICES)
    assert payload.blocks == tuple(blocks)


@pytest.mark.parametrize(
    ("blocks", "events"),
    [
        ([_block("MKM2")], []),
        ([_block("KFM1", Medium.GAS)], []),
        ([_block(day=DAY + timedelta(days=1))], []),
        ([_block(), _block()], []),
        ([], [_event("KFM2")]),
    ],
    ids=["another device", "another medium", "another day", "twice", "event of another device"],
)
def test_what_was_not_asked_for_is_refused(blocks: list[MeterDayBlock], events: list[DeviceEvent]) -> None:
    with pytest.raises(TrustError) as caught:
        checked(encode_payload(blocks, events), DAY, _DEVICES)
    assert caught.value.code == "payload-foreign"


def test_bounds() -> None:
    for octets in (
        encode_payload([], [_event("KFM1")] * (MAX_EVENTS + 1)),
        bytes(MAX_OCTETS + 1),
    ):
        with pytest.raises(PeerError) as caught:
            checked(octets, DAY, _DEVICES)
        assert caught.value.code == "payload-too-large"


@given(st.binary(max_size=100))
def test_garbage_is_refused(octets: bytes) -> None:
    with pytest.raises(MeterkastError):
        checked(octets, DAY, _DEVICES)


def test_empty_and_unread_blocks() -> None:
    assert is_empty(_block(value=None))
    assert not is_empty(_block())
    assert is_read(_block(flags=(Flag.MISSING, Flag.CLOCK)))
    assert not any(is_read(_block(flags=(flag,))) for flag in (Flag.SILENT, Flag.FLOOD, Flag.GARBAGE))
