"""The opening of mode E: known octets, both sides together, noise, and meters that speak otherwise."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mode_e import (
    START_SPEED,
    Event,
    Identification,
    Identified,
    MeterOpening,
    Opened,
    Opening,
    Say,
    Speed,
)
from meterkast.protocols.mode_e.characters import LineReader, with_parity

METER = Identification(maker="ISk", speed=9600, type="MT382-1000")

identifications = st.builds(
    Identification,
    maker=st.from_regex(r"[A-Z]{2}[A-Za-z]", fullmatch=True),
    speed=st.sampled_from((300, 600, 1200, 2400, 4800, 9600, 19200)),
    abilities=st.text("0123456789", max_size=3).map(lambda signs: "2" + signs),
    type=st.from_regex(r"[ -.0-\[\]-~]{0,16}", fullmatch=True),
)


def test_known_octets() -> None:
    # IEC 62056-21, 6.3.1 to 6.3.3: even parity in the eighth bit
    assert Opening().request() == bytes.fromhex("AF3F218D0A")
    events = Opening().receive(with_parity(b"/ISk5\\2MT382-1000\r\n"))
    assert events == [Identified(METER), Say(bytes.fromhex("06B235B28D0A")), Speed(9600)]


def test_parity_is_even() -> None:
    assert all(octet.bit_count() % 2 == 0 for octet in with_parity(bytes(range(128))))


def opened(reader: Opening, meter: MeterOpening, said: bytes) -> tuple[list[Event], list[Event]]:
    """Both sides until nothing is left to say."""
    heard: tuple[list[Event], list[Event]] = ([], [])
    at_meter = True
    while said:
        events = (meter if at_meter else reader).receive(said)
        heard[at_meter].extend(events)
        said = b"".join(event.octets for event in events if isinstance(event, Say))
        at_meter = not at_meter
    return heard


@given(identifications, st.sampled_from((300, 2400, 9600, 19200)), st.binary(max_size=20))
def test_both_sides_agree_on_the_speed(identification: Identification, fastest: int, noise: bytes) -> None:
    reader = Opening(fastest=fastest)
    at_reader, at_meter = opened(
        reader, MeterOpening(identification), noise.replace(b"\n", b"") + reader.request()
    )
    speed = identification.speed if identification.speed <= fastest else START_SPEED
    assert Identified(identification) in at_reader
    assert Speed(speed) in at_reader
    assert Speed(speed) in at_meter
    assert at_reader[-1] == at_meter[-1] == Opened()
    assert at_meter.index(Speed(speed)) < len(at_meter) - 2, "the meter confirms at the new speed"


@given(st.integers(1, 6))
def test_any_cut_and_the_echo_of_the_head_make_no_difference(size: int) -> None:
    reader = Opening()
    arriving = reader.request() + with_parity(str(METER).encode() + b"\r\n\x06252\r\n") + b"~rest"
    events = [
        event for at in range(0, len(arriving), size) for event in reader.receive(arriving[at : at + size])
    ]
    assert events[:3] == [Identified(METER), Say(with_parity(b"\x06252\r\n")), Speed(9600)]
    assert isinstance(events[3], Opened)


def test_what_comes_behind_the_confirmation_belongs_to_hdlc() -> None:
    reader = Opening()
    reader.receive(with_parity(str(METER).encode() + b"\r\n"))
    assert reader.receive(with_parity(b"\x06252\r\n") + b"~\xa0") == [Opened(b"~\xa0")]


def test_a_line_without_any_parity_is_taken_and_one_with_wrong_parity_is_not() -> None:
    line = str(METER).encode() + b"\r\n"
    assert Identified(METER) in Opening().receive(line)
    damaged = bytearray(with_parity(line))
    damaged[7] ^= 0x80
    reader = Opening()
    assert reader.receive(bytes(damaged)) == []
    assert Identified(METER) in reader.receive(with_parity(line))


def test_only_the_meter_that_is_asked_answers() -> None:
    meter = MeterOpening(METER, device="00012345")
    for device, answers in (("", True), ("12345", True), ("0012345", True), ("12346", False)):
        assert bool(meter.receive(Opening(device=device).request())) is answers


@pytest.mark.parametrize("wrong", [b"\x06050\r\n", b"\x06262\r\n", b"\x06251\r\n"])
def test_another_mode_or_speed_meets_silence(wrong: bytes) -> None:
    meter = MeterOpening(METER)
    assert meter.receive(with_parity(b"\x06252\r\n")) == [], "nobody has asked"
    meter.receive(Opening().request())
    assert meter.receive(with_parity(wrong)) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"/ISK5ME162-0039\r\n", "mode-e-unsupported"),
        (b"/ISK5\\3ME162\r\n", "mode-e-unsupported"),
        (b"/ISK7\\2ME162\r\n", "mode-e-identification-malformed"),
        (b"/I5\r\n", "mode-e-identification-malformed"),
        (b"/ISK5\\2" + b"x" * 17 + b"\r\n", "mode-e-identification-malformed"),
        (b"/" + b"x" * 64, "mode-e-line-too-long"),
    ],
)
def test_what_is_no_offer_of_hdlc_is_said(line: bytes, code: str) -> None:
    with pytest.raises(PeerError) as refused:
        Opening().receive(with_parity(line))
    assert refused.value.code == code


@given(identifications)
def test_identifications_round_trip(identification: Identification) -> None:
    assert Identification.parse(str(identification).encode()) == identification


@given(st.lists(st.binary(max_size=70), max_size=6))
def test_garbage_raises_only_the_peer_error_and_is_not_kept(pieces: list[bytes]) -> None:
    for side in (Opening(), MeterOpening(METER)):
        for piece in pieces:
            with suppress(PeerError):
                side.receive(piece)


def test_a_flood_is_not_kept() -> None:
    lines = LineReader(b"/")
    lines.receive(b"\r\n" * 100_000)
    assert len(lines.rest()) == 1024


def test_what_cannot_be_written_is_our_own_fault() -> None:
    for misfit in ({"maker": "isk"}, {"speed": 115200}, {"type": "a/b"}, {"type": "x" * 17}):
        with pytest.raises(LocalError):
            Identification(**({"maker": "ISK", "speed": 9600} | misfit))  # type: ignore[arg-type]
    for device in ("x" * 33, "a!", "é"):
        with pytest.raises(LocalError):
            Opening(device=device)
