"""Signed messages by the thousand: the short way gives what the general decoder gives, for any octets."""

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import MeterkastError, PeerError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import GeneralSigning, Header
from meterkast.protocols.dlms.general_signing import Signed, open_signed, sign_message, signed_content
from meterkast.protocols.dlms.signature import PrivateKey, signer

TITLE, OTHER = b"MKM\0\0\0\0\1", b"MKM\0\0\0\0\2"


@cache
def key(curve: str) -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1() if curve == "P-256" else ec.SECP384R1())


headers = st.builds(
    Header,
    transaction=st.binary(max_size=130),
    originator=st.sampled_from((TITLE, OTHER)),
    recipient=st.sampled_from((b"", OTHER)),
    date_time=st.sampled_from((b"", bytes(12))),
    other=st.binary(max_size=130),
)


def outcome(octets: bytes, curve: str, *, shortly: bool) -> object:
    """What comes out, or the code of the refusal."""
    public = key(curve).public_key()
    try:
        if shortly:
            return open_signed(octets, TITLE, public)
        message = apdu.decode(octets)
        if not isinstance(message, GeneralSigning):
            return "apdu-unexpected"
        return signed_content(message, TITLE, public)
    except MeterkastError as error:
        return error.code


@given(headers, st.binary(max_size=300), st.sampled_from(("P-256", "P-384")), st.data())
def test_both_ways_give_the_same(header: Header, content: bytes, curve: str, data: st.DataObject) -> None:
    octets = bytearray(sign_message(header, content, signer(key(curve))).encode())
    expected = content if header.originator == TITLE else "security-title-wrong"
    assert outcome(bytes(octets), curve, shortly=True) == expected
    for _ in range(data.draw(st.integers(0, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(octets[: data.draw(st.one_of(st.none(), st.integers(0, len(octets))))])
    changed += data.draw(st.binary(max_size=2))
    assert outcome(changed, curve, shortly=True) == outcome(changed, curve, shortly=False)


@given(st.binary(max_size=120))
def test_any_octets_are_refused_as_by_the_general_decoder(garbage: bytes) -> None:
    for octets in (garbage, b"\xdf" + garbage, b"\xdf\x00\x08" + TITLE + garbage):
        assert outcome(octets, "P-256", shortly=True) == outcome(octets, "P-256", shortly=False)


@pytest.mark.parametrize("span", Signed)
def test_every_span_can_be_opened(span: Signed) -> None:
    header, own = Header(originator=TITLE), key("P-256")
    octets = sign_message(header, b"readings", signer(own), span=span).encode()
    assert open_signed(octets, TITLE, own.public_key(), span=span) == b"readings"


def test_another_message_is_none() -> None:
    with pytest.raises(PeerError):
        open_signed(apdu.ExceptionResponse(1, 1).encode(), TITLE, key("P-256").public_key())


def test_lengths_in_another_form_are_read_as_the_general_decoder_reads_them() -> None:
    """The signature covers the shortest form, whatever stands on the wire."""
    octets = sign_message(Header(originator=TITLE), b"readings", signer(key("P-256"))).encode()
    at = octets.index(b"\x08readings")
    longer = octets[:at] + b"\x81" + octets[at:]
    assert outcome(longer, "P-256", shortly=True) == b"readings"
