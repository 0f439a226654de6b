"""OMS security modes 5 and 7, and compact frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.protocols.mbus import compact, mode5, mode7, records
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.mode7 import Direction

DEVICE = Identity(manufacturer="ELS", identification="12345678", version=0x33, device_type=3)
KEY = bytes(range(16))
PLAINTEXT = bytes.fromhex("0C1427048502 046D32371F15 02FD170000")
"""The records of the gas meter in the OMS Specification, Volume 2, Annex N."""


def test_mode_5_of_the_specification() -> None:
    # OMS Volume 2, Annex N: gas meter with security profile A.
    key = bytes.fromhex("0102030405060708090A0B0C0D0E0F11")
    ciphertext = bytes.fromhex("5923C95AAA26D1B2E7493B013EC4A6F6D3529B520EDFF0EA6DEFC99D6D69EBF3")
    assert mode5.encrypt(key, DEVICE, 0x2A, PLAINTEXT) == ciphertext
    assert mode5.decrypt(key, DEVICE, 0x2A, ciphertext).strip(b"\x2f") == PLAINTEXT


def test_mode_7_of_the_specification() -> None:
    # OMS Volume 2, Annex N: the same gas meter with security profile B, message counter 2739.
    keys = mode7.derive(KEY, DEVICE, 2739)
    ciphertext = bytes.fromhex("9058475F4BC91DF878B80A1B0F98B629024AAC727942BFC549233C0140829B93")
    assert mode7.encrypt(keys, PLAINTEXT) == ciphertext
    covered = bytes.fromhex("25 B30A0000 7A 75 00 2007 10") + ciphertext
    assert mode7.authenticate(keys, covered).hex() == "21924d4f2fb66e01"


@given(st.binary(max_size=238), st.integers(0, 255))
def test_every_plaintext_comes_back(plaintext: bytes, access: int) -> None:
    keys = mode7.derive(KEY, DEVICE, access)
    assert mode5.decrypt(KEY, DEVICE, access, mode5.encrypt(KEY, DEVICE, access, plaintext))[2:].startswith(
        plaintext
    )
    assert mode7.decrypt(keys, mode7.encrypt(keys, plaintext))[2:].startswith(plaintext)


@pytest.mark.parametrize(
    "other",
    [
        mode7.derive(bytes(16), DEVICE, 1),
        mode7.derive(KEY, DEVICE, 2),
        mode7.derive(KEY, DEVICE, 1, Direction.TO_METER),
    ],
)
def test_a_message_of_other_keys_is_refused(other: mode7.MessageKeys) -> None:
    keys = mode7.derive(KEY, DEVICE, 1)
    with pytest.raises(TrustError):
        mode7.verify(other, b"message", mode7.authenticate(keys, b"message"))
    with pytest.raises(TrustError):
        mode7.verify(keys, b"message", b"")


def test_keys_are_not_printed() -> None:
    keys = mode7.derive(KEY, DEVICE, 1)
    assert keys.encryption.hex() not in repr(keys)
    assert repr(keys) == "MessageKeys(…)"


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(LocalError):
        mode5.encrypt(KEY, DEVICE, 0, bytes(239))
    with pytest.raises(PeerError):
        mode5.decrypt(KEY, DEVICE, 0, bytes(15))
    with pytest.raises(PeerError):
        mode7.decrypt(mode7.derive(KEY, DEVICE, 0), b"")
    with pytest.raises(DataError):
        mode5.encrypt(b"", DEVICE, 0, b"")
    with pytest.raises(DataError):
        mode7.derive(b"", DEVICE, 0)


def test_a_compact_frame_against_the_full_one_of_the_same_meter() -> None:
    # Both frames of one reading of a water meter, as they were published beside each other: signature, CRC
    # over the full frame and values agree.
    full = bytes.fromhex("02FF2071000413229C0C004413229C0C00")
    short = bytes.fromhex("34DD3E7D7100229C0C00229C0C00")
    assert compact.decode(short, compact.FORMATS) == records.decode(full)
    assert compact.encode(told for told in records.decode(full) if isinstance(told, records.Record)) == short


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("34DD3E", "mbus-compact-cut"),
        ("35DD3E7D7100229C0C00229C0C00", "mbus-format-unknown"),
        ("34DD3E7D7100229C0C00229C0C01", "mbus-compact-crc-wrong"),
        ("34DD3E7D7100229C0C00229C0C", "mbus-record-cut"),
        ("34DD3E7D7100229C0C00229C0C0000", "mbus-values-many"),
    ],
)
def test_each_fault_of_a_compact_frame_has_its_code(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        compact.decode(bytes.fromhex(octets), compact.FORMATS)
    assert caught.value.code == code


@given(st.binary(max_size=60), st.sampled_from(sorted(compact.FORMATS)))
def test_garbage_values_raise_only_the_peer_error(octets: bytes, signature: int) -> None:
    try:
        compact.decode(signature.to_bytes(2, "little") + octets, compact.FORMATS)
    except PeerError:
        return


@given(st.binary(max_size=60))
def test_a_garbage_format_raises_only_the_peer_error(heads: bytes) -> None:
    try:
        records.decode_split(heads, bytes(200))
    except PeerError:
        return
