"""Finding out what a message is: dumps, families, and what cannot be explained."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.protocols import axdr
from meterkast.protocols.dlms import security
from meterkast.protocols.dlms.apdu import DataNotification, GeneralGloCiphering, LongInvokeId
from meterkast.protocols.explain.detect import LIMIT, detect, explain
from meterkast.protocols.explain.dump import undump

PUSH = DataNotification(LongInvokeId(1), None, axdr.octets(b"\0\1\2")).encode()
KEY, AUTH_KEY, TITLE = bytes(range(16)), bytes(range(0xD0, 0xE0)), b"MKG\0\0\0\0\1"


def sealed(plaintext: bytes) -> bytes:
    payload = security.protect(plaintext, key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=1)
    return GeneralGloCiphering(TITLE, 0x30, 1, payload).encode()


@pytest.mark.parametrize(
    "dump",
    [
        "7ea0080223",
        "7E A0 08 02 23",
        "7E:A0:08:02:23",
        "7E-A0-08-02-23",
        "  7EA00\n80223\r\n",
        "0x7E, 0xA0, 0x08, 0x02, 0x23",
        "\ufeff7EA0080223\n",
    ],
)
def test_dumps_as_people_paste_them(dump: str) -> None:
    assert undump(dump.encode()) == bytes.fromhex("7EA0080223")


@given(st.binary(min_size=1, max_size=80))
def test_a_dump_is_the_octets(octets: bytes) -> None:
    assert undump(octets.hex(" ").encode()) == octets


@given(st.binary(max_size=80).filter(lambda octets: any(octet > 0x7F for octet in octets)))
def test_binary_is_left_alone(octets: bytes) -> None:
    assert undump(octets) == octets


def test_a_digit_lost_is_said() -> None:
    with pytest.raises(DataError) as refusal:
        undump(b"7EA00")
    assert refusal.value.code == "dump-odd"


@pytest.mark.parametrize(
    ("octets", "family"),
    [
        (PUSH, "dlms"),
        (bytes.fromhex("7EA0080223"), "dlms"),
        (bytes.fromhex("680505685300100167CB16"), "dlms"),
        (bytes.fromhex("680303685300725216"), "mbus"),
        (bytes.fromhex("105B005B16"), "mbus"),
        (bytes.fromhex("1000000000"), "mbus"),
        (bytes.fromhex("100000000000"), "dlms"),
        (b"\xe5", "mbus"),
        (b"/KFM5KAIFA-METER\r\n", "p1"),
        (b"\r\n/KFM5KAIFA-METER\r\n", "p1"),
        (sealed(b"/KFM5"), "p1"),
        (sealed(PUSH), "dlms"),
        (b"\xdb\x08", "dlms"),
    ],
)
def test_families(octets: bytes, family: str) -> None:
    assert detect(octets, KEY) == family


def test_without_a_key_a_sealed_telegram_passes_for_dlms() -> None:
    assert detect(sealed(b"/KFM5")) == "dlms"


def test_a_dump_is_explained_like_its_octets() -> None:
    assert explain(PUSH.hex(":").encode()) == explain(PUSH) == explain(PUSH, as_="dlms")


@pytest.mark.parametrize(
    ("octets", "as_", "code"),
    [
        (b"", "auto", "input-empty"),
        (b" \n", "auto", "input-empty"),
        (PUSH, "sausage", "family-unknown"),
        (bytes(2 * LIMIT + 1), "auto", "input-too-long"),
    ],
)
def test_what_cannot_be_explained(octets: bytes, as_: str, code: str) -> None:
    with pytest.raises(DataError) as refusal:
        explain(octets, as_=as_)
    assert refusal.value.code == code


@given(st.binary(max_size=120), st.sampled_from(["auto", "dlms", "hdlc", "mbus", "p1"]))
def test_any_octets_are_explained_or_refused(octets: bytes, as_: str) -> None:
    with contextlib.suppress(PeerError, DataError, TrustError):
        explain(octets, as_, KEY, AUTH_KEY)
