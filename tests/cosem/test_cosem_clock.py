"""A clock that may be set: what each method makes of the time, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import START
from meterkast.protocols.axdr import Data, enum, integer, long, null, octets, structure
from meterkast.protocols.cosem.objects import AccessDenied
from meterkast.protocols.cosem.objects.settable_clock import SettableClock
from meterkast.protocols.datetime import CosemDateTime, from_unix_local
from meterkast.protocols.dlms.apdu import DataAccessResult

QUARTER, PERIOD, MINUTE, TO_PRESET, PRESET, SHIFT = range(1, 7)
GO = integer(0)


class Watch:
    """A clock of a device."""

    def __init__(self, at: int = START, period: int = 3600) -> None:
        self.at = at
        self.object = SettableClock(lambda: self.at, adjust=self._set, period=period)

    def _set(self, at: int) -> None:
        self.at = at


def moment(at: int) -> Data:
    return octets(from_unix_local(at, 0).encode())


@given(
    st.integers(START - 10**8, START + 10**8),
    st.sampled_from([(QUARTER, 900), (PERIOD, 3600), (MINUTE, 60)]),
)
def test_the_nearest_is_never_further_than_half_a_step(at: int, method: tuple[int, int]) -> None:
    number, step = method
    watch = Watch(at)
    watch.object.invoke(number, GO)
    assert watch.at % step == 0
    assert abs(watch.at - at) <= step // 2


def test_known_answers() -> None:
    for method, before, after in ((MINUTE, 29, 0), (MINUTE, 30, 60), (QUARTER, 449, 0), (QUARTER, 450, 900)):
        watch = Watch(START + before)
        watch.object.invoke(method, GO)
        assert watch.at == START + after


@given(st.integers(START - 10**8, START + 10**8))
def test_the_time_is_set_and_read_back(at: int) -> None:
    watch = Watch()
    watch.object.write(2, moment(at))
    assert watch.at == at
    assert watch.object.read(2) == moment(at)


@given(st.integers(-900, 900))
def test_a_shift_is_up_to_a_quarter(seconds: int) -> None:
    watch = Watch()
    watch.object.invoke(SHIFT, long(seconds))
    assert watch.at == START + seconds


def test_a_preset_counts_once_and_in_its_time() -> None:
    watch = Watch()
    preset = structure((moment(START + 7), moment(START + 100), moment(START + 200)))
    watch.object.invoke(PRESET, preset)
    for outside in (START + 99, START + 201):
        watch.at = outside
        refused(watch, TO_PRESET, GO, DataAccessResult.READ_WRITE_DENIED)
    watch.at = START + 150
    watch.object.invoke(TO_PRESET, GO)
    assert watch.at == START + 7
    watch.at = START + 150
    refused(watch, TO_PRESET, GO, DataAccessResult.READ_WRITE_DENIED)


def refused(watch: Watch, method: int, parameters: Data | None, result: DataAccessResult) -> None:
    before = watch.at
    with pytest.raises(AccessDenied) as denied:
        watch.object.invoke(method, parameters)
    assert denied.value.result is result
    assert watch.at == before


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (QUARTER, None),
        (QUARTER, null()),
        (MINUTE, enum(0)),
        (SHIFT, long(901)),
        (SHIFT, integer(1)),
        (PRESET, moment(START)),
        (PRESET, structure((moment(START), moment(START)))),
        (PRESET, structure((moment(START), moment(START), octets(b"")))),
    ],
)
def test_parameters_of_another_form_are_refused(method: int, parameters: Data | None) -> None:
    refused(Watch(), method, parameters, DataAccessResult.TYPE_UNMATCHED)


def test_what_is_no_moment_or_no_time_is_refused() -> None:
    watch = Watch()
    for value in (octets(bytes(11)), octets(CosemDateTime(hour=3).encode()), null()):
        with pytest.raises(AccessDenied):
            watch.object.write(2, value)
    with pytest.raises(AccessDenied):
        watch.object.write(3, long(0))
    refused(watch, 7, GO, DataAccessResult.READ_WRITE_DENIED)
    assert watch.at == START
