"""The fast AEAD path against the plain one of the cryptography package, and against every change."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from dlms.test_dlms_security import AUTH_KEY, KEY, TITLE, octets, vector
from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.dlms import security
from meterkast.protocols.dlms.aead import TAG_LENGTH, Aead
from meterkast.protocols.dlms.apdu import GeneralGloCiphering
from meterkast.protocols.dlms.general_glo import Keys, open_general_glo

NONCE = TITLE + bytes(4)
KEYS = st.binary(min_size=16, max_size=16) | st.binary(min_size=32, max_size=32)


def reference_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plain choice: a general GCM object that takes tags of 12 octets."""
    text, tag = sealed[:-TAG_LENGTH], sealed[-TAG_LENGTH:]
    decryptor = Cipher(AES(key), GCM(nonce, tag, min_tag_length=TAG_LENGTH)).decryptor()
    decryptor.authenticate_additional_data(associated)
    return decryptor.update(text) + decryptor.finalize()


@given(KEYS, st.binary(max_size=300), st.binary(max_size=40))
def test_both_ways_agree_with_the_plain_path(key: bytes, plaintext: bytes, associated: bytes) -> None:
    sealed = Aead(key).seal(NONCE, plaintext, associated)
    assert len(sealed) == len(plaintext) + TAG_LENGTH
    assert reference_open(key, NONCE, sealed, associated) == plaintext
    assert Aead(key).open(NONCE, sealed, associated) == plaintext


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_change_is_refused_as_the_plain_path_refuses_it(plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(Aead(KEY).seal(NONCE, plaintext, b"associated"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidTag):
        reference_open(KEY, NONCE, bytes(sealed), b"associated")
    with pytest.raises(TrustError, match="does not hold"):
        Aead(KEY).open(NONCE, bytes(sealed), b"associated")


@pytest.mark.captures
def test_green_book_message() -> None:
    assert captures_dir()
    known = vector("gb-s0-auth-enc")
    aead, associated = Aead(octets(known["ek"])), octets(known["sc"]) + octets(known["ak"])
    nonce = octets(known["system_title"]) + octets(known["ic"])
    assert aead.open(nonce, octets(known["ciphertext_tag"]), associated) == octets(known["plaintext"])
    assert aead.seal(nonce, octets(known["plaintext"]), associated) == octets(known["ciphertext_tag"])


@pytest.mark.parametrize("left", range(TAG_LENGTH))
def test_at28_a_shortened_tag_is_refused(left: int) -> None:
    sealed = Aead(KEY).seal(NONCE, b"", b"associated")
    assert Aead(KEY).open(NONCE, sealed, b"associated") == b""
    with pytest.raises(TrustError, match="does not hold"):
        Aead(KEY).open(NONCE, sealed[:left], b"associated")


def message(plaintext: bytes, counter: int = 9) -> bytes:
    sealed = security.protect(plaintext, key=KEY, auth_key=AUTH_KEY, title=TITLE, counter=counter)
    return GeneralGloCiphering(TITLE, 0x30, counter, sealed).encode()


def device_keys(title: bytes) -> Keys:
    if title != TITLE:
        raise TrustError("security-title-unknown", "Nobody is known by this system title.")
    return Keys(Aead(KEY), AUTH_KEY)


@given(st.integers(0, 700))
def test_general_glo_messages_of_every_length_open(length: int) -> None:
    opened = open_general_glo(message(bytes(length)), device_keys)
    assert opened == (TITLE, 9, bytes(length))


def test_a_length_in_long_form_opens_all_the_same() -> None:
    usual = message(b"reading")
    long_form = usual[:10] + b"\x81" + usual[10:]
    assert open_general_glo(long_form, device_keys) == open_general_glo(usual, device_keys)


def test_at27_every_flipped_bit_of_a_message_is_refused() -> None:
    whole = message(b"a reading that must not change")
    assert open_general_glo(whole, device_keys).plaintext
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((TrustError, PeerError)):
            open_general_glo(bytes(changed), device_keys)


@pytest.mark.parametrize("control", [0x00, 0x10, 0x20, 0x31, 0xB0, 0x70])
def test_at04_less_protection_than_agreed_is_refused(control: int) -> None:
    whole = bytearray(message(b"reading"))
    whole[11] = control
    with pytest.raises(TrustError) as refused:
        open_general_glo(bytes(whole), device_keys)
    assert refused.value.code == "security-policy"


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda tail: b"\xdb\x08" + TITLE + tail))
def test_garbage_raises_only_what_is_said(garbage: bytes) -> None:
    with pytest.raises((PeerError, TrustError)):
        open_general_glo(garbage, device_keys)
