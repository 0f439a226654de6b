"""Suite 0 against the vectors of the standards, and every single change refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.dlms import apdu, security
from meterkast.protocols.dlms.apdu import Ciphered

KEY, AUTH_KEY, TITLE = bytes(range(16)), bytes(range(0xD0, 0xE0)), b"MKG\0\0\0\0\1"


def vector(name: str) -> dict[str, str]:
    vectors = json.loads((captures_dir() / "vectors.json").read_text())
    found: dict[str, str] = next(vector for vector in vectors if vector["id"] == name)
    return found


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.captures
@pytest.mark.parametrize("name", ["gb-s0-auth", "gb-s0-enc", "gb-s0-auth-enc", "gb-s0-initiate-request"])
def test_green_book_messages_both_ways(name: str) -> None:
    known = vector(name)
    message = apdu.decode(octets(known.get("apdu_glo_get") or known["apdu_glo_initiate"]))
    assert isinstance(message, Ciphered)
    assert message.security_control == int(known["sc"], 16)
    assert message.counter == int(known["ic"], 16)
    plaintext, key, auth_key = octets(known["plaintext"]), octets(known["ek"]), octets(known["ak"])
    title, control = octets(known["system_title"]), message.security_control
    sealed = security.protect(
        plaintext, key=key, auth_key=auth_key, title=title, counter=message.counter, control=control
    )
    assert sealed == message.payload
    opened = security.unprotect(
        sealed,
        key=key,
        auth_key=auth_key,
        title=title,
        counter=message.counter,
        control=control,
        tag_required=security.is_authenticated(control),
    )
    assert opened == plaintext


@pytest.mark.captures
def test_green_book_tag() -> None:
    known = vector("gb-s0-auth")
    tag = security.gmac(
        octets(known["ek"]),
        octets(known["ak"]),
        octets(known["system_title"]),
        int(known["ic"], 16),
        octets(known["plaintext"]),
    )
    assert tag == octets(known["tag"])


@pytest.mark.captures
def test_green_book_hls5() -> None:
    raw = json.loads((captures_dir() / "vectors.json").read_text())
    known = next(entry for entry in raw if entry["id"] == "gb-hls5-gmac")
    client, server = known["client"], known["server"]
    keys = octets(known["ek"]), octets(known["ak"])
    from_client = security.hls5_response(*keys, octets(client["system_title"]), 1, octets(server["StoC"]))
    assert from_client == octets(known["f_StoC"])
    counter = security.hls5_verify(
        *keys, octets(server["system_title"]), octets(client["CtoS"]), octets(known["f_CtoS"])
    )
    assert counter == int(server["ic"], 16)


@given(
    st.binary(max_size=80), st.sampled_from([0x10, 0x30, 0x50, 0x31]), st.integers(0, 2**32 - 1), st.data()
)
def test_any_flipped_bit_is_refused(text: bytes, control: int, counter: int, choose: st.DataObject) -> None:
    def opened(payload: bytes, counter: int, control: int) -> bytes:
        return security.unprotect(
            payload, key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=counter, control=control
        )

    sealed = security.protect(text, key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=counter, control=control)
    assert opened(sealed, counter, control) == text
    bit = choose.draw(st.integers(0, len(sealed) * 8 - 1))
    altered = (int.from_bytes(sealed, "big") ^ 1 << bit).to_bytes(len(sealed), "big")
    with pytest.raises(TrustError) as refusal:
        opened(altered, counter, control)
    assert refusal.value.code == "security-tag-wrong"
    with pytest.raises(TrustError):
        opened(sealed, counter ^ 1, control)
    with pytest.raises(TrustError):
        opened(sealed, counter, control ^ 0x01)
    with pytest.raises(TrustError):
        opened(sealed[:11], counter, control)


def test_suite_2_takes_long_keys_and_no_others() -> None:
    long_key = bytes(32)
    sealed = security.protect(b"text", key=long_key, auth_key=long_key, title=TITLE, counter=1, control=0x32)
    assert (
        security.unprotect(sealed, key=long_key, auth_key=long_key, title=TITLE, counter=1, control=0x32)
        == b"text"
    )
    with pytest.raises(LocalError):
        security.protect(b"text", key=KEY, auth_key=KEY, title=TITLE, counter=1, control=0x32)


def test_messages_without_a_tag_are_refused_unless_asked_for() -> None:
    sealed = security.protect(b"text", key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=7, control=0x20)
    assert len(sealed) == 4
    with pytest.raises(TrustError) as refusal:
        security.unprotect(sealed, key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=7, control=0x20)
    assert refusal.value.code == "security-policy"
    opened = security.unprotect(
        sealed, key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=7, control=0x20, tag_required=False
    )
    assert opened == b"text"
    clear = security.protect(b"text", key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=7, control=0)
    assert clear == b"text"


@pytest.mark.parametrize(("control", "code"), [(0xB0, "security-compressed"), (0x35, "security-suite")])
def test_protection_unknown_here_is_refused(control: int, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        security.unprotect(bytes(20), key=KEY, auth_key=KEY, title=TITLE, counter=0, control=control)
    assert refusal.value.code == code


def test_nonces_must_fit() -> None:
    with pytest.raises(LocalError):
        security.gmac(KEY, AUTH_KEY, b"short", 0, b"")
    with pytest.raises(LocalError):
        security.gmac(KEY, AUTH_KEY, TITLE, 2**32, b"")


@given(st.binary(max_size=30))
def test_no_other_answer_to_a_challenge_holds(response: bytes) -> None:
    with pytest.raises(TrustError) as refusal:
        security.hls5_verify(KEY, AUTH_KEY, TITLE, b"challenge", response)
    assert refusal.value.code == "hls-refused"


def test_the_answer_to_one_challenge_does_not_fit_another() -> None:
    response = security.hls5_response(KEY, AUTH_KEY, TITLE, 9, b"challenge")
    assert security.hls5_verify(KEY, AUTH_KEY, TITLE, b"challenge", response) == 9
    with pytest.raises(TrustError):
        security.hls5_verify(KEY, AUTH_KEY, TITLE, b"Challenge", response)
    with pytest.raises(TrustError):
        security.hls5_verify(KEY, AUTH_KEY, b"MKG\0\0\0\0\2", b"challenge", response)
