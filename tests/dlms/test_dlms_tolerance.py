"""Tolerances: off where the standard is kept, named where it is not, and never a way around the decoder."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import PeerError
from meterkast.protocols import axdr
from meterkast.protocols.dlms import apdu, tolerance
from meterkast.protocols.dlms.apdu import DataNotification, EventNotification, LongInvokeId

MOMENT = bytes.fromhex("07E1090F05052128FF800000")
NAME = bytes.fromhex("01001F0700FF")
ROW = axdr.structure((axdr.octets(NAME), axdr.long(244)))
PUSH = DataNotification(LongInvokeId(1), MOMENT, axdr.array((ROW, ROW)))


def test_a_message_that_keeps_the_standard_needs_none() -> None:
    assert tolerance.decode(PUSH.encode()) == (PUSH, ())


def test_tagged_time_of_a_push() -> None:
    octets = PUSH.encode().replace(b"\x0c" + MOMENT, b"\x09\x0c" + MOMENT)
    message, (deviation,) = tolerance.decode(octets)
    assert message == PUSH
    assert (deviation.tolerance.code, deviation.offset, deviation.count) == ("date-time-tagged", 0, 1)


def test_tagged_time_of_an_event() -> None:
    octets = bytes.fromhex("C2090C07E70706040A362600FF888000018080808080800209024B41")
    message, (deviation,) = tolerance.decode(octets)
    assert isinstance(message, EventNotification)
    assert message.value == axdr.octets(b"KA")
    assert deviation.tolerance is tolerance.TAGGED_EVENT_TIME


def test_swapped_tags() -> None:
    octets = PUSH.encode().replace(b"\x09\x06" + NAME, b"\x06\x09" + NAME)
    message, (deviation,) = tolerance.decode(octets)
    assert message == PUSH
    assert (deviation.count, deviation.names) == (2, frozenset({NAME}))


def test_untagged_descriptors() -> None:
    row = bytes.fromhex("02020003" + NAME.hex() + "02" + "06000007A4")
    octets = bytes.fromhex("0F0000000100") + b"\x01\x02" + row + row
    message, (deviation,) = tolerance.decode(octets)
    assert isinstance(message, DataNotification)
    described = (axdr.long_unsigned(3), axdr.octets(NAME), axdr.integer(2), axdr.double_long_unsigned(1956))
    assert message.body == axdr.array([axdr.structure(described)] * 2)
    assert deviation.tolerance is tolerance.UNTAGGED_DESCRIPTOR


def test_two_deviations_in_one_message() -> None:
    octets = PUSH.encode().replace(b"\x0c" + MOMENT, b"\x09\x0c" + MOMENT)
    message, deviations = tolerance.decode(octets.replace(b"\x09\x06" + NAME, b"\x06\x09" + NAME))
    assert message == PUSH
    assert [found.tolerance.code for found in deviations] == ["date-time-tagged", "octet-string-swapped"]


def test_tolerances_can_be_switched_off() -> None:
    octets = PUSH.encode().replace(b"\x09\x06" + NAME, b"\x06\x09" + NAME)
    with pytest.raises(PeerError):
        tolerance.decode(octets, tolerances=(tolerance.TAGGED_PUSH_TIME,))


@given(st.sampled_from([b"", b"\x0f\0\0\0\1", b"\xc2"]), st.binary(max_size=80))
def test_only_what_the_strict_decoder_refuses_is_rewritten(start: bytes, octets: bytes) -> None:
    with contextlib.suppress(PeerError):
        message, deviations = tolerance.decode(start + octets)
        if not deviations:
            assert message == apdu.decode(start + octets)
            return
        with pytest.raises(PeerError):
            apdu.decode(start + octets)


def test_what_no_tolerance_mends_fails_as_the_strict_decoder_says() -> None:
    octets = PUSH.encode().replace(b"\x09\x06" + NAME, b"\x06\x09" + NAME) + b"\0"
    with pytest.raises(PeerError) as strict:
        apdu.decode(octets)
    with pytest.raises(PeerError) as refusal:
        tolerance.decode(octets)
    assert (refusal.value.code, refusal.value.where) == (strict.value.code, strict.value.where)
