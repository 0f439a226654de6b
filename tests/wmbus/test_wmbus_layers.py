"""The layers between radio and records: extended link, authentication."""

import contextlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.protocols.mbus.crc import crc16
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.wmbus import frame
from meterkast.protocols.wmbus.authentication import Authentication
from meterkast.protocols.wmbus.link import ExtendedLink
from wmbus.oms_examples import PROFILE_B

SENDER = Identity(manufacturer="MKM", identification="12345678", version=1, device_type=7)
OTHER = Identity(manufacturer="MKG", identification="87654321", version=2, device_type=0x31)
KEY = bytes(range(16))
CIPHERED = 0x2000_0001


@given(
    st.integers(0, 255),
    st.integers(0, 255),
    st.none() | st.just(OTHER),
    st.none() | st.integers(0, 0x3FFF_FFFF),
    st.binary(max_size=60),
)
def test_every_extended_link_comes_back(
    communication: int, access: int, address: Identity | None, session: int | None, payload: bytes
) -> None:
    sent = ExtendedLink(communication=communication, access=access, address=address, session=session)
    octets = sent.encode(payload, sender=SENDER, key=KEY)
    received, carried = ExtendedLink.decode(octets)
    assert received == sent
    assert len(octets) - len(carried) == sent.size
    assert received.open(carried, sender=SENDER, key=KEY) == payload


def test_counter_mode_over_the_address_and_the_session() -> None:
    # EN 13757-4, 12: counter block = M, A, CC, SN, FN = 0, BC; written out here block by block.
    payload = bytes(range(0x78, 0x78 + 20))
    sent = ExtendedLink(communication=0x20, access=1, session=CIPHERED).encode(
        payload, sender=SENDER, key=KEY
    )
    block = bytes.fromhex("6D35 78563412 01 07 20 01000020 0000")
    encryptor = Cipher(AES128(KEY), ECB()).encryptor()
    keystream = encryptor.update(block + b"\0" + block + b"\1")
    plain = crc16(payload).to_bytes(2, "little") + payload
    assert sent[7:] == bytes(a ^ b for a, b in zip(plain, keystream, strict=False))


def test_a_session_opens_with_its_key_only() -> None:
    sent = ExtendedLink(communication=0x20, access=1, session=CIPHERED).encode(
        b"\x78", sender=SENDER, key=KEY
    )
    fields, carried = ExtendedLink.decode(sent)
    with pytest.raises(TrustError) as refusal:
        fields.open(carried, sender=SENDER, key=bytes(16))
    assert refusal.value.code == "mbus-decrypt-failed"
    with pytest.raises(TrustError):
        fields.open(carried, sender=OTHER, key=KEY)
    with pytest.raises(DataError):
        fields.open(carried, sender=SENDER, key=b"short")


def opened(octets: bytes) -> bytes:
    fields, carried = ExtendedLink.decode(octets)
    return fields.open(carried, sender=SENDER, key=KEY)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("8C20", "wmbus-link-cut"),
        ("8D2001010000", "wmbus-link-cut"),
        ("8E20016D3578563412", "wmbus-link-cut"),
        ("8D20010100000012", "wmbus-link-cut"),
        ("8D2001010000001234 78", "wmbus-payload-crc-wrong"),
        ("8D2001010000401234 78", "wmbus-encryption-unknown"),
    ],
)
def test_each_fault_of_the_extended_link_has_its_code(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        opened(bytes.fromhex(octets))
    assert refusal.value.code == code


def test_an_encryption_that_is_reserved_is_not_sent() -> None:
    with pytest.raises(LocalError):
        ExtendedLink(communication=0, access=0, session=0x4000_0000).encode(b"", sender=SENDER, key=KEY)


def test_the_authentication_layer_of_the_specification() -> None:
    content = frame.parse(PROFILE_B).frame.content[3:]
    layer, size = Authentication.decode(content)
    assert layer == Authentication(control=0x25, counter=2739, mac=bytes.fromhex("21924D4F2FB66E01"))
    assert (layer.kind, layer.whole, size) == (5, True, 17)
    assert layer.encode() == content[:size]
    assert layer.covered(b"\x7a") == bytes.fromhex("25 B30A0000 7A")


MACS = st.sampled_from([(0x63, 2), (0x64, 4), (0x65, 8), (0x66, 12), (0x67, 16), (0x68, 12)])


@given(
    st.integers(0, 255),
    st.booleans(),
    st.none()
    | MACS.flatmap(lambda kind: st.tuples(st.just(kind[0]), st.binary(min_size=kind[1], max_size=kind[1]))),
    st.none() | st.integers(0, 0xFFFF),
    st.none() | st.integers(0, 0xFFFF_FFFF),
    st.none() | st.integers(0, 0xFFFF),
)
def test_every_authentication_layer_comes_back(
    fragment: int,
    more: bool,
    mac: tuple[int, bytes] | None,
    key_information: int | None,
    counter: int | None,
    length: int | None,
) -> None:
    sent = Authentication(
        fragment=fragment,
        more=more,
        control=None if mac is None else mac[0],
        key_information=key_information,
        counter=counter,
        mac=None if mac is None else mac[1],
        message_length=length,
    )
    octets = sent.encode()
    assert Authentication.decode(octets + b"rest") == (sent, len(octets))


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("90", "wmbus-authentication-cut"),
        ("900100", "wmbus-authentication-cut"),
        ("90020024", "wmbus-authentication-cut"),
        ("9004002C2500", "wmbus-authentication-cut"),
        ("90030004 00", "wmbus-authentication-unknown"),
        ("90030024 0F", "wmbus-authentication-unknown"),
        ("90030000 00", "wmbus-authentication-long"),
    ],
)
def test_each_fault_of_the_authentication_layer_has_its_code(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        Authentication.decode(bytes.fromhex(octets))
    assert refusal.value.code == code


def test_a_code_fits_its_type() -> None:
    with pytest.raises(LocalError):
        Authentication(control=0x25, mac=bytes(4)).encode()


@given(st.binary(min_size=1, max_size=60))
def test_garbage_raises_only_the_errors_of_a_peer(octets: bytes) -> None:
    for ci in (0x8C, 0x8D, 0x8E, 0x8F):
        with contextlib.suppress(PeerError, TrustError):
            opened(bytes((ci,)) + octets)
    try:
        Authentication.decode(b"\x90" + octets)
    except PeerError:
        return
