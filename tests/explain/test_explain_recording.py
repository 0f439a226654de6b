"""What people hand in: one message or several, dumps, base64, and recorded network traffic."""

import base64
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError
from meterkast.model.obis import Obis
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import null
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    DataNotification,
    GetRequestNormal,
    InvokeId,
    LongInvokeId,
)
from meterkast.protocols.explain.conversations import conversations
from meterkast.protocols.explain.packets import Packet, packets
from meterkast.protocols.explain.recording import Message, messages
from meterkast.protocols.mbus.frame import LongFrame

FIRST = LongFrame(control=8, address=1, ci=0x78, payload=b"\x01\x13\x05").encode()
SECOND = LongFrame(control=8, address=2, ci=0x78, payload=b"\x01\x13\x06").encode()
PUSH = DataNotification(invoke=LongInvokeId(number=1), date_time=None, body=null()).encode()
ASK = GetRequestNormal(
    invoke=InvokeId(1), attribute=AttributeDescriptor(3, Obis(1, 0, 1, 8, 0), 2), selection=None
).encode()


def octets_of(found: list[Message]) -> list[bytes]:
    return [each.octets for each in found]


def test_one_message_stays_one() -> None:
    assert octets_of(messages(FIRST)) == [FIRST]
    assert octets_of(messages(FIRST.hex(" ").encode())) == [FIRST]
    assert octets_of(messages(base64.encodebytes(FIRST))) == [FIRST]


def test_several_messages_come_apart() -> None:
    assert octets_of(messages(FIRST + SECOND)) == [FIRST, SECOND]
    assert octets_of(messages(f"{FIRST.hex()}\n{SECOND.hex()}\n".encode())) == [FIRST, SECOND]
    assert octets_of(messages(base64.b64encode(FIRST + SECOND))) == [FIRST, SECOND]


def test_pushes_come_apart_and_a_dialogue_stays_together() -> None:
    pushes = [wrapper.encode(1, 16, PUSH)] * 3
    assert octets_of(messages(b"".join(pushes))) == pushes
    dialogue = wrapper.encode(16, 1, ASK) + wrapper.encode(1, 16, PUSH)
    assert octets_of(messages(dialogue)) == [dialogue]


def test_a_dump_over_several_lines_is_one_message() -> None:
    text = "\n".join(FIRST.hex()[begin : begin + 8] for begin in range(0, 2 * len(FIRST), 8))
    assert octets_of(messages(text.encode())) == [FIRST]


@given(st.binary(max_size=300))
def test_what_is_not_understood_comes_back_whole_or_in_whole_messages(octets: bytes) -> None:
    try:
        found = messages(octets)
    except DataError:
        return
    assert found


# Recorded network traffic.


def ethernet(source: int, destination: int, segment: bytes, protocol: int) -> bytes:
    addresses = bytes((192, 0, 2, source, 192, 0, 2, destination))
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, protocol, 0) + addresses
    return bytes(12) + b"\x08\x00" + header + segment


def tcp(source: int, destination: int, sequence: int, payload: bytes) -> bytes:
    segment = struct.pack(">HHIIBBHHH", 4059, 4059, sequence, 0, 5 << 4, 0x18, 1024, 0, 0) + payload
    return ethernet(source, destination, segment, 6)


def udp(source: int, destination: int, payload: bytes) -> bytes:
    return ethernet(source, destination, struct.pack(">HHHH", 4059, 4059, 8 + len(payload), 0) + payload, 17)


def pcap(frames: list[bytes]) -> bytes:
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames)


def pcapng(frames: list[bytes]) -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + length + body + length

    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 1, 0, 0))
    return (
        section
        + interface
        + b"".join(
            block(6, struct.pack("<IIIII", 0, 0, 0, len(frame), len(frame)) + frame) for frame in frames
        )
    )


@pytest.mark.parametrize("form", [pcap, pcapng])
def test_messages_are_found_in_recorded_traffic(form: Callable[[list[bytes]], bytes]) -> None:
    whole = wrapper.encode(1, 16, PUSH)
    frames = [tcp(7, 1, 100, whole[:5]), udp(8, 1, whole), tcp(7, 1, 105, whole[5:])]
    found = messages(form(frames))
    assert octets_of(found) == [whole, whole]
    assert [each.ends for each in found] == [
        ("192.0.2.7:4059", "192.0.2.1:4059"),
        ("192.0.2.8:4059", "192.0.2.1:4059"),
    ]


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4), st.integers(0, 0xFFFFFFFF))
def test_segments_may_come_in_any_order_and_more_than_once(
    order: list[int], again: list[int], begin: int
) -> None:
    whole = b"".join(wrapper.encode(1, 16, PUSH) for _ in range(3))
    size = len(whole) // 6 + 1
    pieces = [
        Packet(
            source="a",
            destination="b",
            sequence=(begin + number * size) % (1 << 32),
            payload=whole[number * size : (number + 1) * size],
        )
        for number in range(6)
    ]
    opening = Packet(source="a", destination="b", sequence=begin, payload=b"")
    sent = [opening, *(pieces[number] for number in [*order, *again])]
    (conversation,) = conversations(sent)
    assert b"".join(conversation.messages) == whole


def test_traffic_without_messages_says_so() -> None:
    with pytest.raises(DataError) as caught:
        messages(pcap([tcp(7, 1, 0, b"\x17\x03\x03\x00\x05hello")]))
    assert caught.value.code == "recording-without-messages"


@given(st.binary(max_size=200), st.integers(0, 200))
def test_a_damaged_recording_is_refused_or_read(noise: bytes, cut: int) -> None:
    whole = pcapng([tcp(7, 1, 0, FIRST)])
    for damaged in (whole[:cut], whole[:cut] + noise, whole[:4] + noise):
        with suppress(DataError):
            assert len(list(packets(damaged))) <= 1 + len(noise)
