"""Frames of real meters, explained, against the decode of the project that published them."""

import json
import xml.etree.ElementTree as ET
from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import capture_index, captures_dir
from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.explain.document import Explanation
from meterkast.protocols.explain.mbus import explain_mbus
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.gas import GasTelegram, seal_gas_telegram
from meterkast.protocols.mbus.gas_command import seal_time
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.secondary import SecondaryAddress

ROWS = capture_index("mbus-wired")
REFUSED = {
    "lm-invalid_length": "mbus-length-wrong",
    "lm-premature_end_of_data1": "mbus-record-cut",
    "lm-premature_end_of_dif1": "mbus-record-cut",
    "lm-too_long_var_vif": "mbus-record-cut",
    "lm-too_many_dife": "mbus-extensions-many",
    "lm-too_short_header": "mbus-header-short",
}


def octets_of(row: dict[str, str]) -> bytes:
    return bytes.fromhex((captures_dir() / row["file"]).read_text())


def number(text: object) -> Decimal | None:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None


def equal_but_for_the_scale(ours: Decimal, theirs: Decimal) -> bool:
    if not ours or not theirs:
        return ours == theirs
    return any(abs(ours.scaleb(shift) - theirs) <= abs(theirs) / 1_000_000 for shift in range(-9, 10))


@pytest.mark.captures
@pytest.mark.parametrize("row", [row for row in ROWS if row["id"] not in REFUSED], ids=lambda row: row["id"])
def test_every_record_of_a_real_meter(row: dict[str, str]) -> None:
    explanation = explain_mbus(octets_of(row), None)
    json.dumps([explanation.records, [layer.to_dict() for layer in explanation.layers]])
    if not row["expected"]:
        assert explanation.records
        return
    expected = ET.parse(captures_dir() / row["expected"]).getroot()
    records = expected.findall("DataRecord")
    assert len(explanation.records) == len(records)
    for ours, theirs in zip(explanation.records, records, strict=True):
        wanted = number(theirs.findtext("Value")) if theirs.findtext("Value") else None
        if wanted is not None:
            got = number(ours["value"])
            assert got is not None
            assert equal_but_for_the_scale(got, wanted), ours["quantity"]
        wanted_storage = theirs.findtext("StorageNumber")
        if wanted_storage is not None and "storage" in ours:
            assert ours["storage"] == int(wanted_storage)
    assert bool(expected.find("SlaveInformation/Error") is not None) == bool(
        [finding for finding in explanation.findings if finding.code == "mbus-application-error"]
    )


@pytest.mark.captures
@pytest.mark.parametrize("row", [row for row in ROWS if row["id"] in REFUSED], ids=lambda row: row["id"])
def test_malformed_frames_are_refused(row: dict[str, str]) -> None:
    with pytest.raises(PeerError) as caught:
        explain_mbus(octets_of(row), None)
    assert caught.value.code == REFUSED[row["id"]]


def explained(name: str) -> Explanation:
    row = next((row for row in ROWS if row["id"] == name), None)
    if row is None:
        pytest.skip("no captures: the folder ../shared/captures is absent")
    return explain_mbus(octets_of(row), None)


@pytest.mark.captures
def test_a_gas_meter_gives_a_reading_with_its_obis_code_and_time() -> None:
    explanation = explained("lm-lgb_g350")
    (reading,) = explanation.readings
    assert (str(reading.obis), reading.value, reading.unit.symbol) == (
        "0-1:24.2.1",
        Decimal("10834.092"),
        "m3",
    )
    assert reading.at == explanation.timestamp == 1_469_174_400
    assert (explanation.supplier, explanation.crc) == ("LGB", "ok")
    assert [layer.name for layer in explanation.layers] == ["M-Bus long frame", "M-Bus data header"]


@pytest.mark.captures
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("lm-oms_frame2", {"8-0:1.0.0", "8-0:2.0.0"}),
        ("lm-emh_diz", {"1-0:1.8.1"}),
        (
            "lm-metrona_pollutherm",
            {"6-0:1.0.0", "6-0:2.0.0", "6-0:8.0.0", "6-0:9.0.0", "6-0:10.0.0", "6-0:11.0.0"},
        ),
    ],
)
def test_other_media_have_their_obis_codes(name: str, codes: set[str]) -> None:
    assert codes <= {str(reading.obis) for reading in explained(name).readings}


KEY = bytes(range(16))
SEALED = seal_gas_telegram(
    GasTelegram(
        device=Identity(manufacturer="MKM", identification="12345678", version=1, device_type=3),
        equipment="XXXXX110123456789",
        at=1_767_225_600,
        index=391,
        five_minute=tuple(range(380, 392)),
        counter=5,
    ),
    KEY,
)


def test_an_encrypted_telegram_opens_with_its_key() -> None:
    explanation = explain_mbus(SEALED, KEY)
    assert [(str(reading.obis), reading.value, reading.at) for reading in explanation.readings] == [
        ("0-1:24.2.1", Decimal("0.391"), 1_767_225_600)
    ]
    assert len(explanation.records) == 17
    assert explanation.layers[-1].fields == {"mode": 15, "octets": 144, "frame_counter": 5}


def test_without_the_key_the_layers_are_told_and_nothing_more() -> None:
    with pytest.raises(KeyNeededError) as caught:
        explain_mbus(SEALED, None)
    explanation = caught.value.explanation
    assert caught.value.code == "key-needed"
    assert len(explanation.layers) == 3
    assert not explanation.records
    assert explanation.supplier == "MKM"


def test_with_another_key_it_is_refused() -> None:
    with pytest.raises(TrustError):
        explain_mbus(SEALED, bytes(16))


@pytest.mark.parametrize(("octets", "name"), [("E5", "acknowledgement"), ("105B015C16", "short frame")])
def test_frames_without_data(octets: str, name: str) -> None:
    (layer,) = explain_mbus(bytes.fromhex(octets), None).layers
    assert layer.name == f"M-Bus {name}"


@given(st.binary(max_size=262))
def test_garbage_raises_only_the_peer_error(octets: bytes) -> None:
    try:
        explain_mbus(octets, KEY)
    except (PeerError, TrustError):
        return


def test_a_selection_says_who_is_meant() -> None:
    chosen = SecondaryAddress(identification="1234FFFF", device_type=3)
    octets = LongFrame(control=0x53, address=253, ci=0x52, payload=chosen.encode()).encode()
    fields = explain_mbus(octets, None).layers[-1].fields
    assert fields == {
        "identification": "1234FFFF",
        "manufacturer": "any",
        "version": "any",
        "device_type": "gas",
    }


def test_a_clock_command_is_shown_and_opened_with_the_key() -> None:
    device = Identity(manufacturer="MKM", identification="12345678", version=1, device_type=3)
    octets = seal_time(1_772_000_000, bytes(range(16)), device, 8, address=1).encode()
    with pytest.raises(KeyNeededError) as caught:
        explain_mbus(octets, None)
    assert caught.value.explanation.layers[-1].fields["frame_counter"] == 8
    assert explain_mbus(octets, bytes(range(16))).timestamp == 1_772_000_000
