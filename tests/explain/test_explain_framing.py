"""Framing around DLMS messages: HDLC segments, M-Bus segments, wrapper, LLC header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import PeerError
from meterkast.protocols import wrapper
from meterkast.protocols.explain.document import Explanation
from meterkast.protocols.explain.framing import Carried, unframe
from meterkast.protocols.hdlc import Address, Control, Frame, Kind
from meterkast.protocols.mbus.frame import is_segment

LLC = bytes.fromhex("E6E700")
MESSAGE = bytes(range(40, 140))


def unframed(octets: bytes) -> tuple[list[Carried], Explanation]:
    explanation = Explanation(family="dlms")
    return unframe(octets, explanation), explanation


def hdlc(information: bytes, segmented: bool = False, kind: Kind = Kind.UNNUMBERED_INFORMATION) -> bytes:
    return Frame(
        destination=Address(16),
        source=Address(1, 1, 2),
        control=Control(kind=kind),
        information=information,
        segmented=segmented,
    ).encode()


def mbus(ci: int, data: bytes) -> bytes:
    body = bytes((0x53, 0xFF, ci, 1, 0x67)) + data
    length = len(body) % 256
    return bytes((0x68, length, length, 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


def codes(explanation: Explanation) -> list[str]:
    return [finding.code for finding in explanation.findings]


@given(st.integers(1, 60))
def test_hdlc_segments_become_one_message(size: int) -> None:
    content = LLC + MESSAGE
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    frames = [hdlc(part, segmented=part is not parts[-1]) for part in parts]
    carried, explanation = unframed(b"".join(frames))
    assert [message.octets for message in carried] == [MESSAGE]
    assert explanation.crc == "ok"
    assert sum(layer.name == "HDLC frame" for layer in explanation.layers) == len(parts)


def test_hdlc_offsets_point_into_the_input() -> None:
    octets = hdlc(LLC + MESSAGE)
    (carried,), explanation = unframed(octets)
    assert octets[carried.offset : carried.offset + len(MESSAGE)] == MESSAGE
    llc = explanation.layers[1]
    assert octets[llc.offset : llc.offset + llc.length] == LLC


def test_hdlc_frames_may_share_a_flag() -> None:
    first, second = hdlc(LLC + b"first"), hdlc(LLC + b"second")
    for between in (first + second, first + second[1:], first + b"\x7e" + second + b"\x7e"):
        carried, _ = unframed(between)
        assert [message.octets for message in carried] == [b"first", b"second"]


def test_hdlc_frames_of_other_kinds_carry_no_message() -> None:
    carried, explanation = unframed(hdlc(b"\x81\x80\x00", kind=Kind.UNNUMBERED_ACKNOWLEDGE))
    assert carried == []
    assert explanation.layers[0].fields["kind"] == "unnumbered-acknowledge"


@pytest.mark.parametrize(
    ("place", "code"), [(-3, "hdlc-fcs-wrong"), (6, "hdlc-fcs-wrong"), (-2, "hdlc-fcs-wrong")]
)
def test_a_wrong_check_sequence_is_a_finding(place: int, code: str) -> None:
    octets = bytearray(hdlc(LLC + MESSAGE))
    octets[place] ^= 0x40
    _, explanation = unframed(bytes(octets))
    assert explanation.crc == "bad"
    assert code in codes(explanation)


def test_one_bad_frame_makes_all_bad() -> None:
    octets = bytearray(hdlc(LLC + MESSAGE))
    octets[-2] ^= 1
    for order in (bytes(octets) + hdlc(LLC + MESSAGE), hdlc(LLC + MESSAGE) + bytes(octets)):
        assert unframed(order)[1].crc == "bad"


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (hdlc(LLC + MESSAGE, segmented=True), "hdlc-segment-missing"),
        (hdlc(LLC + MESSAGE)[:-1], "hdlc-flag-missing"),
        (b"\x7e\xa0", "hdlc-length-wrong"),
        (b"\x7e\x7e", "hdlc-frame-missing"),
        (hdlc(LLC + MESSAGE) + b"\x00\x01", "hdlc-format-unknown"),
        (wrapper.encode(1, 2, MESSAGE)[:-1], "wrapper-incomplete"),
        (mbus(0x01, MESSAGE), "mbus-segment-order"),
        (mbus(0x00, MESSAGE) + mbus(0x12, MESSAGE), "mbus-segment-order"),
        (mbus(0x72, MESSAGE), "mbus-segment-order"),
        (mbus(0x00, MESSAGE), "mbus-segment-missing"),
        (mbus(0x10, MESSAGE)[:-1], "mbus-segment-cut"),
        (mbus(0x10, MESSAGE)[:-1] + b"\x17", "mbus-segment-cut"),
        (mbus(0x10, MESSAGE) + b"\x68\x01", "mbus-segment-start"),
        (b"\x68\x03\x03\x68\x53\xff\x10\x62\x16", "mbus-segment-cut"),
    ],
)
def test_framing_that_does_not_hold_is_refused(octets: bytes, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        unframed(octets)
    assert refusal.value.code == code


def test_mbus_segments_become_one_message() -> None:
    carried, explanation = unframed(mbus(0x00, MESSAGE) + mbus(0x11, b"end"))
    assert carried == [Carried(MESSAGE + b"end", 9)]
    assert explanation.crc == "ok"
    assert [layer.fields["last"] for layer in explanation.layers] == [False, True]


def test_a_wrapped_mbus_length_is_a_finding() -> None:
    data = bytes(252)
    octets = mbus(0x10, data)
    assert octets[:4] == b"\x68\x01\x01\x68"
    carried, explanation = unframed(octets)
    assert carried == [Carried(data, 9)]
    assert codes(explanation) == ["mbus-length-wrapped"]


def test_a_wrong_mbus_checksum_is_a_finding() -> None:
    octets = bytearray(mbus(0x10, MESSAGE))
    octets[-2] ^= 1
    _, explanation = unframed(bytes(octets))
    assert (explanation.crc, codes(explanation)) == ("bad", ["mbus-checksum-wrong"])


def test_wrapped_messages_follow_each_other() -> None:
    carried, explanation = unframed(wrapper.encode(103, 102, b"one") + wrapper.encode(103, 102, b"two"))
    assert [message.octets for message in carried] == [b"one", b"two"]
    assert explanation.layers[1].fields == {"version": 1, "source": 103, "destination": 102, "length": 3}


def test_a_blank_wrapper_is_a_finding() -> None:
    carried, explanation = unframed(bytes(8) + MESSAGE)
    assert carried == [Carried(MESSAGE, 8)]
    assert codes(explanation) == ["wrapper-blank"]


def test_a_bare_message_has_no_layer() -> None:
    assert unframed(MESSAGE)[1].layers == []
    assert unframed(LLC + MESSAGE)[0] == [Carried(MESSAGE, 3)]


def test_which_mbus_frames_are_segments() -> None:
    assert is_segment(mbus(0x10, MESSAGE))
    assert not is_segment(mbus(0x72, MESSAGE))
    assert not is_segment(b"\x68\x03\x03\x68")
