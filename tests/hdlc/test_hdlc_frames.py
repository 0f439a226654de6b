"""HDLC frames: known octets both ways, round trips, and refusal of everything damaged."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from hdlc.frames import addresses, controls, frames
from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.hdlc import Address, Control, Examined, Frame, Kind, Parameters, examine
from meterkast.protocols.hdlc.fcs import fcs


def test_fcs_of_the_catalogue_check_value() -> None:
    # CRC-16/IBM-SDLC, also called X-25: check 906E over "123456789" (catalogue of CRC algorithms)
    assert fcs(b"123456789") == bytes.fromhex("6E90")


@pytest.mark.parametrize(
    ("address", "octets"),
    [
        (Address(16), "21"),
        (Address(1), "03"),
        (Address(1, 17, 2), "0223"),
        (Address(0x3FFF, 0x3FFF, 4), "FEFEFEFF"),  # all stations, IEC 62056-46 table 2
        (Address(1, 17, 4), "00020023"),
    ],
)
def test_address_known_answers(address: Address, octets: str) -> None:
    assert address.encode().hex() == octets.lower()
    assert Address.parse(bytes.fromhex(octets)) == address


@pytest.mark.parametrize("octets", ["", "02", "0202", "020203", "02020303", "02020202", "00000000"])
def test_address_without_a_legal_end_is_refused(octets: str) -> None:
    with pytest.raises(PeerError, match="1, 2 or 4"):
        Address.parse(bytes.fromhex(octets))


def test_address_out_of_range_is_our_fault() -> None:
    for values in ((128, 0, 1), (1, 1, 1), (1, 128, 2), (1, 1, 3), (-1, 0, 1), (0x4000, 0, 4)):
        with pytest.raises(LocalError):
            Address(*values)


@pytest.mark.parametrize(
    ("octet", "control"),
    [
        # IEC 62056-46 table 5, with the poll or final bit set
        (0x93, Control(kind=Kind.SET_NORMAL_RESPONSE_MODE)),
        (0x73, Control(kind=Kind.UNNUMBERED_ACKNOWLEDGE)),
        (0x53, Control(kind=Kind.DISCONNECT)),
        (0x1F, Control(kind=Kind.DISCONNECTED_MODE)),
        (0x97, Control(kind=Kind.FRAME_REJECT)),
        (0x13, Control(kind=Kind.UNNUMBERED_INFORMATION)),
        (0x10, Control(kind=Kind.INFORMATION)),
        (0x30, Control(kind=Kind.INFORMATION, receive=1)),
        (0x54, Control(kind=Kind.INFORMATION, send=2, receive=2)),
        (0x71, Control(kind=Kind.RECEIVE_READY, receive=3)),
        (0x75, Control(kind=Kind.RECEIVE_NOT_READY, receive=3)),
    ],
)
def test_control_known_answers(octet: int, control: Control) -> None:
    assert control.octet == octet
    assert Control.parse(octet) == control


@given(controls)
def test_control_round_trip(control: Control) -> None:
    assert Control.parse(control.octet) == control


def test_every_control_octet_parses_or_is_refused() -> None:
    known = 0
    for octet in range(256):
        with suppress(PeerError):
            assert Control.parse(octet).octet == octet
            known += 1
    assert known == 128 + 2 * 16 + 6 * 2  # I; RR and RNR; the unnumbered ones


@given(addresses)
def test_address_round_trip(address: Address) -> None:
    assert Address.parse(b"\xff" + address.encode() + b"\x01", 1) == address


@given(frames)
def test_frame_round_trip(frame: Frame) -> None:
    assert Frame.parse(frame.encode()) == frame


@given(frames, st.data())
def test_one_flipped_bit_is_always_noticed(frame: Frame, data: st.DataObject) -> None:
    octets = bytearray(frame.encode())
    place = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[place // 8] ^= 1 << place % 8
    with pytest.raises(PeerError):
        Frame.parse(bytes(octets))


@given(st.binary(max_size=80))
def test_garbage_raises_the_peer_error_and_nothing_else(octets: bytes) -> None:
    for candidate in (octets, b"\x7e" + octets + b"\x7e", _plausible(octets)):
        with suppress(PeerError):
            examine(candidate)


def _plausible(octets: bytes) -> bytes:
    """The octets as a frame whose format field is right."""
    return b"\x7e\xa0" + bytes((len(octets) + 2,)) + octets + b"\x7e"


def test_frame_longer_than_eleven_bits_is_our_fault() -> None:
    frame = Frame(
        destination=Address(1),
        source=Address(16),
        control=Control(kind=Kind.INFORMATION),
        information=bytes(2040),
    )
    with pytest.raises(LocalError):
        frame.encode()


@pytest.mark.captures
@pytest.mark.parametrize(
    "name",
    [
        "dc-hdlc-test_construct",
        "dc-hdlc-test_contruct",
        "dc-hdlc-test_parser_correctly",
        "dc-hdlc-test_parses_correct",
    ],
)
def test_frames_of_the_field(name: str) -> None:
    folder = captures_dir() / "dlms-exchange"
    octets = bytes.fromhex((folder / f"{name}.hex").read_text())
    expected = json.loads((folder / f"{name}.expected.json").read_text())["hdlc"]
    examined = examine(octets)
    frame = examined.frame
    assert examined == Examined(frame=frame, hcs_ok=expected["hcs_ok"], fcs_ok=expected["fcs_ok"])
    assert frame.destination.encode().hex().upper() == expected["destination"]
    assert frame.source.encode().hex().upper() == expected["source"]
    assert frame.control.octet == int(expected["control"], 16)
    assert frame.information.hex().upper() == expected["information"]
    assert frame.segmented is expected["segmented"]
    assert frame.encode() == octets


@pytest.mark.captures
def test_parameters_of_a_real_ua() -> None:
    octets = bytes.fromhex(
        (captures_dir() / "dlms-exchange" / "dc-hdlc-test_parser_correctly.hex").read_text()
    )
    assert Parameters.parse(Frame.parse(octets).information) == Parameters(transmit=0x9A, receive=0x9A)


def test_parameters_known_answers() -> None:
    # the sizes may be one octet long as well; windows are read over
    assert Parameters.parse(b"") == Parameters(transmit=128, receive=128)
    assert Parameters.parse(bytes.fromhex("81800605018006018 0".replace(" ", ""))) == Parameters()
    assert Parameters(transmit=1024, receive=512).encode().hex() == (
        "818014050204000602020007040000000108040000 0001".replace(" ", "")
    )


@pytest.mark.parametrize(
    "octets",
    [
        "80",
        "8180",
        "818001",
        "81800105",
        "8180020500",
        "818003050101",
        "81800305021F",
        "8180040502080080",
        "818006050180050180",
    ],
)
def test_malformed_parameters_are_refused(octets: str) -> None:
    with pytest.raises(PeerError):
        Parameters.parse(bytes.fromhex(octets))


@given(st.integers(32, 2030), st.integers(32, 2030))
def test_parameters_round_trip(transmit: int, receive: int) -> None:
    parameters = Parameters(transmit=transmit, receive=receive)
    assert Parameters.parse(parameters.encode()) == parameters


@given(st.binary(max_size=40))
def test_garbage_parameters_raise_only_the_peer_error(octets: bytes) -> None:
    for candidate in (octets, b"\x81\x80" + bytes((len(octets),)) + octets):
        with suppress(PeerError):
            Parameters.parse(candidate)
