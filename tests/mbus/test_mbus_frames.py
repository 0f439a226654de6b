"""Link frames of EN 13757-2: both ways, byte by byte, and garbage."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.frame import Acknowledgement, Decoder, Frame, LongFrame, ShortFrame

octet = st.integers(0, 255)
frames: st.SearchStrategy[Frame] = st.one_of(
    st.just(Acknowledgement()),
    st.builds(ShortFrame, control=octet, address=octet),
    st.builds(LongFrame, control=octet, address=octet, ci=octet, payload=st.binary(max_size=252)),
)


@pytest.mark.parametrize(
    ("octets", "meaning"),
    [
        ("E5", Acknowledgement()),
        ("1040FE3E16", ShortFrame(control=0x40, address=0xFE)),
        ("105B015C16", ShortFrame(control=0x5B, address=1)),
        ("680404680801700881 16", LongFrame(control=8, address=1, ci=0x70, payload=b"\x08")),
    ],
)
def test_known_frames_both_ways(octets: str, meaning: Frame) -> None:
    assert frame.parse(bytes.fromhex(octets)) == meaning
    assert meaning.encode() == bytes.fromhex(octets)


@given(frames)
def test_every_frame_comes_back(meaning: Frame) -> None:
    assert frame.parse(meaning.encode()) == meaning


@given(st.lists(frames, max_size=4), st.integers(1, 300))
def test_a_stream_in_pieces_equals_the_whole(meanings: list[Frame], piece: int) -> None:
    stream = b"".join(meaning.encode() for meaning in meanings)
    decoder = Decoder()
    pieces = [stream[place : place + piece] for place in range(0, len(stream), piece)]
    assert [found for part in pieces for found in decoder.receive(part)] == meanings


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("", "mbus-frame-cut"),
        ("E5E5", "mbus-trailing-octets"),
        ("1040FE3F16", "mbus-checksum-wrong"),
        ("1040FE3E17", "mbus-stop-wrong"),
        ("00", "mbus-start-wrong"),
        ("6800006808 16", "mbus-length-wrong"),
        ("6804056808017008 81 16", "mbus-length-wrong"),
        ("68040468080170", "mbus-frame-cut"),
    ],
)
def test_each_fault_has_its_code(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        frame.parse(bytes.fromhex(octets))
    assert caught.value.code == code


def test_frames_beside_garbage_are_not_lost() -> None:
    decoder = Decoder()
    poll = ShortFrame(control=0x5B, address=1)
    with pytest.raises(PeerError) as caught:
        decoder.receive(b"\xe5" + b"\x00garbage\x10h" + poll.encode() + b"\x10")
    assert caught.value.code == "mbus-start-wrong"
    assert decoder.receive(b"") == [Acknowledgement(), poll]
    assert decoder.receive(poll.encode()[1:]) == [poll]


@given(st.binary(max_size=40), frames)
def test_after_garbage_the_stream_is_found_again(garbage: bytes, meaning: Frame) -> None:
    decoder = Decoder()
    found: list[Frame] = []
    for octets in (garbage, *[meaning.encode()] * 300):
        with contextlib.suppress(PeerError):
            found += decoder.receive(octets)
        found += decoder.receive(b"")
    assert meaning in found[-1:]


def test_a_flood_of_garbage_fills_nothing() -> None:
    decoder = Decoder()
    for _ in range(50):
        with pytest.raises(PeerError):
            decoder.receive(b"\xe5\x00" * 2000)
    assert len(decoder.receive(b"")) <= 64


def test_a_payload_that_fits_no_frame_is_our_fault() -> None:
    with pytest.raises(LocalError) as caught:
        LongFrame(control=8, address=1, ci=0x72, payload=bytes(253)).encode()
    assert caught.value.code == "mbus-frame-long"


@pytest.mark.parametrize(
    ("control", "name"),
    [
        (0x40, "SND_NKE"),
        (0x53, "SND_UD"),
        (0x73, "SND_UD"),
        (0x5B, "REQ_UD2"),
        (0x7B, "REQ_UD2"),
        (0x08, "RSP_UD"),
    ],
)
def test_the_function_is_named_whatever_the_count_bits(control: int, name: str) -> None:
    assert frame.function(control) == name


@given(st.binary(max_size=300))
def test_garbage_raises_only_the_peer_error(octets: bytes) -> None:
    for read in (frame.parse, Decoder().receive):
        try:
            read(octets)
        except PeerError:
            continue
