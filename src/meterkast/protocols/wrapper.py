"""The wrapper around APDUs on TCP and UDP (IEC 62056-47, 5.3): version, source, destination, length, APDU."""

import struct
from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError

VERSION = 1
LIMIT = 1 << 16  # sixteen bits of length

_HEADER = struct.Struct(">HHHH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wpdu:
    """One wrapped APDU; ``source`` and ``destination`` are wrapper ports: client and logical device."""

    source: int
    destination: int
    apdu: bytes


def encode(source: int, destination: int, apdu: bytes) -> bytes:
    """The APDU with its header.

    Raises:
        LocalError: ``wrapper-range`` where the APDU or a port does not fit sixteen bits.
    """
    if not (0 <= source < LIMIT and 0 <= destination < LIMIT and len(apdu) < LIMIT):
        raise LocalError("wrapper-range", "A wrapper port and the length of an APDU have sixteen bits.")
    return _HEADER.pack(VERSION, source, destination, len(apdu)) + apdu


def parse(datagram: bytes) -> Wpdu:
    """The one APDU in a UDP datagram: it begins and ends with it (IEC 62056-47, 5.4).

    Raises:
        PeerError: ``wrapper-incomplete``, ``wrapper-version``, or ``wrapper-length-wrong``.
    """
    if len(datagram) < _HEADER.size:
        raise PeerError("wrapper-incomplete", "The datagram is shorter than a wrapper header.")
    version, source, destination, length = _HEADER.unpack_from(datagram)
    if version != VERSION:
        raise _no_wrapper("datagram")
    if length != len(datagram) - _HEADER.size:
        raise PeerError("wrapper-length-wrong", "The length is not that of the datagram.", where="length")
    return Wpdu(source=source, destination=destination, apdu=datagram[_HEADER.size :])


class Decoder:
    """Octets in, wrapped APDUs out. A stream that has gone wrong stays wrong: drop the connection.

    Args:
        limit: a longer APDU is refused before anything is kept of it.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._pending = bytearray()
        self._broken: PeerError | None = None

    def receive(self, octets: bytes) -> list[Wpdu]:
        """The APDUs that the octets complete.

        Raises:
            PeerError: ``wrapper-version`` or ``wrapper-too-long``; also on every later call. APDUs that
                were complete before the fault are given out first, the error follows with the next call.
        """
        self._pending += octets
        complete: list[Wpdu] = []
        while self._broken is None and len(self._pending) >= _HEADER.size:
            version, source, destination, length = _HEADER.unpack_from(self._pending)
            self._broken = self._fault(version, length)
            end = _HEADER.size + length
            if self._broken is not None or len(self._pending) < end:
                break
            apdu = bytes(self._pending[_HEADER.size : end])
            complete.append(Wpdu(source=source, destination=destination, apdu=apdu))
            del self._pending[:end]
        if self._broken is not None:
            self._pending.clear()
            if not complete:
                raise self._broken
        return complete

    def _fault(self, version: int, length: int) -> PeerError | None:
        if version != VERSION:
            return _no_wrapper("stream")
        if length > self._limit:
            return PeerError("wrapper-too-long", f"An APDU of {length} octets is refused.", where="length")
        return None


def _no_wrapper(what: str) -> PeerError:
    return PeerError("wrapper-version", f"The {what} is not in DLMS wrapper format.", where="version")
