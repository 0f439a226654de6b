"""Commands to a Dutch gas meter: what the standard prints, what comes back, what is refused."""

import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from mbus.mbus_wall import identity
from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.gas_command import SetKey, SetTime, open_command, seal_time, seal_user_key
from meterkast.protocols.mbus.identity import Identity

USER, DEFAULT = bytes(range(16)), bytes(range(16, 32))
KEYS = st.binary(min_size=16, max_size=16).filter(any)
AT = 1_772_000_000
METER = identity(12345678)


@pytest.mark.captures
def test_the_key_change_that_the_standard_prints() -> None:
    listed = json.loads((captures_dir() / "vectors.json").read_text())
    known = next(
        each
        for each in (listed if isinstance(listed, list) else listed["vectors"])
        if each["id"] == "dsmr422-p2-key-change"
    )
    user, default = bytes.fromhex(known["user_key"]), bytes.fromhex(known["default_key"])
    command = seal_user_key(user, default, address=1)
    assert command.payload.hex().upper() == known["on_wire"]
    assert open_command(command, METER, USER, default, -1) == SetKey(user)


@given(KEYS, KEYS)
def test_a_key_comes_back(user: bytes, default: bytes) -> None:
    assert open_command(seal_user_key(user, default, address=1), METER, USER, default, -1) == SetKey(user)


@given(st.integers(946_684_800, 3_400_000_000), st.integers(0, 2**32 - 1))
def test_a_time_comes_back(at: int, counter: int) -> None:
    command = seal_time(at, USER, METER, counter, address=1)
    assert open_command(command, METER, USER, DEFAULT, counter - 1) == SetTime(
        at=at, device=METER, counter=counter
    )


@pytest.mark.parametrize(
    ("last", "key", "meter", "code"),
    [
        (7, USER, METER, "mbus-counter-replayed"),
        (8, USER, METER, "mbus-counter-replayed"),
        (-1, DEFAULT, METER, "mbus-decrypt-failed"),
        (-1, USER, identity(87654321), "mbus-device-other"),
    ],
)
def test_a_time_of_somebody_else_or_of_yesterday_is_refused(
    last: int, key: bytes, meter: Identity, code: str
) -> None:
    command = seal_time(AT, USER, METER, 7, address=1)
    with pytest.raises(TrustError) as caught:
        open_command(command, meter, key, DEFAULT, last)
    assert caught.value.code == code


def test_a_time_in_clear_is_refused() -> None:
    header = METER.encode() + bytes(4)
    with pytest.raises(TrustError) as caught:
        open_command(LongFrame(control=0x53, address=1, ci=0x6C, payload=header), METER, USER, DEFAULT, -1)
    assert caught.value.code == "mbus-not-encrypted"


def test_a_key_of_zeros_is_refused_at_both_ends() -> None:
    with pytest.raises(DataError) as ours:
        seal_user_key(bytes(16), DEFAULT, address=1)
    assert ours.value.code == "mbus-key-empty"
    forged = seal_user_key(USER, DEFAULT, address=1)
    zero = bytearray(forged.payload)
    wrapped = Cipher(AES128(DEFAULT), ECB()).encryptor().update(bytes(16))[::-1]
    zero[3:11], zero[14:22] = wrapped[:8], wrapped[8:]
    command = LongFrame(control=0x53, address=1, ci=0x51, payload=bytes(zero))
    with pytest.raises(TrustError) as theirs:
        open_command(command, METER, USER, DEFAULT, -1)
    assert theirs.value.code == "mbus-key-refused"


@given(st.integers(0, 255), st.binary(max_size=80))
def test_any_octets_are_a_command_or_refused(ci: int, payload: bytes) -> None:
    command = LongFrame(control=0x53, address=1, ci=ci, payload=payload)
    try:
        open_command(command, METER, USER, DEFAULT, -1)
    except (PeerError, TrustError):
        return
    assert ci == 0x51


def test_a_key_is_not_printed() -> None:
    assert USER.hex() not in repr(SetKey(USER)).replace("\\x", "")
    assert repr(USER) not in repr(SetKey(USER))
