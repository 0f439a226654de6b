"""What an enrolment server may answer with: a bag of certificates, in its one form and unsigned (AT-30)."""

from base64 import encodebytes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from attacks.attacked import bounded
from meterkast.gateway.est import ENROL, EstVisit
from meterkast.model.errors import PeerError
from meterkast.outside.https import Response
from meterkast.protocols.ber import Element, elements, single
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.certs_only import certificates

SEQUENCE, SET, FIRST, SECOND, INTEGER, OID, OCTETS = 0x30, 0x31, 0xA0, 0xA1, 0x02, 0x06, 0x04
SHA_256 = bytes.fromhex("608648016503040201")
SIGNED_DATA, ENVELOPED_DATA, DATA = (bytes.fromhex(f"2A864886F70D0107{n:02}") for n in (2, 3, 1))
SECONDS, MEMORY = 0.1, 16 << 20
"""To refuse one answer, which may have a megabyte, and 1.4 of them in base64."""


def made() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
    builder = builder.public_key(key.public_key()).not_valid_before(now)
    return builder.not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256()), key


CERTIFICATE, KEY = made()
BAG = pkcs7.serialize_certificates([CERTIFICATE], Encoding.DER)


def algorithm(oid: bytes = SHA_256) -> Element:
    return Element(SEQUENCE, Element(OID, oid).encode())


def rebuilt(change: Callable[[list[Element]], list[Element]], *, kind: bytes = SIGNED_DATA) -> bytes:
    """The bag with other parts: version, digest algorithms, content, certificates, signers."""
    _, content = elements(single(BAG, SEQUENCE).contents)
    parts = change(list(elements(single(content.contents, SEQUENCE).contents)))
    inner = Element(SEQUENCE, b"".join(part.encode() for part in parts)).encode()
    return Element(SEQUENCE, Element(OID, kind).encode() + Element(FIRST, inner).encode()).encode()


def with_part(place: int, part: Element) -> bytes:
    return rebuilt(lambda parts: [*parts[:place], part, *parts[place + 1 :]])


def signers_of(message: bytes) -> Element:
    _, content = elements(single(message, SEQUENCE).contents)
    return list(elements(single(content.contents, SEQUENCE).contents))[-1]


def signed(*options: pkcs7.PKCS7Options) -> bytes:
    """A SignedData that somebody has signed, with the certificate in it."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"content")
    return builder.add_signer(CERTIFICATE, KEY, hashes.SHA256()).sign(Encoding.DER, list(options))


def without_digests(message: bytes) -> bytes:
    """CVE-2026-45447: a signer, and no digest algorithms announced."""
    outer = list(elements(single(message, SEQUENCE).contents))
    parts = list(elements(single(outer[1].contents, SEQUENCE).contents))
    parts[1] = Element(SET, b"")
    inner = Element(SEQUENCE, b"".join(part.encode() for part in parts)).encode()
    return Element(SEQUENCE, outer[0].encode() + Element(FIRST, inner).encode()).encode()


def with_swapped_attributes() -> bytes:
    """The signature of one message over the attributes of another."""
    ours, theirs = signed(), pkcs7.PKCS7SignatureBuilder().set_data(b"another")
    other = theirs.add_signer(CERTIFICATE, KEY, hashes.SHA256()).sign(Encoding.DER, [])
    outer = list(elements(single(ours, SEQUENCE).contents))
    parts = list(elements(single(outer[1].contents, SEQUENCE).contents))
    (mine,) = elements(parts[-1].contents)
    (yours,) = elements(signers_of(other).contents)
    fields, swapped = list(elements(mine.contents)), list(elements(yours.contents))
    place = next(n for n, field in enumerate(fields) if field.tag == FIRST)
    fields[place] = swapped[place]
    signer = Element(SEQUENCE, b"".join(field.encode() for field in fields))
    parts[-1] = Element(SET, signer.encode())
    inner = Element(SEQUENCE, b"".join(part.encode() for part in parts)).encode()
    return Element(SEQUENCE, outer[0].encode() + Element(FIRST, inner).encode()).encode()


def with_long_length(octets: bytes) -> bytes:
    """The same in BER, its outer length written longer than it need be."""
    contents = single(octets, SEQUENCE).contents
    return b"\x30\x84" + len(contents).to_bytes(4, "big") + contents


EMPTY = Element(SEQUENCE, Element(OID, DATA).encode())
FULL = Element(SEQUENCE, Element(OID, DATA).encode() + Element(FIRST, b"\x04\x01x").encode())

ATTACKS: dict[str, Callable[[], bytes]] = {
    "AT-30 signed": signed,
    "AT-30 signed, no digest algorithms": lambda: without_digests(signed()),
    "AT-30 signed without attributes": lambda: without_digests(signed(pkcs7.PKCS7Options.NoAttributes)),
    "AT-30 swapped attributes": with_swapped_attributes,
    "AT-30 a signer in the bag": lambda: with_part(4, signers_of(signed())),
    "AT-30 a digest algorithm and no signer": lambda: with_part(1, Element(SET, algorithm().encode())),
    "AT-30 another eContentType": lambda: with_part(2, Element(SEQUENCE, Element(OID, SIGNED_DATA).encode())),
    "AT-30 content": lambda: with_part(2, FULL),
    "AT-30 version 3": lambda: with_part(0, Element(INTEGER, b"\x03")),
    "AT-30 lists": lambda: rebuilt(lambda parts: [*parts[:4], Element(SECOND, b""), parts[4]]),
    "AT-30 no certificates": lambda: rebuilt(lambda parts: [*parts[:3], parts[4]]),
    "AT-30 no certificate": lambda: with_part(3, Element(FIRST, b"\x30\x00")),
    "AT-30 another kind of message": lambda: rebuilt(lambda parts: parts, kind=ENVELOPED_DATA),
    "AT-30 not DER": lambda: with_long_length(BAG),
    "AT-30 an octet follows": lambda: BAG + b"\0",
    "AT-30 cut": lambda: BAG[:-1],
    "AT-30 nothing": lambda: b"",
    "AT-30 four gigabytes announced": lambda: b"\x30\x84\xff\xff\xff\xff" + BAG,
    "AT-30 too many certificates": lambda: with_part(
        3, Element(FIRST, CERTIFICATE.public_bytes(Encoding.DER) * 257)
    ),
    "AT-30 half a million elements": lambda: with_part(3, Element(FIRST, b"\x30\x00" * 500_000)),
    "AT-30 a megabyte": lambda: BAG + bytes(1 << 20),
}


def answered(octets: bytes) -> x509.Certificate:
    """What the gateway takes from a server that answers so."""
    answer = Response(status=200, content_type="application/pkcs7-mime", body=encodebytes(octets))
    return EstVisit(lambda _: answer).certify(ENROL, Purpose.SIG, b"request")


@pytest.mark.parametrize("name", ATTACKS)
def test_at_30_an_answer_that_is_no_bag_of_certificates(name: str) -> None:
    attack = ATTACKS[name]()
    assert answered(BAG) == CERTIFICATE
    with bounded(SECONDS, MEMORY), pytest.raises(PeerError) as caught:
        answered(attack)
    with pytest.raises(PeerError):
        certificates(attack)
    assert (caught.value.code, caught.value.message) == (
        "enrol-answer-malformed",
        "The answer does not hold certificates.",
    )
    assert answered(BAG) == CERTIFICATE


def test_at_30_the_parts_put_together_again_are_the_bag() -> None:
    """So that the rows fail for what they change."""
    assert rebuilt(lambda parts: parts) == BAG
    assert with_part(2, EMPTY) == BAG


@pytest.mark.filterwarnings("ignore:PKCS#7 certificates could not be parsed as DER")
def test_at_30_a_library_for_signed_messages_takes_what_we_refuse() -> None:
    """Which is why it does not read here."""
    taken = {}
    for name, attack in ATTACKS.items():
        try:
            taken[name] = bool(pkcs7.load_der_pkcs7_certificates(attack()))
        except ValueError:
            taken[name] = False
    assert taken["AT-30 signed"]
    assert taken["AT-30 signed, no digest algorithms"]


@given(st.binary(max_size=400))
def test_any_octets_are_certificates_or_refused(octets: bytes) -> None:
    with pytest.raises(PeerError):
        certificates(octets)


@given(st.integers(0, 8 * len(BAG) - 1))
def test_a_bag_with_a_flipped_bit_is_refused_or_another_bag(bit: int) -> None:
    flipped = bytearray(BAG)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        found = certificates(bytes(flipped))
    except PeerError:
        return
    assert found != [CERTIFICATE]
