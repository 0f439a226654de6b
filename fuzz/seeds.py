"""Where fuzzing begins: by target, well-formed messages of our own making, and captures if there are any."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fuzz import certificates
from fuzz.dialogue import asked_by_short_names, recorded
from fuzz.targets import METER, OPERATOR, SIGNING
from meterkast.model.obis import Obis
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import (
    Data,
    array,
    bit_string,
    compact_array,
    double_long_unsigned,
    encode,
    enum,
    float64,
    integer,
    long_unsigned,
    octets,
    structure,
    unsigned,
    visible,
)
from meterkast.protocols.datetime import CosemDateTime, from_unix_local
from meterkast.protocols.dlms import security
from meterkast.protocols.dlms.apdu import DataNotification, GeneralGloCiphering, Header, LongInvokeId
from meterkast.protocols.dlms.general_ciphering import Correspondent, Party, seal_identified
from meterkast.protocols.dlms.general_signing import sign_message
from meterkast.protocols.dlms.signature import signer
from meterkast.protocols.dlms.suite import SUITE_1
from meterkast.protocols.explain.dump import undump
from meterkast.protocols.hdlc import Address, Link, Reply
from meterkast.protocols.hdlc.fcs import fcs
from meterkast.protocols.mode_e.characters import with_parity

CORPUS = Path(__file__).with_name("corpus")
CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures"
_AT = 1_774_134_000
_FRAMED = {"message", "tolerant", "frames", "wrapped", "ciphered", "explained"}
"""Targets to which a capture may be shown as it is."""


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """All that there is for a target, each once: what led to findings, messages of our own, captures."""
    found = [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))] + _made()[name]
    return tuple(dict.fromkeys(found + (_captured() if name in _FRAMED else [])))


def repaired(name: str, octets: bytes) -> bytes:
    """The octets with check sequences or tags that hold, to come further in; most targets have none."""
    if name in certificates.TARGETS:
        return certificates.mended(octets)
    if name == "frames":
        return b"".join(map(_reframed, octets.split(b"\x7e")))
    return _sealed(octets) if name == "ciphered" else octets


@cache
def _made() -> dict[str, list[bytes]]:
    push = DataNotification(LongInvokeId(1), from_unix_local(_AT).encode(), _rows()).encode()
    clear, protected = recorded(protected=False), recorded(protected=True)
    parts, short = recorded(protected=False, blocks=True), asked_by_short_names()
    values = [encode(each) for each in _values()]
    return {
        "data": values,
        "message": [
            *clear[0],
            *clear[1],
            *protected[0],
            *protected[1],
            *parts[0][:9],
            *short,
            push,
            _sealed(push),
            *_general(push),
        ],
        "association": [clear[0][0], clear[1][0], protected[0][0], protected[1][0], clear[0][-1]],
        "tolerant": [push],
        "table": values[:2],
        "ciphered": [_sealed(push)],
        "general": _general(push),
        "objects": values,
        "server": [
            *[b"\1" + _chain(clear[0][at : at + 4]) for at in range(1, len(clear[0]), 4)],
            *[b"\1" + _chain(parts[0][at : at + 6]) for at in range(1, len(parts[0]), 6)],
            *[b"\0" + _chain([*protected[0][:2], each]) for each in protected[0][2:]],
            *[b"\2" + _chain(short[at : at + 4]) for at in range(1, len(short), 4)],
        ],
        "client": [b"\x80" + _chain(clear[1]), b"\0" + _chain(protected[1]), b"\xff" + _chain(parts[1])],
        "blocks": [bytes((1, 1, 1, 7, 7, 7, 7, 7, 0x81, 2, 2, 9))],
        "frames": _frames(clear),
        "opening": [b"/?!\r\n/MKM5\\2METER\r\n\x06252\r\n", with_parity(b"/?!\r\n\x06252\r\n")],
        "wrapped": [wrapper.encode(1, 16, push), wrapper.encode(16, 1, clear[0][0]) * 2],
        "moment": [from_unix_local(_AT).encode(), CosemDateTime().encode()],
        **certificates.seeds(),
        "explained": [push, wrapper.encode(1, 16, push), *_frames(clear)[:2]],
    }


def _rows() -> Data:
    times = [octets(from_unix_local(_AT + number * 900).encode()) for number in range(6)]
    return array(structure((time, unsigned(8), double_long_unsigned(1))) for time in times)


def _values() -> list[Data]:
    name = octets(Obis(1, 0, 1, 8, 0).to_bytes())
    listed = structure((long_unsigned(3), unsigned(0), name, structure((array(()), array(())))))
    column = structure((long_unsigned(3), name, integer(2), long_unsigned(0)))
    return [
        _rows(),
        compact_array(_rows().items),
        structure((visible("kWh"), bit_string("10110"), array(()), float64(1.5))),
        array((listed, listed)),
        array((column, column)),
        structure((integer(-3), enum(30))),
    ]


def _sealed(plain: bytes) -> bytes:
    payload = security.protect(plain, key=bytes(16), auth_key=bytes(16), title=METER, counter=1)
    return GeneralGloCiphering(METER, 0x30, 1, payload).encode()


def _general(plain: bytes) -> list[bytes]:
    own = Party(suite=SUITE_1, title=OPERATOR, authentication_key=bytes(16), global_key=bytes(16))
    ciphered = seal_identified(own, Correspondent(title=METER), plain, 1)
    signed = sign_message(Header(originator=OPERATOR), plain, signer(SIGNING))
    return [ciphered.encode(), signed.encode()]


def _chain(messages: Iterable[bytes]) -> bytes:
    return b"".join(bytes((len(each),)) + each for each in messages if len(each) < 256)


def _frames(said: tuple[list[bytes], list[bytes]]) -> list[bytes]:
    """What goes over an HDLC line, each way: the connection, and two messages each, in segments."""
    client = Link(role="client", server_address=Address(1), client_address=16, max_information=32)
    server = Link(role="server", server_address=Address(1), max_information=32)
    ends, sent = (client, server), (bytearray(), bytearray())
    turns = [(0, said[0][0]), (1, said[1][0]), (0, said[0][1]), (1, said[1][1])]
    opening = client.connect()
    _carry(ends, sent, 0, opening)
    for end, message in turns:
        _carry(ends, sent, end, b"".join(ends[end].send(message)))
    return [opening, bytes(sent[0]), bytes(sent[1])]


def _carry(ends: tuple[Link, Link], sent: tuple[bytearray, bytearray], end: int, octets: bytes) -> None:
    """Octets from one end to the other, and all that follows from them."""
    sent[end].extend(octets)
    for event in ends[1 - end].receive(octets):
        if isinstance(event, Reply):
            _carry(ends, sent, 1 - end, event.octets)


def _reframed(body: bytes) -> bytes:
    if len(body) < 7:
        return b"\x7e" + body
    length = bytes((0xA0 | body[0] & 0x08 | len(body) >> 8 & 0x07, len(body) & 0xFF))
    end = 2
    for _ in range(2):  # the last octet of an address is odd
        while end < len(body) - 4 and not body[end] & 1:
            end += 1
        end += 1
    header = length + body[2 : end + 1]
    if len(body) > len(header) + 4:
        header += fcs(header) + body[len(header) + 2 : -2]
    return b"\x7e" + header + fcs(header) + b"\x7e"


@cache
def _captured() -> list[bytes]:
    paths = (path for family in ("dlms-push", "dlms-exchange") for path in (CAPTURES / family).glob("*.hex"))
    return [undump(path.read_bytes()) for path in sorted(paths)]
