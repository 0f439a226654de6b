"""Compressed messages: refused, unless somebody brings a decompressor; then bounded, behind a tag that holds.

The decompressor of these tests is zlib's, which is not the standard's V.44: what is tested is who may call
it, when, and what becomes of its output.
"""

import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import GATEWAY, device
from cosem.protected import CLIENT, EVERYTHING, METER, protection
from dlms.test_dlms_blocks_dialogue import VALUE
from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.axdr import octets
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    Ciphered,
    ExceptionResponse,
    GetResponseNormal,
    InvokeId,
)
from meterkast.protocols.dlms.ciphering import Protection
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.compression import Decompression
from meterkast.protocols.dlms.event import Associated, Result
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.security import protect
from meterkast.protocols.dlms.security_event import SecurityEvent
from meterkast.protocols.dlms.server import Server

ASKED: list[int] = []


def inflate(compressed: bytes, most: int) -> bytes:
    """At most one octet more than may come out, so that going beyond is seen and costs nothing."""
    ASKED.append(most)
    try:
        return zlib.decompressobj().decompress(compressed, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None


TAKING = Decompression(decompress=inflate, limit=600)


def asking(decompression: Decompression | None) -> tuple[Client, Protection]:
    """A client that waits for the answer to its first GET, and the keys of its server."""
    own, theirs = replace(protection(CLIENT), decompression=decompression), protection(METER)
    server = Server(device(), grants={GATEWAY: Grant(protection=theirs, otherwise=EVERYTHING)})
    client = Client(protection=own)
    (aare,) = server.receive(GATEWAY, client.aarq())
    assert isinstance(client.receive(aare)[0], Associated)
    client.get(VALUE)
    return client, theirs


def sealed(theirs: Protection, plain: bytes, *, control: int = 0xB0, tag: int = 0xCC) -> bytes:
    """What a server sends that compresses first."""
    counter = theirs.next_counter()
    payload = protect(
        zlib.compress(plain) if control & 0x80 else plain,
        key=theirs.encryption_key,
        auth_key=theirs.authentication_key,
        title=theirs.title.octets,
        counter=counter,
        control=control,
    )
    return Ciphered(tag, control, counter, payload).encode()


def answer(length: int) -> bytes:
    return GetResponseNormal(InvokeId(1), octets(bytes(length))).encode()


def test_by_default_it_is_refused() -> None:
    client, theirs = asking(None)
    with pytest.raises(TrustError) as refusal:
        client.receive(sealed(theirs, answer(9)))
    assert refusal.value.code == "security-policy"
    assert client.receive(sealed(theirs, answer(9), control=0x30)) == [Result(octets(bytes(9)))]


@given(st.integers(0, 580))
def test_with_a_decompressor_it_is_read(length: int) -> None:
    client, theirs = asking(TAKING)
    assert client.receive(sealed(theirs, answer(length))) == [Result(octets(bytes(length)))]
    assert ASKED[-1] == 600


def test_plain_messages_are_still_taken() -> None:
    client, theirs = asking(TAKING)
    assert client.receive(sealed(theirs, answer(9), control=0x30)) == [Result(octets(bytes(9)))]


def test_more_than_the_bound_is_refused() -> None:
    client, theirs = asking(TAKING)
    with pytest.raises(PeerError) as refusal:
        client.receive(sealed(theirs, answer(100_000)))
    assert refusal.value.code == "security-decompressed"


def test_a_decompressor_that_ignores_its_bound_does_not_get_through() -> None:
    lax = Decompression(decompress=lambda each, _: zlib.decompress(each), limit=600)
    client, theirs = asking(lax)
    with pytest.raises(PeerError):
        client.receive(sealed(theirs, answer(601)))


def test_nothing_is_decompressed_before_its_tag_holds() -> None:
    client, theirs = asking(TAKING)
    before = len(ASKED)
    forged = bytearray(sealed(theirs, answer(9)))
    forged[-1] ^= 1
    with pytest.raises(TrustError):
        client.receive(bytes(forged))
    assert len(ASKED) == before


@pytest.mark.parametrize("control", [0x80, 0x90, 0xA0, 0xB1, 0xF0])
def test_compression_lowers_no_other_demand(control: int) -> None:
    client, theirs = asking(TAKING)
    octets_ = bytearray(sealed(theirs, answer(9)))
    octets_[2] = control
    with pytest.raises(TrustError):
        client.receive(bytes(octets_))


def test_another_message_than_its_tag_says_is_refused_compressed_too() -> None:
    client, theirs = asking(TAKING)
    with pytest.raises(PeerError) as refusal:
        client.receive(sealed(theirs, answer(9), tag=0xCD))
    assert refusal.value.code == "security-tag-mismatch"


@given(st.binary(max_size=60))
def test_what_is_malformed_behind_a_good_tag_is_refused(garbage: bytes) -> None:
    client, theirs = asking(TAKING)
    counter = theirs.next_counter()
    payload = protect(
        garbage,
        key=theirs.encryption_key,
        auth_key=theirs.authentication_key,
        title=theirs.title.octets,
        counter=counter,
        control=0xB0,
    )
    with pytest.raises(PeerError):
        client.receive(Ciphered(0xCC, 0xB0, counter, payload).encode())


def test_a_server_refuses_and_takes_likewise() -> None:
    for decompression, taken in ((None, False), (TAKING, True)):
        events: list[SecurityEvent] = []
        own = replace(protection(METER), decompression=decompression)
        server = Server(
            device(),
            grants={GATEWAY: Grant(protection=own, otherwise=EVERYTHING)},
            on_security=events.append,
        )
        theirs = protection(CLIENT)
        client = Client(protection=theirs)
        client.receive(server.receive(GATEWAY, client.aarq())[0])
        request = apdu.GetRequestNormal(InvokeId(1), VALUE).encode()
        (reply,) = server.receive(GATEWAY, sealed(theirs, request, tag=0xC8))
        assert isinstance(apdu.decode(reply), Ciphered if taken else ExceptionResponse)
        assert [event.code for event in events] == ([] if taken else ["security-policy"])
