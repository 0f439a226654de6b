"""Octets that somebody has made up: well-formed DER that a library chokes on, each in its own way."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterkast.protocols.ber import Element

_SEQUENCE, _SET, _OID, _OCTETS, _BITS, _INTEGER = 0x30, 0x31, 0x06, 0x04, 0x03, 0x02
_KEY = ec.derive_private_key(7, ec.SECP256R1())
_SPKI = _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
_ECDSA = bytes.fromhex("300a06082a8648ce3d040302")
_ASKED = bytes.fromhex("06092a864886f70d01090e")
_TIMES = Element(0x17, b"260101000000Z").encode(), Element(0x17, b"470101000000Z").encode()
X400, EDI, ADDRESS = (Element(tag, b"").encode() for tag in (0xA3, 0xA5, 0x87))


def sequence(*parts: bytes) -> bytes:
    return Element(_SEQUENCE, b"".join(parts)).encode()


def extension(oid: str, value: bytes) -> bytes:
    return sequence(Element(_OID, bytes.fromhex(oid)).encode(), Element(_OCTETS, value).encode())


EXTENSIONS: dict[str, list[bytes]] = {
    "name of x400": [extension("551d11", sequence(X400))],
    "name of edi": [extension("551d11", sequence(EDI))],
    "name of an odd address": [extension("551d11", sequence(ADDRESS))],
    "twice": [extension("551d11", sequence(Element(0x82, b"a.b").encode()))] * 2,
    "point of x400": [extension("551d1f", sequence(sequence(b"\xa0\x04\xa0\x02\xa3\x00")))],
    "constraint of x400": [extension("551d1e", sequence(Element(0xA0, sequence(X400)).encode()))],
    "responder of x400": [
        extension("2b06010505070101", sequence(sequence(bytes.fromhex("06082b06010505073001"), X400)))
    ],
    "no octets": [extension("551d11", b"")],
    "a use that is none": [extension("551d0f", b"\x03\x01\x09")],
}
"""What a certificate or a request may have."""

LIST_EXTENSIONS: dict[str, list[bytes]] = {
    "scope of x400": [extension("551d1c", sequence(Element(0xA0, b"\xa0\x02\xa3\x00").encode()))],
    "two numbers": [extension("551d14", b"\x02\x01\x05")] * 2,
    "no number": [extension("551d14", b"")],
}
"""What a revocation list may have."""


def _signed(whole: bytes) -> bytes:
    signature = _KEY.sign(whole, ec.ECDSA(hashes.SHA256()))
    return sequence(whole, _ECDSA, Element(_BITS, b"\0" + signature).encode())


def request(extensions: list[bytes], version: int = 0) -> bytes:
    wishes = sequence(_ASKED, Element(_SET, sequence(*extensions)).encode()) if extensions else b""
    attributes = Element(0xA0, wishes).encode()
    return _signed(sequence(_number(version), sequence(), _SPKI, attributes))


def certificate(extensions: list[bytes], version: int = 2, organisation: bytes = b"Alliander") -> bytes:
    name = Element(_SET, sequence(bytes.fromhex("060355040a"), Element(0x0C, organisation).encode())).encode()
    head = Element(0xA0, _number(version)).encode(), _number(7), _ECDSA, sequence(name), sequence(*_TIMES)
    tail = Element(0xA3, sequence(*extensions)).encode() if extensions else b""
    return _signed(sequence(*head, sequence(), _SPKI, tail))


def revocation_list(extensions: list[bytes], version: int = 1) -> bytes:
    tail = Element(0xA0, sequence(*extensions)).encode() if extensions else b""
    return _signed(sequence(_number(version), _ECDSA, sequence(), *_TIMES, tail))


def _number(value: int) -> bytes:
    return Element(_INTEGER, bytes((value,))).encode()
