"""Octets cut into messages: whatever the pieces they come in, behind garbage, and within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.protocols import wrapper
from meterkast.protocols.dlms.apdu import GeneralGloCiphering
from meterkast.protocols.explain.messages import Messages
from meterkast.protocols.hdlc import Address
from meterkast.protocols.hdlc.control import Control
from meterkast.protocols.hdlc.frame import Frame
from meterkast.protocols.mbus.frame import Acknowledgement, LongFrame, ShortFrame
from meterkast.protocols.p1.crc import crc16

P1 = b"/MKM5METER\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n!"
P1 += f"{crc16(P1):04X}".encode() + b"\r\n"


def hdlc(information: bytes, *, segmented: bool = False) -> bytes:
    return Frame(
        destination=Address(1),
        source=Address(16),
        control=Control.parse(0x13),
        information=information,
        segmented=segmented,
    ).encode()


HDLC = st.binary(min_size=1, max_size=60).map(hdlc)
SEGMENTED = st.binary(min_size=1, max_size=60).map(lambda octets: hdlc(octets, segmented=True) + hdlc(octets))
SHARED_FLAG = SEGMENTED.map(lambda octets: octets.replace(b"\x7e\x7e", b"\x7e", 1))
MESSAGES = st.one_of(
    HDLC,
    SEGMENTED,
    SHARED_FLAG,
    st.binary(max_size=60).map(lambda octets: wrapper.encode(1, 16, octets)),
    st.binary(max_size=60).map(
        lambda octets: LongFrame(control=8, address=1, ci=0x72, payload=octets).encode()
    ),
    st.binary(max_size=60).map(
        lambda octets: (
            LongFrame(control=8, address=1, ci=0x00, payload=octets).encode()
            + LongFrame(control=8, address=1, ci=0x11, payload=octets).encode()
        )
    ),
    st.just(ShortFrame(control=0x5B, address=1).encode()),
    st.just(Acknowledgement().encode()),
    st.just(P1),
    st.binary(max_size=300).map(
        lambda octets: GeneralGloCiphering(
            system_title=bytes(8), security_control=0x30, counter=1, payload=octets
        ).encode()
    ),
)


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    ends = sorted(place % (len(octets) + 1) for place in places)
    return [octets[begin:end] for begin, end in zip([0, *ends], [*ends, len(octets)], strict=True)]


@given(st.lists(MESSAGES, max_size=6), st.lists(st.integers(0, 10_000), max_size=8))
def test_messages_come_out_as_they_went_in_whatever_the_pieces(sent: list[bytes], places: list[int]) -> None:
    stream = Messages()
    found = [each for piece in cut(b"".join(sent), places) for each in stream.receive(piece)]
    assert found == sent
    assert (stream.dropped, stream.pending) == (0, b"")


@given(
    st.binary(max_size=40).filter(lambda octets: not set(octets) & set(b"/~\x00\x68\x10\xe5\xdb\r\n")),
    MESSAGES,
)
def test_garbage_is_counted_and_what_follows_is_heard(garbage: bytes, message: bytes) -> None:
    stream = Messages()
    assert stream.receive(garbage + message) == [message]
    assert stream.dropped == len(garbage)


@given(st.binary(max_size=2000))
def test_any_octets_are_accounted_for(octets: bytes) -> None:
    stream = Messages()
    found = stream.receive(octets)
    between = octets.count(b"\r") + octets.count(b"\n")
    counted = sum(map(len, found)) + stream.dropped + len(stream.pending)
    assert len(octets) - between <= counted <= len(octets)


@pytest.mark.parametrize("start", [b"/", b"\x7e\xa8\x10", b"\x00\x01\x00\x01\x00\x10\xff\xff"])
def test_memory_is_bounded(start: bytes) -> None:
    stream = Messages()
    stream.receive(start)
    for _ in range(100):
        stream.receive(b"A" * 4096)
        assert len(stream.pending) <= (1 << 16) + 4096


def test_a_line_that_was_joined_in_the_middle_is_understood_from_its_next_message_on() -> None:
    stream = Messages()
    assert stream.receive(P1[7:] + P1) == [P1]
