"""Profiles whose rows are written as differences, read by a client and restored to full values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import COLUMNS, GATEWAY, PROFILE, QUARTER, START, ask, bare
from dlms.dlms_values import cells
from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import (
    Data,
    Kind,
    array,
    decode,
    double_long_unsigned,
    encode,
    null,
    octets,
    structure,
    unsigned,
)
from meterkast.protocols.axdr.delta import DELTAS, undelta
from meterkast.protocols.cosem.capture import Row
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import ReadableObject
from meterkast.protocols.cosem.profile import decode_buffer
from meterkast.protocols.datetime import from_unix_local
from meterkast.protocols.dlms.apdu import AttributeDescriptor
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Result
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.server import Server

STARTED = octets(from_unix_local(START).encode())
WHOLE = (
    Kind.INTEGER,
    Kind.UNSIGNED,
    Kind.LONG,
    Kind.LONG_UNSIGNED,
    Kind.DOUBLE_LONG,
    Kind.DOUBLE_LONG_UNSIGNED,
    Kind.LONG64,
    Kind.LONG64_UNSIGNED,
)


class Profile(ReadableObject):
    """A profile of a meter that writes what it likes."""

    class_id = 7

    def __init__(self, buffer: Data) -> None:
        super().__init__(PROFILE, {2: lambda: buffer})


def read(buffer: Data) -> list[Row]:
    """The rows as a client has them."""
    meter = LogicalDevice("MKM0000000000001", [Profile(buffer)])
    server = Server(meter, grants={GATEWAY: Grant(otherwise=Right.READ)}, max_pdu_size=128)
    client = Client(max_pdu_size=128)
    carry = bare(server, GATEWAY)
    ask(client, carry, client.aarq())
    event = ask(client, carry, client.get(AttributeDescriptor(7, PROFILE, 2)))
    assert isinstance(event, Result)
    return decode_buffer(event.data, COLUMNS, QUARTER)


@given(
    st.integers(1 << 20, 1 << 30),
    st.lists(
        st.one_of(
            st.integers(-128, 127).map(lambda step: Data(Kind.DELTA_INTEGER, step)),
            st.integers(-(1 << 15), (1 << 15) - 1).map(lambda step: Data(Kind.DELTA_LONG, step)),
            st.integers(0, 255).map(lambda step: Data(Kind.DELTA_UNSIGNED, step)),
            st.integers(0, 0xFFFF).map(lambda step: Data(Kind.DELTA_LONG_UNSIGNED, step)),
            st.just(null()),
            st.integers(1 << 20, 1 << 30).map(double_long_unsigned),
        ),
        max_size=30,
    ),
)
def test_rows_come_back_in_full(first: int, steps: list[Data]) -> None:
    expected = [first]
    for step in steps:
        assert step.value is None or isinstance(step.value, int)
        distance = step.value or 0
        expected.append(distance if step.kind is Kind.DOUBLE_LONG_UNSIGNED else expected[-1] + distance)
    buffer = array(
        [
            structure((STARTED, unsigned(8), double_long_unsigned(first))),
            *(structure((null(), null(), step)) for step in steps),
        ]
    )
    assert read(buffer) == [
        Row(at=START + QUARTER * place, values=(unsigned(8), double_long_unsigned(value)))
        for place, value in enumerate(expected)
    ]


@pytest.mark.parametrize(
    ("before", "delta"),
    [
        (None, Data(Kind.DELTA_INTEGER, 1)),
        (null(), Data(Kind.DELTA_INTEGER, 1)),
        (octets(b"1"), Data(Kind.DELTA_INTEGER, 1)),
        (Data(Kind.ENUM, 1), Data(Kind.DELTA_INTEGER, 1)),
        (Data(Kind.FLOAT32, 1.0), Data(Kind.DELTA_INTEGER, 1)),
        (Data(Kind.DELTA_INTEGER, 1), Data(Kind.DELTA_INTEGER, 1)),
        (unsigned(255), Data(Kind.DELTA_UNSIGNED, 1)),
        (unsigned(0), Data(Kind.DELTA_INTEGER, -1)),
        (Data(Kind.INTEGER, -128), Data(Kind.DELTA_INTEGER, -1)),
        (Data(Kind.LONG64_UNSIGNED, (1 << 64) - 1), Data(Kind.DELTA_UNSIGNED, 1)),
    ],
)
def test_a_difference_without_sense_is_refused(before: Data | None, delta: Data) -> None:
    with pytest.raises(PeerError) as refusal:
        undelta(delta, before)
    assert refusal.value.code == "axdr-delta"


def test_a_first_row_of_differences_is_refused() -> None:
    with pytest.raises(PeerError):
        read(array([structure((STARTED, unsigned(8), Data(Kind.DELTA_UNSIGNED, 1)))]))


@given(
    st.sampled_from(WHOLE).flatmap(lambda kind: cells(kind, 1)), st.sampled_from(sorted(DELTAS)), st.data()
)
def test_what_is_restored_is_a_value_that_can_be_written(
    before: Data, kind: Kind, data: st.DataObject
) -> None:
    delta = data.draw(cells(kind, 1))
    try:
        value = undelta(delta, before)
    except PeerError:
        return
    assert decode(encode(value)) == value
    assert value.kind is before.kind
    assert isinstance(value.value, int)
    assert isinstance(before.value, int)
    assert value.value - before.value == delta.value
