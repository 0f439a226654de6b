"""Pushed APDUs: real captures, any cut into segments, and what gets lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from hdlc.frames import SERVER, apdus, connected
from meterkast.protocols.hdlc import (
    Address,
    Apdu,
    Control,
    Deframer,
    Frame,
    Garbage,
    Kind,
    Push,
    PushAssembly,
)

CLIENT = Address(16)
LLC = bytes.fromhex("E6E700")


def segments(apdu: bytes, size: int, kind: Kind = Kind.UNNUMBERED_INFORMATION) -> list[Frame]:
    """An APDU as a meter pushes it."""
    octets = LLC + apdu
    starts = range(0, len(octets), size)
    return [
        Frame(
            destination=CLIENT,
            source=SERVER,
            control=Control(
                kind=kind, send=place % 8 if kind is Kind.INFORMATION else 0, poll=start == starts[-1]
            ),
            information=octets[start : start + size],
            segmented=start != starts[-1],
        )
        for place, start in enumerate(starts)
    ]


def heard(frames: list[Frame], assembly: PushAssembly | None = None) -> list[Push | Garbage]:
    """What comes out."""
    receiver = assembly or PushAssembly()
    return [found for frame in frames if (found := receiver.receive(frame)) is not None]


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("edp-hdlc_iskra550", [0x0F]),
        ("edp-hdlc_kaifa_ma304h3e", [0x0F]),
        ("edp-hdlc_kamstrup_omnipower", [0xDB]),
        ("edp-hdlc_norway_han_3phase", [0x0F]),
        ("edp-hdlc_landis_gyr_e450", [0xE0, 0xE0, 0xE0]),  # blocks, the first alone with LLC header
    ],
)
def test_pushes_of_real_meters_come_out_whole(name: str, tags: list[int]) -> None:
    octets = bytes.fromhex((captures_dir() / "dlms-push" / f"{name}.hex").read_text())
    found = heard([frame for frame in Deframer().receive(octets) if isinstance(frame, Frame)])
    assert [each.octets[0] for each in found if isinstance(each, Push)] == tags
    assert len(found) == len(tags)


@given(
    st.lists(apdus, max_size=4),
    st.integers(8, 100),
    st.sampled_from((Kind.INFORMATION, Kind.UNNUMBERED_INFORMATION)),
)
def test_any_cut_into_segments_gives_the_same(apdus: list[bytes], size: int, kind: Kind) -> None:
    frames = [frame for apdu in apdus for frame in segments(apdu, size, kind)]
    assert heard(frames) == [Push(apdu) for apdu in apdus]


@given(st.integers(0, 4))
def test_a_lost_segment_costs_one_apdu_of_numbered_frames(lost: int) -> None:
    first, second = bytes(200), bytes(range(200))
    frames = segments(first, 50, Kind.INFORMATION)
    del frames[lost]
    found = heard(frames + segments(second, 50, Kind.INFORMATION))
    assert found[-1] == Push(second)
    assert Push(first) not in found


def test_a_push_without_end_is_dropped() -> None:
    (dropped, *_) = heard(segments(bytes(1000), 100), PushAssembly(limit=300))
    assert dropped == Garbage(code="hdlc-apdu-too-long", octets=400)


def test_other_frames_are_no_pushes() -> None:
    ready = Frame(destination=CLIENT, source=SERVER, control=Control(kind=Kind.RECEIVE_READY))
    assert [type(each) for each in heard([ready])] == [Garbage]


def test_a_meter_may_push_in_the_middle_of_a_dialogue() -> None:
    _, _, cable = connected()
    cable.send("client", b"request")
    for frame in segments(bytes(60), 40):
        cable.carry(frame.encode(), "client")
    cable.send("server", b"answer")
    assert cable.taken("client") == [Push(bytes(60)), Apdu(b"answer")]
