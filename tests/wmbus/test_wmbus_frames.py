"""Radio frames: blocks, CRCs, formats."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mbus.crc import crc16
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.wmbus import frame
from meterkast.protocols.wmbus.frame import Format, Frame
from wmbus.oms_examples import ADAPTER, PARTIAL, PROFILE_A, PROFILE_B

SENDER = Identity(manufacturer="MKM", identification="12345678", version=1, device_type=3)
frames = st.builds(
    Frame,
    control=st.integers(0, 255),
    sender=st.builds(
        Identity,
        manufacturer=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
        identification=st.text("0123456789", min_size=8, max_size=8),
        version=st.integers(0, 255),
        device_type=st.integers(0, 255),
    ),
    content=st.binary(max_size=242),
)


def test_the_crc_of_the_catalogue() -> None:
    # CRC-16/EN-13757 in the catalogue of parametrised CRC algorithms: check value of "123456789".
    assert crc16(b"123456789") == 0xC2B7


@pytest.mark.parametrize("octets", [PROFILE_A, PROFILE_B, ADAPTER, PARTIAL])
def test_the_blocks_of_format_a_in_the_specification(octets: bytes) -> None:
    received = frame.parse(octets)
    assert received.form is Format.A
    assert received.frame.encode(Format.A) == octets


def test_the_sender_of_the_specification() -> None:
    sent = frame.parse(PROFILE_A).frame
    assert (sent.control, frame.function(sent.control)) == (0x44, "SND-NR")
    assert (sent.sender.name, sent.sender.version, sent.sender.device_type) == ("ELS12345678", 0x33, 3)


@given(frames, st.sampled_from(Format))
def test_every_frame_comes_back(sent: Frame, form: Format) -> None:
    received = frame.parse(sent.encode(form))
    assert received.frame == sent
    assert received.form is form


@pytest.mark.parametrize(("content", "crcs"), [(0, 1), (116, 1), (117, 2), (241, 2)])
def test_format_b_has_a_second_crc_behind_128_octets(content: int, crcs: int) -> None:
    octets = Frame(control=0x44, sender=SENDER, content=bytes(content)).encode(Format.B)
    assert len(octets) == octets[0] + 1 == 10 + content + 2 * crcs


@pytest.mark.parametrize(("form", "longest"), [(Format.A, 246), (Format.BARE, 246), (Format.B, 242)])
def test_the_length_field_bounds_a_frame(form: Format, longest: int) -> None:
    assert Frame(control=0x44, sender=SENDER, content=bytes(longest)).encode(form)[0] == 255
    with pytest.raises(LocalError) as refusal:
        Frame(control=0x44, sender=SENDER, content=bytes(longest + 1)).encode(form)
    assert refusal.value.code == "wmbus-frame-long"


@given(st.integers(0, len(PROFILE_A) * 8 - 1))
def test_each_flipped_bit_is_noticed(bit: int) -> None:
    changed = bytearray(PROFILE_A)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerError):
        frame.parse(bytes(changed))


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "wmbus-length-wrong"),
        (b"\x08" + bytes(8), "wmbus-length-wrong"),
        (PROFILE_A[:-1], "wmbus-length-wrong"),
        (PROFILE_A + b"\0", "wmbus-length-wrong"),
        (PROFILE_A[:-1] + b"\0", "wmbus-crc-wrong"),
    ],
)
def test_each_fault_has_its_code(octets: bytes, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        frame.parse(octets)
    assert refusal.value.code == code


@pytest.mark.parametrize("form", Format)
def test_octets_keep_their_place_on_air(form: Format) -> None:
    content = bytes(range(200))
    octets = Frame(control=0x44, sender=SENDER, content=content).encode(form)
    assert bytes(octets[frame.on_air(10 + place, form)] for place in range(200)) == content
    assert all(a < b for a, b in pairwise(frame.on_air(place, form) for place in range(210)))


@given(st.binary(max_size=300))
def test_garbage_raises_only_the_peer_error(octets: bytes) -> None:
    frame.looks_like(octets)
    try:
        frame.parse(octets)
    except PeerError:
        return


def test_a_frame_too_short_for_format_b_is_bare_whatever_its_last_octets_are() -> None:
    """Found by fuzzing: here they happen to be the CRC of what stands before them."""
    octets = bytes.fromhex("0A4493157856341233808C")
    assert crc16(octets[:-2]) == int.from_bytes(octets[-2:], "big")
    assert frame.parse(octets).form is Format.BARE
