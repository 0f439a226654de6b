"""Recorded network traffic (pcap and pcapng) back to what was said over TCP and UDP.

Whole packets only: fragments of IP, and packets that the recorder cut, are passed over.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from meterkast.model.errors import DataError

_CLASSIC: Final = {
    b"\xd4\xc3\xb2\xa1": "<",
    b"\x4d\x3c\xb2\xa1": "<",
    b"\xa1\xb2\xc3\xd4": ">",
    b"\xa1\xb2\x3c\x4d": ">",
}
_NEXT_GENERATION: Final = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6
_TCP, _UDP = 6, 17
_IPV4, _IPV6, _VLAN = 0x0800, 0x86DD, 0x8100
_IPV4_FRAGMENT: Final = 0x3FFF
_SYN: Final = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What one packet carried, and between whom.

    Attributes:
        source: address and port, as ``192.0.2.7:4059``.
        destination: likewise.
        sequence: of the first octet, over TCP; None over UDP.
        payload: octets.
    """

    source: str
    destination: str
    sequence: int | None
    payload: bytes


def is_recording(octets: bytes) -> bool:
    """Whether this begins as a recording of packets does."""
    return octets[:4] in _CLASSIC or octets[:4] == _NEXT_GENERATION


def packets(octets: bytes) -> Iterator[Packet]:
    """The TCP and UDP packets that carry something, in the order of the recording.

    Raises:
        DataError: ``recording-malformed``.
    """
    try:
        frames = _classic(octets) if octets[:4] in _CLASSIC else _next_generation(octets)
        for link_type, frame in frames:
            packet = _packet(link_type, frame)
            if packet is not None and packet.payload:
                yield packet
    except struct.error as cause:
        raise DataError("recording-malformed", "The recording ends too early.") from cause


def _classic(octets: bytes) -> Iterator[tuple[int, bytes]]:
    order = _CLASSIC[octets[:4]]
    (link_type,) = struct.unpack_from(order + "I", octets, 20)
    at = 24
    while at < len(octets):
        kept, whole = struct.unpack_from(order + "II", octets, at + 8)
        if kept == whole:
            yield link_type & 0xFFFF, octets[at + 16 : at + 16 + kept]
        at += 16 + kept


def _next_generation(octets: bytes) -> Iterator[tuple[int, bytes]]:
    order, at = "<", 0
    interfaces: list[int] = []
    while at < len(octets):
        if octets[at : at + 4] == _NEXT_GENERATION:
            order = "<" if octets[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", octets, at)
        if length < 12 or length % 4:
            raise DataError(
                "recording-malformed", "A block of the recording has no length.", where=f"offset {at}"
            )
        if kind == _INTERFACE:
            interfaces.append(struct.unpack_from(order + "H", octets, at + 8)[0])
        elif kind == _ENHANCED:
            interface, _, _, kept, whole = struct.unpack_from(order + "IIIII", octets, at + 8)
            if kept == whole and interface < len(interfaces):
                yield interfaces[interface], octets[at + 28 : at + 28 + kept]
        elif kind == _SIMPLE and interfaces:
            (whole,) = struct.unpack_from(order + "I", octets, at + 8)
            if whole <= length - 16:
                yield interfaces[0], octets[at + 12 : at + 12 + whole]
        at += length


def _packet(link_type: int, frame: bytes) -> Packet | None:
    network = _network(link_type, frame)
    if not network:
        return None
    version = network[0] >> 4
    if version == 4 and len(network) >= 20 and not int.from_bytes(network[6:8], "big") & _IPV4_FRAGMENT:
        header, total = (network[0] & 0x0F) * 4, int.from_bytes(network[2:4], "big")
        return _transport(network[9], network[12:16], network[16:20], network[header:total])
    if version == 6 and len(network) >= 40:
        total = 40 + int.from_bytes(network[4:6], "big")
        return _transport(network[6], network[8:24], network[24:40], network[40:total])
    return None


def _network(link_type: int, frame: bytes) -> bytes:
    """The IP packet in a frame of the link layer; empty where there is none."""
    if link_type in (12, 14, 101):  # raw IP
        return frame
    if link_type == 0 and len(frame) > 4:  # BSD loopback
        return frame[4:]
    kind_at, begin = {1: (12, 14), 113: (14, 16), 276: (0, 20)}.get(link_type, (0, 0))
    kind = int.from_bytes(frame[kind_at : kind_at + 2], "big")
    if link_type == 1 and kind == _VLAN:
        kind, begin = int.from_bytes(frame[16:18], "big"), 18
    return frame[begin:] if begin and kind in (_IPV4, _IPV6) else b""


def _transport(protocol: int, source: bytes, destination: bytes, segment: bytes) -> Packet | None:
    if protocol not in (_TCP, _UDP) or len(segment) < (20 if protocol == _TCP else 8):
        return None
    source_port, destination_port = struct.unpack_from(">HH", segment)
    ends = _end(source, source_port), _end(destination, destination_port)
    if protocol == _UDP:
        return Packet(source=ends[0], destination=ends[1], sequence=None, payload=segment[8:])
    (sequence,) = struct.unpack_from(">I", segment, 4)
    header = (segment[12] >> 4) * 4
    begin = sequence + (1 if segment[13] & _SYN else 0)
    return Packet(source=ends[0], destination=ends[1], sequence=begin & 0xFFFFFFFF, payload=segment[header:])


def _end(address: bytes, port: int) -> str:
    text = str(ip_address(address))
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
