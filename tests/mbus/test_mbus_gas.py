"""Mode 15 and the Dutch gas telegram: the worked example of DSMR, what must be refused, round trips."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.protocols.mbus import frame, mode15, records
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.gas import GasTelegram, Status, open_gas_telegram, seal_gas_telegram
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.records import Record
from meterkast.protocols.mbus.telegram import Header

KEY = bytes(range(16))
DEVICE = Identity(manufacturer="MKM", identification="12345678", version=1, device_type=3)
HOUR = 1_767_225_600
GAS = GasTelegram(
    device=DEVICE,
    equipment="XXXXX110123456789",
    at=HOUR,
    index=1_234_567,
    five_minute=tuple(range(1_234_556, 1_234_568)),
    status=Status.FRAUD,
    counter=7,
)


def vector() -> dict[str, Any]:
    found: Any = json.loads((captures_dir() / "vectors.json").read_text())
    listed: list[dict[str, Any]] = found if isinstance(found, list) else found["vectors"]
    return next(one for one in listed if one["id"] == "dsmr422-p2-gas-rsp-ud")


@pytest.mark.captures
def test_the_worked_example_of_dsmr_4_2_2_both_ways() -> None:
    example = vector()
    # The printed IV has version 40h where the header says 42h (see the note of the vector).
    device = replace(Identity.decode(bytes.fromhex(example["header"])[3:11]), version=0x40)
    key, ciphertext = bytes.fromhex(example["user_key"]), bytes.fromhex(example["ciphertext"])
    plaintext = bytes.fromhex(example["plaintext"])
    counter = mode15.decode_counter(bytes.fromhex(example["frame_counter_block"]))
    assert counter == 1
    assert mode15.decrypt(key, device, counter, ciphertext) == plaintext
    assert mode15.encrypt(key, device, counter, plaintext.strip(b"\x2f")) == ciphertext
    assert mode15.encode_counter(counter) == bytes.fromhex(example["frame_counter_block"])
    assert f"{mode15.configuration(ciphertext):04X}" == "0F30"
    values = [str(record.value) for record in records.decode(plaintext)]
    assert values == ["0", "XXXXX110123456789", "2009-06-18T11:00:00", "0.391", "5"]


@pytest.mark.captures
def test_a_telegram_like_the_example_opens_without_five_minute_indexes() -> None:
    example = vector()
    plaintext = bytes.fromhex(example["plaintext"]).strip(b"\x2f")
    ciphertext = mode15.encrypt(KEY, DEVICE, 1, plaintext)
    header = Header(identity=DEVICE, access=0xF6, status=0, configuration=mode15.configuration(ciphertext))
    payload = header.encode() + ciphertext + mode15.encode_counter(1)
    opened = open_gas_telegram(LongFrame(control=8, address=1, ci=0x72, payload=payload).encode(), KEY, 0)
    assert (opened.index, opened.five_minute, opened.at) == (391, (), 1_245_322_800)


def test_a_telegram_comes_back() -> None:
    octets = seal_gas_telegram(GAS, KEY)
    assert open_gas_telegram(octets, KEY, 6) == GAS
    assert len(octets) <= 261


@given(
    st.integers(0, 99_999_999),
    st.lists(st.integers(0, 99_999_999), min_size=12, max_size=12) | st.just([]),
    st.integers(0, 0xFFFFFFFF),
    st.binary(min_size=16, max_size=16),
)
def test_every_telegram_comes_back(index: int, five_minute: list[int], counter: int, key: bytes) -> None:
    gas = replace(GAS, index=index, five_minute=tuple(five_minute), counter=counter)
    assert open_gas_telegram(seal_gas_telegram(gas, key), key, counter - 1) == gas


@pytest.mark.parametrize("last", [7, 8, 1 << 31])
def test_a_counter_that_does_not_rise_is_refused(last: int) -> None:
    with pytest.raises(TrustError) as caught:
        open_gas_telegram(seal_gas_telegram(GAS, KEY), KEY, last)
    assert caught.value.code == "mbus-counter-replayed"


def test_another_key_is_refused() -> None:
    with pytest.raises(TrustError) as caught:
        open_gas_telegram(seal_gas_telegram(GAS, KEY), bytes(16), 0)
    assert caught.value.code == "mbus-decrypt-failed"


def test_the_telegram_of_another_maker_under_this_name_is_refused() -> None:
    ciphertext = mode15.encrypt(KEY, DEVICE, 1, b"")
    with pytest.raises(TrustError):
        mode15.decrypt(KEY, replace(DEVICE, manufacturer="MKN"), 1, ciphertext)


@pytest.mark.parametrize("place", [0, -1])
def test_the_filler_is_looked_for_on_either_side(place: int) -> None:
    ciphertext = bytearray(mode15.encrypt(KEY, DEVICE, 1, bytes(28)))
    ciphertext[place] ^= 1
    with pytest.raises(TrustError):
        mode15.decrypt(KEY, DEVICE, 1, bytes(ciphertext))


@given(st.integers(8, 0xFFFFFFFF))
def test_an_old_telegram_under_a_raised_counter_is_seen_by_the_equipment(forged: int) -> None:
    read = frame.parse(seal_gas_telegram(GAS, KEY))
    assert isinstance(read, LongFrame)
    octets = replace(read, payload=read.payload[:-7] + mode15.encode_counter(forged)).encode()
    with pytest.raises((TrustError, PeerError)):
        open_gas_telegram(octets, KEY, 7, equipment=GAS.equipment)


def test_the_known_equipment_is_let_through() -> None:
    assert open_gas_telegram(seal_gas_telegram(GAS, KEY), KEY, 6, equipment=GAS.equipment) == GAS
    with pytest.raises(TrustError) as caught:
        open_gas_telegram(seal_gas_telegram(GAS, KEY), KEY, 6, equipment="YYYYY110123456789")
    assert caught.value.code == "mbus-equipment-other"


def _frame(device: Identity, configuration: int, content: bytes) -> bytes:
    header = Header(identity=device, access=0, status=0, configuration=configuration)
    return LongFrame(control=8, address=1, ci=0x72, payload=header.encode() + content).encode()


def _sealed(plaintext: str, device: Identity = DEVICE) -> bytes:
    ciphertext = mode15.encrypt(KEY, device, 1, bytes.fromhex(plaintext))
    return _frame(device, mode15.configuration(ciphertext), ciphertext + mode15.encode_counter(1))


def test_a_telegram_in_clear_is_refused() -> None:
    with pytest.raises(TrustError) as caught:
        open_gas_telegram(_frame(DEVICE, 0, bytes.fromhex("4C1391030000")), KEY, 0)
    assert caught.value.code == "mbus-not-encrypted"


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (bytes.fromhex("E5"), "mbus-gas-other-frame"),
        (_sealed("", replace(DEVICE, device_type=2)), "mbus-gas-other-device"),
        (_sealed("01FD1700 4C1391030000"), "mbus-gas-incomplete"),
        (_sealed("01FD1700 466D00000B321600"), "mbus-gas-incomplete"),
        (_sealed("01FD1700 466D00000B321600 4C1391030000 8C041300000000"), "mbus-gas-incomplete"),
        (_sealed("01FD1700 466D00000B321600 4C1291030000"), "mbus-gas-resolution"),
        (_frame(DEVICE, 0x0510, bytes(23)), "mbus-mode-unknown"),
        (_frame(DEVICE, 0x0F10, bytes(16)), "mbus-counter-missing"),
        (_frame(DEVICE, 0x0F00, bytes.fromhex("04FD0801000000")), "mbus-ciphertext-cut"),
    ],
)
def test_what_is_no_gas_telegram_has_its_code(octets: bytes, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        open_gas_telegram(octets, KEY, 0)
    assert caught.value.code == code


@given(st.integers(0, len(seal_gas_telegram(GAS, KEY)) * 8 - 1))
def test_no_flipped_bit_goes_unseen_on_the_link(bit: int) -> None:
    octets = bytearray(seal_gas_telegram(GAS, KEY))
    octets[bit // 8] ^= 1 << bit % 8
    with pytest.raises((PeerError, TrustError)):
        open_gas_telegram(bytes(octets), KEY, 6)


@given(st.binary(max_size=245), st.integers(0, 65535))
def test_garbage_raises_only_its_errors(content: bytes, configuration: int) -> None:
    for octets in (content, _frame(DEVICE, configuration, content[:240])):
        with pytest.raises((PeerError, TrustError)):
            open_gas_telegram(octets, KEY, 0)


@given(st.binary(max_size=230))
def test_garbage_behind_the_right_key_raises_only_its_errors(content: bytes) -> None:
    try:
        open_gas_telegram(_sealed(content.hex()), KEY, 0)
    except PeerError:
        return


def test_keys_counters_and_plaintexts_are_bounded() -> None:
    with pytest.raises(DataError):
        seal_gas_telegram(GAS, b"short")
    with pytest.raises(LocalError):
        mode15.encode_counter(1 << 32)
    with pytest.raises(LocalError):
        mode15.encrypt(KEY, DEVICE, 1, bytes(237))
    with pytest.raises(LocalError):
        seal_gas_telegram(replace(GAS, five_minute=(1, 2)), KEY)


def test_the_telegram_says_that_there_is_no_valve() -> None:
    octets = seal_gas_telegram(GAS, KEY)
    plaintext = mode15.decrypt(KEY, DEVICE, 7, octets[19 : 19 + 144])
    configuration = next(
        record
        for record in records.decode(plaintext)
        if isinstance(record, Record) and record.vib == b"\xfd\x67"
    )
    assert configuration.data == b"\x00"
