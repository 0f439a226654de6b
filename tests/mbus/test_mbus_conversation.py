"""The master's conversations on the wired M-Bus: reading out, selecting, searching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbus.mbus_wall import Device, Wire, identity
from meterkast.model.errors import DataError, PeerError, UnreachableError
from meterkast.protocols.mbus.conversation import SELECTED, Quiet, read_out, search, select
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.secondary import SecondaryAddress

MORE = b"\x1f"
NUMBERS = st.integers(0, 99_999_999)
ADDRESSES = st.builds(
    SecondaryAddress,
    identification=st.text("0123456789F", min_size=8, max_size=8),
    manufacturer=st.none() | st.just("MKM"),
    version=st.none() | st.integers(0, 254),
    device_type=st.none() | st.integers(0, 254),
)


@given(ADDRESSES)
def test_an_address_comes_back_from_the_wire(address: SecondaryAddress) -> None:
    assert SecondaryAddress.decode(address.encode()) == address


@given(NUMBERS, ADDRESSES)
def test_narrower_addresses_mean_the_same_devices_and_each_of_them_once(
    number: int, address: SecondaryAddress
) -> None:
    narrower = address.narrower()
    if narrower:
        assert sum(each.fits(identity(number)) for each in narrower) == address.fits(identity(number))


def test_an_address_means_one_device_alone() -> None:
    address = SecondaryAddress.of(identity(12))
    assert address.fits(identity(12))
    assert not address.fits(identity(13))
    assert not address.fits(identity(12, "KAM"))


@pytest.mark.parametrize("text", ["1234567", "123456789", "1234567X", ""])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DataError) as caught:
        SecondaryAddress(identification=text)
    assert caught.value.code == "mbus-address-malformed"


def test_all_telegrams_of_a_device_are_read_in_order() -> None:
    contents = [b"\x01\x13\x01" + MORE, b"\x01\x13\x02" + MORE, b"\x01\x13\x03"]
    wire = Wire([Device(identity(1), address=7, contents=contents)])
    assert [each.payload[12:] for each in wire.hold(read_out(7))] == contents


@given(st.frozensets(st.integers(0, 12), max_size=2))
def test_what_is_lost_on_the_line_is_neither_lost_nor_doubled(lost: frozenset[int]) -> None:
    contents = [b"\x01\x13\x01" + MORE, b"\x01\x13\x02" + MORE, b"\x01\x13\x03"]
    wire = Wire([Device(identity(1), address=7, contents=contents)], lost=lost)
    assert [each.payload[12:] for each in wire.hold(read_out(7))] == contents


@given(st.frozensets(st.integers(0, 12), max_size=2))
def test_an_answer_that_was_spoilt_is_given_again_and_not_skipped(spoilt: frozenset[int]) -> None:
    contents = [b"\x01\x13\x01" + MORE, b"\x01\x13\x02" + MORE, b"\x01\x13\x03"]
    wire = Wire([Device(identity(1), address=7, contents=contents)], spoilt=spoilt)
    assert [each.payload[12:] for each in wire.hold(read_out(7))] == contents


def test_a_device_without_end_is_refused() -> None:
    wire = Wire([Device(identity(1), address=7, contents=[MORE, MORE])])
    with pytest.raises(PeerError) as caught:
        wire.hold(read_out(7))
    assert caught.value.code == "mbus-telegrams-many"


def test_silence_and_noise_are_told_apart() -> None:
    with pytest.raises(UnreachableError) as silent:
        Wire([]).hold(read_out(7))
    assert silent.value.code == "mbus-silent"
    both = [Device(identity(1), address=7), Device(identity(2), address=7)]
    with pytest.raises(PeerError) as noisy:
        Wire(both).hold(read_out(7))
    assert noisy.value.code == "mbus-noise"


def test_a_selected_device_is_read_and_no_other() -> None:
    wire = Wire([Device(identity(number), address=1) for number in (11, 12, 13)])
    wire.hold(select(SecondaryAddress.of(identity(12))))
    (answer,) = wire.hold(read_out(SELECTED))
    assert Identity.decode(answer.payload[:8]) == identity(12)


def test_selecting_nobody_is_silence() -> None:
    with pytest.raises(UnreachableError) as caught:
        Wire([Device(identity(1))]).hold(select(SecondaryAddress.of(identity(2))))
    assert caught.value.code == "mbus-silent"


@given(st.sets(NUMBERS, max_size=12))
def test_a_search_finds_everybody(numbers: set[int]) -> None:
    wire = Wire([Device(identity(number)) for number in numbers])
    found = wire.hold(search(SecondaryAddress()))
    assert sorted(found.devices) == sorted(identity(number) for number in numbers)
    assert not found.clashes


def test_a_search_asks_little_where_there_is_little() -> None:
    wire = Wire([Device(identity(number)) for number in (10_000_000, 19_999_999, 90_000_000)])
    wire.hold(search(SecondaryAddress()))
    assert wire.said <= 1 + 2 + 10 * 3 * 2


def test_two_of_the_same_number_are_said_to_clash() -> None:
    wire = Wire([Device(identity(5, "MKM")), Device(identity(5, "KAM"))])
    found = wire.hold(search(SecondaryAddress()))
    assert found.devices == ()
    assert [clash.identification for clash in found.clashes] == ["00000005"]


@given(st.lists(st.sampled_from([Quiet.SILENCE, Quiet.NOISE]) | st.binary(max_size=20), max_size=40))
def test_a_conversation_with_a_hostile_line_ends(heard: list[Quiet | bytes]) -> None:
    conversation = search(SecondaryAddress(identification="1234567F"))
    next(conversation)
    try:
        for each in heard:
            payload = each if isinstance(each, bytes) else b""
            conversation.send(
                each if isinstance(each, Quiet) else LongFrame(control=8, address=1, ci=0x72, payload=payload)
            )
        for _ in range(200):
            conversation.send(Quiet.SILENCE)
    except StopIteration:
        return
    pytest.fail("the search does not end")
