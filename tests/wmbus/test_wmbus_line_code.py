"""Radio frames as chips: known symbols, round trips with noise around them, and what is no frame."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import PeerError
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.wmbus.frame import SND_NR, Frame, parse
from meterkast.protocols.wmbus.line_code import Mode, decode

MODES = st.sampled_from(Mode)
FRAMES = st.builds(
    Frame,
    control=st.just(SND_NR),
    sender=st.just(Identity(manufacturer="MKM", identification="12345678", version=1, device_type=3)),
    content=st.binary(min_size=1, max_size=200),
)
NOISE = st.lists(st.integers(0, 1), max_size=60)


def chips(octets: bytes, mode: Mode) -> str:
    return "".join(map(str, mode.code.encode(octets)))


def test_the_symbols_of_the_standard() -> None:
    assert chips(b"\x0f", Mode.T) == "010110101001"
    assert chips(b"\x8a", Mode.T) == "101100100110"
    assert chips(b"\xa0", Mode.S) == "0110011010101010"
    assert chips(b"\xa0", Mode.C_A) == "10100000"


@pytest.mark.parametrize("mode", [Mode.S, Mode.T])
def test_every_symbol_has_as_many_ones_as_zeros(mode: Mode) -> None:
    assert all(2 * symbol.bit_count() == mode.code.chips for symbol in mode.code.symbols)
    assert len(set(mode.code.symbols)) == 1 << mode.code.bits


@given(FRAMES, MODES, NOISE, NOISE)
def test_a_frame_is_found_in_noise(frame: Frame, mode: Mode, before: list[int], behind: list[int]) -> None:
    octets = frame.encode(mode.form)
    found = decode([*before, *mode.encode(octets), *behind], mode)
    assert found == octets or before
    assert parse(decode([*mode.encode(octets), *behind], mode)).frame == frame


@given(FRAMES, st.data())
def test_a_chip_that_flips_is_noticed_in_mode_t(frame: Frame, data: st.DataObject) -> None:
    octets = frame.encode(Mode.T.form)
    sent = Mode.T.encode(octets, preamble=0)
    place = data.draw(st.integers(len(Mode.T.synchronisation), len(sent) - 3))
    sent[place] ^= 1
    with pytest.raises(PeerError):
        decode(sent, Mode.T)


@given(st.lists(st.integers(0, 1), max_size=400), MODES)
def test_any_chips_are_a_frame_or_none(heard: list[int], mode: Mode) -> None:
    with suppress(PeerError):
        assert decode(heard, mode)
