"""Telegrams of real meters, explained: every object, the CRC, and readings."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import capture_index, captures_dir
from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.protocols.explain.document import Explanation
from meterkast.protocols.explain.p1 import explain_p1
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.p1.encrypted import EncryptedTelegram

ROWS = capture_index("p1")
VERDICTS = {True: "ok", False: "bad", None: "absent"}


def explained(name: str) -> Explanation:
    row = next((row for row in ROWS if row["id"] == name), None)
    if row is None:
        pytest.skip("no captures: the folder ../shared/captures is absent")
    return explain_p1((captures_dir() / row["file"]).read_bytes(), None, None)


@pytest.mark.captures
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_object_of_a_real_meter(row: dict[str, str]) -> None:
    expected: dict[str, Any] = json.loads((captures_dir() / row["expected"]).read_text())
    explanation = explain_p1((captures_dir() / row["file"]).read_bytes(), None, None)
    assert explanation.data == {"ident": expected["ident"], "objects": expected["objects"]}
    assert explanation.crc == VERDICTS[expected["crc"]["ok"]]
    assert len(explanation.readings) > 4
    if expected["crc"]["calculated"]:
        assert explanation.layers[0].fields["crc_calculated"] == expected["crc"]["calculated"]


@pytest.mark.captures
@pytest.mark.parametrize(
    ("name", "obis", "value", "unit", "at"),
    [
        ("dp-telegram_v5", "1-0:1.8.1", "4426", "Wh", 1_483_381_202),
        ("dp-telegram_v5", "0-1:24.2.1", "0.107", "m3", 1_483_369_805),
        ("dp-telegram_v2_2", "0-1:24.2.1", "1.001", "m3", 1_478_541_600),
        ("dp-telegram_v3", "0-1:24.2.1", "1.001", "m3", 1_234_450_800),
        ("dp-telegram_v4_2", "0-1:24.2.1", "981.443", "m3", 1_480_446_000),
        ("dp-telegram_fluvius_v171", "1-0:1.6.0", "2589", "W", 1_589_024_758),
        ("dp-telegram_fluvius_v171", "0-1:24.2.3", "112.384", "m3", 1_589_283_958),
        ("dp-telegram_sagemcom_t210_d_r", "1-0:1.8.0", "6545766", "Wh", 1_665_064_214),
        ("dp-telegram_esy5q3db1024_v304", "1-0:1.8.0", "52185782.5309", "Wh", None),
        ("amshan-example_data_c", "1-0:4.7.0", "470", "var", 1_603_180_342),
        ("dp-telegram_v5_eon_hu", "1-0:14.7.0", "50.00", "Hz", 1_690_204_050),
    ],
)
def test_readings_of_real_meters(name: str, obis: str, value: str, unit: str, at: int | None) -> None:
    (reading,) = [found for found in explained(name).readings if str(found.obis) == obis]
    assert (str(reading.value), reading.unit.symbol, reading.at) == (value, unit, at)


@pytest.mark.captures
def test_a_log_gives_no_readings_from_the_year_2000() -> None:
    explanation = explained("dp-telegram_v4_2")
    assert all(reading.at is None or reading.at > 1_400_000_000 for reading in explanation.readings)


@pytest.mark.captures
def test_the_second_gas_channel_has_no_identifier() -> None:
    explanation = explained("dp-telegram_v5")
    named = [str(reading.obis) for reading in explanation.readings if str(reading.obis).endswith("96.1.0")]
    assert named == ["0-1:96.1.0"]


@pytest.mark.captures
def test_octets_behind_the_telegram_are_a_finding() -> None:
    assert [finding.code for finding in explained("dp-telegram_esy5q3db1024_v304").findings] == [
        "p1-octets-after"
    ]


@pytest.fixture
def sealed() -> tuple[bytes, bytes, bytes]:
    rows = capture_index("p1-encrypted")
    if not rows:
        pytest.skip("no captures: the folder ../shared/captures is absent")
    key, _, auth_key = rows[0]["key_hex"].partition(";AK=")
    octets = (captures_dir() / rows[0]["file"]).read_bytes()
    return octets, bytes.fromhex(key), bytes.fromhex(auth_key)


@pytest.mark.captures
def test_the_encrypted_telegram_is_the_plain_one(sealed: tuple[bytes, bytes, bytes]) -> None:
    octets, key, auth_key = sealed
    explanation = explain_p1(octets, key, auth_key)
    assert explanation.data == explained("dp-telegram_sagemcom_t210_d_r").data
    assert (explanation.mac, explanation.crc) == ("verified", "ok")
    assert [layer.name for layer in explanation.layers] == ["P1 encryption", "P1 telegram"]


@pytest.mark.captures
def test_the_printed_authentication_key_serves_where_none_is_given(
    sealed: tuple[bytes, bytes, bytes],
) -> None:
    assert explain_p1(sealed[0], sealed[1], None).mac == "verified"


@pytest.mark.captures
def test_without_the_key_the_layer_is_told_and_nothing_more(sealed: tuple[bytes, bytes, bytes]) -> None:
    with pytest.raises(KeyNeededError) as caught:
        explain_p1(sealed[0], None, None)
    assert [layer.name for layer in caught.value.explanation.layers] == ["P1 encryption"]
    assert not caught.value.explanation.readings


@pytest.mark.captures
def test_another_key_and_every_changed_octet_are_refused(sealed: tuple[bytes, bytes, bytes]) -> None:
    octets, key, auth_key = sealed
    for wrong in ((octets, bytes(16), auth_key), (octets, key, bytes(16))):
        with pytest.raises(TrustError):
            explain_p1(*wrong)
    with pytest.raises(DataError):
        explain_p1(octets, key[:-1], auth_key)
    for place in range(len(octets)):
        changed = octets[:place] + bytes((octets[place] ^ 1,)) + octets[place + 1 :]
        with pytest.raises((TrustError, PeerError)):
            explain_p1(changed, key, auth_key)


@given(st.binary(max_size=80))
def test_garbage_is_no_encrypted_telegram(octets: bytes) -> None:
    try:
        EncryptedTelegram.parse(b"\xdb\x08" + octets).open(bytes(16))
    except (PeerError, TrustError):
        return


@given(st.binary(max_size=200))
def test_garbage_raises_only_its_errors(octets: bytes) -> None:
    for start in (b"", b"/", b"\xdb"):
        try:
            explain_p1(start + octets, bytes(16), None)
        except (PeerError, TrustError):
            continue
