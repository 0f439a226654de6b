"""Explaining DLMS: every capture against its expected tree, keys and refusals, and no way to break it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captures import capture_index, captures_dir
from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.protocols import axdr, wrapper
from meterkast.protocols.dlms import security
from meterkast.protocols.dlms.apdu import (
    DataNotification,
    GeneralBlockTransfer,
    GeneralGloCiphering,
    GetRequestNext,
    InvokeId,
    LongInvokeId,
)
from meterkast.protocols.explain.detect import explain
from meterkast.protocols.explain.dlms import explain_dlms
from meterkast.protocols.explain.refusal import KeyNeededError, TagWrongError, TitleNeededError

CAPTURES = capture_index("dlms-push") + capture_index("dlms-exchange")
KEY, AUTH_KEY, TITLE = bytes(range(16)), bytes(range(0xD0, 0xE0)), b"MKG\0\0\0\0\1"
ENERGY, NAME = bytes.fromhex("0100010800FF"), b"MKG0000000000001"
BODY = axdr.structure(
    (
        axdr.structure((axdr.octets(bytes.fromhex("00002A0000FF")), axdr.octets(NAME))),
        axdr.structure(
            (
                axdr.octets(ENERGY),
                axdr.double_long_unsigned(1234),
                axdr.structure((axdr.integer(1), axdr.enum(30))),
            )
        ),
    )
)
PUSH = DataNotification(LongInvokeId(3), bytes.fromhex("07E704010615202300FF8880"), BODY).encode()


def keys(row: dict[str, str]) -> tuple[bytes | None, bytes | None]:
    key, _, auth_key = row["key_hex"].partition(";AK=")
    return bytes.fromhex(key) or None, bytes.fromhex(auth_key) or None


def sealed(plaintext: bytes, control: int = 0x30, title: bytes = TITLE) -> bytes:
    payload = security.protect(plaintext, key=KEY, auth_key=AUTH_KEY, title=title, counter=5, control=control)
    return GeneralGloCiphering(title, control, 5, payload).encode()


@pytest.mark.captures
@pytest.mark.parametrize("row", CAPTURES, ids=lambda row: row["id"])
def test_captures_are_explained_as_expected(row: dict[str, str]) -> None:
    folder = captures_dir()
    expected = json.loads((folder / row["expected"]).read_text())
    key, auth_key = keys(row)
    outcome = expected.get("outcome", "decodes")
    octets = (folder / row["file"]).read_bytes()
    if outcome in ("reject", "no key"):
        with pytest.raises((PeerError, DataError)):
            explain(octets, key=key, auth_key=auth_key)
        return
    explanation = explain(octets, key=key, auth_key=auth_key)
    body = expected.get("notification", {}).get("body")
    if body is not None:
        assert explanation.data["apdu"] == "data-notification"
        assert explanation.data["body"] == body
        assert explanation.data["date_time"] == expected["notification"]["date_time"]
    if outcome.startswith("strict"):
        assert explanation.findings
    if key is not None:
        assert explanation.mac == ("verified" if auth_key else "absent")
    for layer in explanation.layers:
        json.dumps(layer.to_dict())


@pytest.mark.captures
@pytest.mark.parametrize(
    ("name", "crc", "maker", "findings"),
    [
        ("edp-hdlc_kaifa_ma304h3e", "ok", "KFM", {"date-time-tagged"}),
        (
            "edp-hdlc_landis_gyr_zmf100",
            "bad",
            None,
            {"hdlc-fcs-wrong", "octet-string-swapped", "weekday-zero"},
        ),
        ("edp-raw_sagecom_xt211", "absent", None, {"descriptor-untagged"}),
        ("edp-mbus_netz_noe_p1", "ok", "KFM", {"not-authenticated"}),
        ("edp-hdlc_landis_gyr_e450", "ok", "LGZ", {"unit-not-sent"}),
        ("edp-hdlc_kamstrup_omnipower", "ok", "KAM", set()),
        ("edp-raw_energomera", "absent", "EMR", set()),
        ("osgp-smr5-alarm-push", "absent", None, {"wrapper-blank"}),
        ("osgp-mx382-lastgasp", "absent", None, {"date-time-tagged"}),
        ("edp-hdlc_iskra550", "ok", None, set()),
    ],
)
def test_quirks_are_named(name: str, crc: str, maker: str | None, findings: set[str]) -> None:
    folder = captures_dir()
    row = next(row for row in CAPTURES if row["id"] == name)
    key, auth_key = keys(row)
    explanation = explain((folder / row["file"]).read_bytes(), key=key, auth_key=auth_key)
    assert explanation.crc == crc
    assert explanation.supplier == maker
    assert {finding.code for finding in explanation.findings} == findings
    assert explanation.meter_id or name == "edp-hdlc_landis_gyr_e450"


def test_layers_name_their_place() -> None:
    explanation = explain(wrapper.encode(1, 2, sealed(PUSH)), key=KEY, auth_key=AUTH_KEY)
    names = [(layer.name, layer.offset) for layer in explanation.layers]
    assert names == [("wrapper", 0), ("general-glo-ciphering", 8), ("data-notification", 24)]
    assert explanation.layers[1].fields["system_title"] == TITLE.hex().upper()
    assert (explanation.supplier, explanation.meter_id) == ("MKG", NAME.decode())
    assert explanation.timestamp == 1680377555
    assert [str(reading.value) for reading in explanation.readings] == [NAME.decode(), "12340"]


@pytest.mark.parametrize(
    ("control", "auth_key", "mac"),
    [
        (0x30, AUTH_KEY, "verified"),
        (0x10, AUTH_KEY, "verified"),
        (0x30, None, "not-checked"),
        (0x20, None, "absent"),
    ],
)
def test_what_the_tag_proves(control: int, auth_key: bytes | None, mac: str) -> None:
    explanation = explain_dlms(sealed(PUSH, control), KEY, auth_key)
    assert explanation.mac == mac
    assert explanation.data["apdu"] == "data-notification"
    assert bool(explanation.findings) == (mac != "verified")


def test_without_a_key_the_layers_remain() -> None:
    with pytest.raises(KeyNeededError) as refusal:
        explain(wrapper.encode(1, 2, sealed(PUSH)))
    assert refusal.value.code == "key-needed"
    explanation = refusal.value.explanation
    assert [layer.name for layer in explanation.layers] == ["wrapper", "general-glo-ciphering"]
    assert (explanation.mac, explanation.supplier) == ("not-checked", "MKG")


def test_a_wrong_tag_opens_nothing() -> None:
    altered = bytearray(sealed(PUSH))
    altered[-1] ^= 1
    with pytest.raises(TagWrongError) as refusal:
        explain(bytes(altered), key=KEY, auth_key=AUTH_KEY)
    assert refusal.value.explanation.mac == "failed"
    assert refusal.value.explanation.data == {}


def test_clear_text_behind_a_ciphering_header_is_refused() -> None:
    clear = GeneralGloCiphering(TITLE, 0x20, 5, PUSH).encode()
    with pytest.raises(PeerError):
        explain(clear, key=KEY)


def test_keys_must_fit_the_suite() -> None:
    with pytest.raises(DataError) as refusal:
        explain(sealed(PUSH), key=bytes(32), auth_key=bytes(32))
    assert refusal.value.code == "key-length"


def test_protection_may_not_be_nested_without_end() -> None:
    octets = PUSH
    for _ in range(3):
        octets = sealed(octets, 0x20)
    assert explain(octets, key=KEY).data["apdu"] == "data-notification"
    for _ in range(3):
        octets = sealed(octets, 0x20)
    with pytest.raises(PeerError) as refusal:
        explain(octets, key=KEY)
    assert refusal.value.code == "apdu-nested"


RELEASE = bytes.fromhex(  # Green Book example, as in the tests of dlms-cosem (MIT, 2021)
    "6239800100BE34043221303001234567801302FF8A7874133D414CED25B42534D28DB0047720606B175BD52211BE6841DB204D"
    "39EE6FDB8E356855"
)


def test_the_green_book_example_is_opened_with_its_own_title() -> None:
    explanation = explain(RELEASE, key=KEY, auth_key=AUTH_KEY)
    assert explanation.mac == "verified"
    assert explanation.data["user_information"]["dedicated_key"] == "00112233445566778899AABBCCDDEEFF"
    assert [finding.code for finding in explanation.findings] == ["title-assumed"]


@pytest.mark.parametrize("key", [None, bytes(16)])
def test_user_information_that_stays_closed_is_said_to_be(key: bytes | None) -> None:
    explanation = explain(RELEASE, key=key, auth_key=key)
    assert explanation.data["user_information"]["apdu"] == "glo-initiate-request"
    assert explanation.mac == "not-checked"
    assert [finding.code for finding in explanation.findings] == ["user-information-closed"]


def test_a_ciphered_service_alone_needs_its_sender() -> None:
    with pytest.raises(TitleNeededError) as refusal:
        explain(RELEASE[RELEASE.index(b"\x21\x30") :], key=bytes(16), auth_key=bytes(16))
    assert refusal.value.explanation.layers[0].name == "glo-initiate-request"


def blocks(octets: bytes, size: int) -> list[bytes]:
    parts = [octets[at : at + size] for at in range(0, len(octets), size)]
    return [
        GeneralBlockTransfer(
            last=number == len(parts),
            streaming=True,
            window=0,
            block_number=number,
            acknowledged=0,
            octets=part,
        ).encode()
        for number, part in enumerate(parts, start=1)
    ]


def wrapped(messages: list[bytes]) -> bytes:
    return b"".join(wrapper.encode(1, 2, message) for message in messages)


def test_block_transfer_is_put_together() -> None:
    assert explain(wrapped(blocks(PUSH, 20))).data["body"] == axdr.to_typed_tree(BODY)


@pytest.mark.parametrize(
    ("order", "code"), [((0, 2, 1), "gbt-sequence"), ((1, 2), "gbt-sequence"), ((0, 1), "gbt-incomplete")]
)
def test_blocks_come_in_order_and_to_the_end(order: tuple[int, ...], code: str) -> None:
    parts = blocks(PUSH, 30)
    assert len(parts) == 3
    with pytest.raises(PeerError) as refusal:
        explain(wrapped([parts[at] for at in order]))
    assert refusal.value.code == code


def test_deviations_show_in_the_tree_where_they_stood() -> None:
    swapped = PUSH.replace(b"\x09\x06" + ENERGY, b"\x06\x09" + ENERGY)
    tree = explain(swapped).data["body"]["structure"][1]["structure"][0]
    assert tree == {"octet-string": ENERGY.hex().upper(), "note": "tag and length swapped (06 09)"}
    row = bytes.fromhex("02020003") + ENERGY + bytes.fromhex("0206000007A4")
    explanation = explain(bytes.fromhex("0F00000001000202160101") + b"\x01" + row)
    assert explanation.data["body"]["structure"][1] == {
        "array-of-untagged-descriptor-and-value": [
            {
                "class_id": 3,
                "instance_id": "1.0.1.8.0.255",
                "attribute": 2,
                "value": {"double-long-unsigned": 1956},
            }
        ]
    }
    assert [str(reading.value) + reading.unit.symbol for reading in explanation.readings] == ["1956Wh"]


def test_several_messages_are_explained_one_after_the_other() -> None:
    explanation = explain(wrapped([GetRequestNext(InvokeId(1), 2).encode(), PUSH]))
    documents: list[dict[str, Any]] = explanation.data["messages"]
    assert [document["apdu"] for document in documents] == ["get-request-next", "data-notification"]
    assert explanation.readings


def test_data_without_a_message_is_read_as_data() -> None:
    explanation = explain(axdr.encode(BODY))
    assert explanation.data == {"apdu": None, "body": axdr.to_typed_tree(BODY)}
    assert [finding.code for finding in explanation.findings] == ["message-absent"]
    with pytest.raises(PeerError):
        explain(bytes.fromhex("0102"))


def test_hdlc_can_be_asked_for() -> None:
    with pytest.raises(PeerError) as refusal:
        explain(PUSH, as_="hdlc")
    assert refusal.value.code == "hdlc-flag-missing"


def alterations() -> st.SearchStrategy[bytes]:
    files = [Path(row["file"]) for row in CAPTURES]
    if not files:
        return st.binary(max_size=200)
    octets = [bytes.fromhex((captures_dir() / file).read_text()) for file in files]

    @st.composite
    def altered(draw: st.DrawFn) -> bytes:
        message = bytearray(draw(st.sampled_from(octets)))
        for _ in range(draw(st.integers(0, 3))):
            message[draw(st.integers(0, len(message) - 1))] = draw(st.integers(0, 255))
        return bytes(message[draw(st.integers(0, 12)) : draw(st.integers(0, len(message)))])

    return altered() | st.binary(max_size=200)


@settings(max_examples=300)
@given(alterations(), st.sampled_from([None, KEY]), st.sampled_from([None, AUTH_KEY]))
def test_any_octets_are_explained_or_refused(
    octets: bytes, key: bytes | None, auth_key: bytes | None
) -> None:
    try:
        explanation = explain_dlms(octets, key, auth_key)
    except (PeerError, DataError, TrustError):
        return
    assert explanation.family == "dlms"
    json.dumps(explanation.data)
