"""Finding frames in a stream: whatever lies between them, however the stream is cut."""

from hypothesis import given
from hypothesis import strategies as st

from hdlc.frames import frames
from meterkast.protocols.hdlc import Address, Control, Deframer, Frame, Garbage, Kind
from meterkast.protocols.hdlc.deframer import GARBAGE_STEP

FRAME = Frame(
    destination=Address(1, 17, 2),
    source=Address(16),
    control=Control(kind=Kind.INFORMATION),
    information=bytes.fromhex("E6E6007E7EA07E"),
)
OCTETS = FRAME.encode()

streams = st.lists(
    st.one_of(
        frames.map(Frame.encode),
        st.binary(max_size=40),
        st.sampled_from((b"\x7e", b"\x7e\xa7\xff", b"\x7e\xa0\x07", b"\x7e\xa0\x0f\x03\x21")),
    ),
    max_size=8,
).map(b"".join)


@given(streams, st.integers(1, 7))
def test_the_cut_of_the_stream_makes_no_difference(stream: bytes, size: int) -> None:
    pieces = Deframer()
    found = [event for at in range(0, len(stream), size) for event in pieces.receive(stream[at : at + size])]
    assert found == Deframer().receive(stream)


@given(st.lists(frames, max_size=6))
def test_frames_come_out_as_they_went_in(sent: list[Frame]) -> None:
    assert Deframer().receive(b"".join(frame.encode() for frame in sent)) == sent


@given(st.lists(frames, max_size=6))
def test_frames_may_share_their_flags(sent: list[Frame]) -> None:
    stream = b"\x7e" + b"".join(frame.encode()[1:] for frame in sent)
    assert Deframer().receive(stream) == sent


@given(st.binary(min_size=1, max_size=60).filter(lambda octets: b"\x7e" not in octets))
def test_a_frame_after_noise_is_found_and_the_noise_reported(noise: bytes) -> None:
    assert Deframer().receive(noise + OCTETS) == [Garbage(code="hdlc-noise", octets=1), FRAME]


def test_a_damaged_frame_is_reported_with_its_reason_and_the_next_is_found() -> None:
    fcs_wrong = bytearray(OCTETS)
    fcs_wrong[-2] ^= 1
    hcs_wrong = bytearray(OCTETS)
    hcs_wrong[8] ^= 1
    for damaged, code in ((fcs_wrong, "hdlc-fcs-wrong"), (hcs_wrong, "hdlc-hcs-wrong")):
        first, *_, last = Deframer().receive(bytes(damaged) + OCTETS)
        assert first == Garbage(code=code, octets=1)
        assert last == FRAME


def test_a_false_start_does_not_swallow_the_frame_behind_it() -> None:
    false_start = bytes.fromhex("7EA7FF0223211011223344")
    assert Deframer().receive(false_start + OCTETS) == [Garbage(code="hdlc-hcs-wrong", octets=1), FRAME]


def test_a_flood_is_reported_and_nothing_of_it_is_kept() -> None:
    deframer = Deframer()
    reports = [event for _ in range(100) for event in deframer.receive(b"\x55" * 1000)]
    assert len(reports) == 1 + 100_000 // GARBAGE_STEP
    assert reports[-1] == Garbage(code="hdlc-noise", octets=100_000 // GARBAGE_STEP * GARBAGE_STEP)
    assert deframer.receive(OCTETS) == [FRAME]


def test_a_frame_longer_than_agreed_is_not_waited_for() -> None:
    assert Deframer(longest=17).receive(OCTETS) == [FRAME]
    assert Deframer(longest=16).receive(OCTETS[:3]) == [Garbage(code="hdlc-length-wrong", octets=1)]


def test_a_frame_that_stopped_half_way_can_be_abandoned() -> None:
    deframer = Deframer()
    assert deframer.receive(OCTETS[:-3]) == []
    deframer.abandon()
    assert deframer.receive(OCTETS) == [FRAME]
