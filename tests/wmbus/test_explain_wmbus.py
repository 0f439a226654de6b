"""Radio frames, explained down to their readings."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.explain.detect import detect, explain
from meterkast.protocols.explain.document import Explanation
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.explain.wmbus import explain_wmbus
from meterkast.protocols.mbus import compact, mode5, mode7, mode15, records
from meterkast.protocols.mbus.coding import Coding
from meterkast.protocols.mbus.crc import crc16
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.mode7 import Direction
from meterkast.protocols.mbus.records import Record
from meterkast.protocols.mbus.telegram import Header
from meterkast.protocols.wmbus import frame
from meterkast.protocols.wmbus.authentication import Authentication
from meterkast.protocols.wmbus.frame import Format, Frame
from meterkast.protocols.wmbus.link import ExtendedLink
from wmbus.oms_examples import ADAPTER, PARTIAL, PROFILE_A, PROFILE_A_KEY, PROFILE_B, PROFILE_B_KEY

SENDER = Identity(manufacturer="MKM", identification="12345678", version=1, device_type=7)
VOLUME = Record(coding=Coding.INT32, vib=b"\x13", data=(391).to_bytes(4, "little"))
VOLUME_OCTETS = records.encode([VOLUME])
KEY = bytes(range(16))


def radio(content: bytes, form: Format = Format.A) -> bytes:
    return Frame(control=0x44, sender=SENDER, content=content).encode(form)


def readings(explanation: Explanation) -> list[tuple[str, Decimal]]:
    return [(str(reading.obis), Decimal(reading.value)) for reading in explanation.readings]


@pytest.mark.parametrize(
    ("octets", "key", "mac"),
    [
        (PROFILE_A, PROFILE_A_KEY, "absent"),
        (PROFILE_B, PROFILE_B_KEY, "verified"),
        (ADAPTER, PROFILE_B_KEY, "verified"),
    ],
)
def test_the_gas_meter_of_the_specification(octets: bytes, key: bytes, mac: str) -> None:
    explanation = explain_wmbus(octets, key)
    assert readings(explanation) == [("0-1:24.2.1", Decimal("28504.27"))]
    assert [record["value"] for record in explanation.records] == ["28504.27", "2008-05-31T23:50:00", "0"]
    assert (explanation.supplier, explanation.meter_id) == ("ELS", "12345678")
    assert (explanation.crc, explanation.mac) == ("ok", mac)


def test_the_heat_cost_allocator_of_the_specification() -> None:
    explanation = explain_wmbus(PARTIAL, PROFILE_B_KEY)
    assert [record["value"] for record in explanation.records] == ["1234", "2007-04-30", "23456", "12345678"]


@pytest.mark.parametrize("octets", [PROFILE_A, PROFILE_B, ADAPTER, PARTIAL])
def test_without_the_key_the_layers_are_told_and_nothing_more(octets: bytes) -> None:
    with pytest.raises(KeyNeededError) as caught:
        explain(octets)
    explanation = caught.value.explanation
    assert explanation.family == "wmbus"
    assert explanation.layers[-1].name == "M-Bus encryption"
    assert not explanation.records
    assert explanation.mac == ("not-checked" if octets in (PROFILE_B, ADAPTER) else "absent")


@pytest.mark.parametrize(
    ("octets", "code"),
    [(PROFILE_A, "mbus-decrypt-failed"), (PROFILE_B, "mbus-mac-wrong"), (ADAPTER, "mbus-mac-wrong")],
)
def test_with_another_key_it_is_refused(octets: bytes, code: str) -> None:
    with pytest.raises(TrustError) as caught:
        explain_wmbus(octets, bytes(16))
    assert caught.value.code == code


def test_layers_stand_where_they_are_on_air() -> None:
    layers = explain_wmbus(PROFILE_B, PROFILE_B_KEY).layers
    assert [(layer.name, layer.offset, layer.length) for layer in layers] == [
        ("wM-Bus frame", 0, len(PROFILE_B)),
        ("wM-Bus extended link", 12, 3),
        ("wM-Bus authentication", 15, 19),
        ("M-Bus data header", 35, 4),
        ("M-Bus encryption", 39, 37),
    ]
    assert PROFILE_B[34] == 0x7A


@pytest.mark.parametrize("form", Format)
def test_a_water_meter_in_clear_in_each_format(form: Format) -> None:
    explanation = explain(
        radio(b"\x7a" + Header(identity=None, access=1, status=0).encode() + VOLUME_OCTETS, form)
    )
    assert explanation.family == "wmbus"
    assert readings(explanation) == [("8-0:1.0.0", Decimal("0.391"))]
    assert explanation.crc == ("absent" if form is Format.BARE else "ok")
    assert explanation.layers[0].fields["format"] == form.value


def test_the_encrypted_session_of_the_extended_link() -> None:
    link = ExtendedLink(communication=0x20, access=1, session=0x2000_0001)
    octets = radio(link.encode(b"\x78" + VOLUME_OCTETS, sender=SENDER, key=KEY))
    assert readings(explain(octets, key=KEY)) == [("8-0:1.0.0", Decimal("0.391"))]
    with pytest.raises(KeyNeededError):
        explain(octets)
    with pytest.raises(TrustError):
        explain(octets, key=bytes(16))


def test_the_dutch_mode_over_radio() -> None:
    ciphertext = mode15.encrypt(KEY, SENDER, 9, VOLUME_OCTETS)
    header = Header(identity=None, access=1, status=0, configuration=mode15.configuration(ciphertext))
    octets = radio(b"\x7a" + header.encode() + ciphertext + mode15.encode_counter(9))
    explanation = explain(octets, key=KEY)
    assert readings(explanation) == [("8-0:1.0.0", Decimal("0.391"))]
    assert explanation.layers[-1].fields["frame_counter"] == 9


def test_mode_5_beside_records_in_clear() -> None:
    ciphertext = mode5.encrypt(KEY, SENDER, 1, VOLUME_OCTETS)
    header = Header(identity=None, access=1, status=0, configuration=mode5.configuration(ciphertext))
    octets = radio(b"\x7a" + header.encode() + ciphertext + VOLUME_OCTETS)
    assert len(explain(octets, key=KEY).records) == 2


@pytest.mark.parametrize(("ci", "direction"), [(0x7A, Direction.FROM_METER), (0x5A, Direction.TO_METER)])
def test_mode_7_has_keys_of_its_own_in_each_direction(ci: int, direction: Direction) -> None:
    keys = mode7.derive(KEY, SENDER, 77, direction)
    ciphertext = mode7.encrypt(keys, VOLUME_OCTETS)
    header = Header(identity=None, access=1, status=0, configuration=mode7.configuration(ciphertext))
    message = bytes((ci,)) + header.encode() + bytes((mode7.DERIVED,)) + ciphertext
    unsigned = Authentication(control=0x25, counter=77)
    signed = Authentication(control=0x25, counter=77, mac=mode7.authenticate(keys, unsigned.covered(message)))
    explanation = explain(radio(signed.encode() + message), key=KEY)
    assert explanation.mac == "verified"
    assert readings(explanation) == [("8-0:1.0.0", Decimal("0.391"))]
    with pytest.raises(PeerError) as caught:
        explain(radio(message), key=KEY)
    assert caught.value.code == "mbus-counter-missing"


def test_a_code_over_a_message_in_clear_is_checked_too() -> None:
    keys = mode7.derive(KEY, SENDER, 1)
    message = b"\x7a" + Header(identity=None, access=1, status=0).encode() + VOLUME_OCTETS
    mac = mode7.authenticate(keys, Authentication(control=0x25, counter=1).covered(message))
    octets = radio(Authentication(control=0x25, counter=1, mac=mac).encode() + message)
    assert explain(octets, key=KEY).mac == "verified"
    assert explain(octets).mac == "not-checked"


def test_of_mode_13_the_tls_record_is_shown() -> None:
    record = bytes.fromhex("17 0303 0020") + bytes(32)
    header = Header(identity=None, access=1, status=0, configuration=13 << 8 | len(record))
    explanation = explain(radio(b"\x7a" + header.encode() + b"\x00" + record), key=KEY)
    assert explanation.layers[-1].fields == {
        "mode": 13,
        "octets": 37,
        "protocol": 0,
        "tls_content": "application data",
        "tls_version": "3.3",
        "tls_length": 32,
    }
    assert [finding.code for finding in explanation.findings] == ["mbus-tls"]


def test_an_unknown_mode_is_refused() -> None:
    header = Header(identity=None, access=1, status=0, configuration=9 << 8)
    with pytest.raises(PeerError) as caught:
        explain(radio(b"\x7a" + header.encode()), key=KEY)
    assert caught.value.code == "mbus-mode-unknown"


def test_a_fragment_is_no_message() -> None:
    explanation = explain(radio(Authentication(fragment=1, more=True).encode() + b"\x7a\x01"))
    assert [finding.code for finding in explanation.findings] == ["wmbus-fragment"]
    assert not explanation.records


def test_a_compact_frame_of_a_known_format() -> None:
    told = [
        Record(coding=Coding.INT16, vib=bytes.fromhex("FF20"), data=bytes(2)),
        VOLUME,
        Record(coding=Coding.INT32, vib=b"\x13", storage=1, data=bytes(4)),
    ]
    explanation = explain(radio(b"\x79" + compact.encode(told)))
    assert readings(explanation) == [("8-0:1.0.0", Decimal("0.391"))]


def test_a_compact_frame_of_an_unknown_format_says_so() -> None:
    explanation = explain(radio(b"\x79" + compact.encode([VOLUME])))
    assert [finding.code for finding in explanation.findings] == ["mbus-format-unknown"]
    assert explanation.layers[-1].fields == {"format_signature": f"{crc16(VOLUME_OCTETS[:2]):04X}"}


def test_a_frame_without_content_is_a_link_layer_alone() -> None:
    (layer,) = explain(Frame(control=0x40, sender=SENDER, content=b"").encode()).layers
    assert layer.fields["function"] == "SND-NKE"


@pytest.mark.parametrize(
    ("octets", "family"),
    [
        (PROFILE_A, "wmbus"),
        (radio(b"\x78" + VOLUME_OCTETS, Format.BARE), "wmbus"),
        (radio(bytes(0x68 - 9), Format.BARE), "wmbus"),
        (bytes.fromhex("680303685300725216"), "mbus"),
        (Frame(control=0x99, sender=SENDER, content=b"").encode(Format.BARE), "dlms"),
    ],
)
def test_a_radio_frame_is_told_from_the_others(octets: bytes, family: str) -> None:
    assert detect(octets) == family


@given(st.binary(max_size=246), st.sampled_from([None, KEY]), st.sampled_from(Format))
def test_garbage_in_a_frame_raises_only_the_errors_of_a_peer(
    content: bytes, key: bytes | None, form: Format
) -> None:
    try:
        explain_wmbus(radio(content[:242], form), key)
    except (PeerError, TrustError, KeyNeededError):
        return


@given(
    st.sampled_from([PROFILE_A, PROFILE_B, ADAPTER, PARTIAL]),
    st.integers(0, 11),
    st.integers(1, 255),
    st.data(),
)
def test_a_changed_octet_under_new_crcs_raises_only_the_errors_of_a_peer(
    octets: bytes, start: int, changed: int, data: st.DataObject
) -> None:
    sent = frame.parse(octets).frame
    content = bytearray(sent.content)
    content[data.draw(st.integers(0, len(content) - 1))] ^= changed
    again = Frame(control=sent.control, sender=sent.sender, content=bytes(content[start % len(content) :]))
    try:
        explain_wmbus(again.encode(), PROFILE_B_KEY)
    except (PeerError, TrustError):
        return
