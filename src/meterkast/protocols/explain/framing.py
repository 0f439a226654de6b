"""What stands around a DLMS message on its way: HDLC, M-Bus segments, wrapper, LLC header."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import PeerError
from meterkast.model.finding import Finding, Severity
from meterkast.protocols import wrapper
from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.hdlc import Examined, Kind, examine
from meterkast.protocols.hdlc.frame import FLAG, body_length
from meterkast.protocols.mbus.frame import checksum

_LLC_HEADERS: Final = (bytes.fromhex("E6E600"), bytes.fromhex("E6E700"))
_WRAPPER_START: Final = b"\x00\x01"
_WRAPPER_HEADER: Final = 8
_MBUS_START: Final = 0x68
_MBUS_STOP: Final = 0x16
_MBUS_LENGTH_WRAP: Final = 256
_LAST_SEGMENT: Final = 0x10
_INFORMATION: Final = (Kind.INFORMATION, Kind.UNNUMBERED_INFORMATION)


@dataclass(frozen=True, slots=True)
class Carried:
    """Octets that a layer carried, and where the first of them stands in the input."""

    octets: bytes
    offset: int


def unframe(octets: bytes, explanation: Explanation) -> list[Carried]:
    """The messages inside whatever framing there is; adds a layer for each envelope taken off.

    Raises:
        PeerError: ``hdlc-…``, ``wrapper-…`` or ``mbus-segment-…`` where the framing does not hold.
    """
    frames = _unframer(octets)(octets, explanation)
    return [_without_llc(carried, explanation) for carried in frames]


def _unframer(octets: bytes) -> Callable[[bytes, Explanation], list[Carried]]:
    if octets[:1] == bytes((FLAG,)):
        return _hdlc
    if octets[:2] == _WRAPPER_START:
        return _wrapper
    if octets[:1] == bytes((_MBUS_START,)):
        return _mbus
    if len(octets) > _WRAPPER_HEADER and not any(octets[:_WRAPPER_HEADER]):
        return _blank_wrapper
    return _bare


def _bare(octets: bytes, explanation: Explanation) -> list[Carried]:
    del explanation
    return [Carried(octets, 0)]


def _hdlc(octets: bytes, explanation: Explanation) -> list[Carried]:
    complete: list[Carried] = []
    segments: list[Carried] = []
    at = 0
    while at + 1 < len(octets):
        if octets[at] == octets[at + 1] == FLAG:
            at += 1
            continue
        if at + 3 > len(octets):
            raise PeerError("hdlc-length-wrong", "The HDLC frame ends in its length.", where=f"offset {at}")
        length = body_length(octets[at + 1 : at + 3])
        examined = examine(octets[at : at + length + 2])
        explanation.layers.append(_hdlc_layer(examined, at, length + 2))
        _judge(explanation, examined, at)
        if examined.frame.control.kind in _INFORMATION:
            segments.append(Carried(examined.frame.information, _information_offset(examined, at)))
            if not examined.frame.segmented:
                complete.append(_joined(segments))
                segments = []
        at += length + 1
    if not explanation.layers:
        raise PeerError("hdlc-frame-missing", "There is a flag and no frame.", where="offset 0")
    if segments:
        raise PeerError("hdlc-segment-missing", "The last HDLC segment of a message is missing.")
    return complete


def _hdlc_layer(examined: Examined, at: int, length: int) -> Layer:
    frame = examined.frame
    fields = {
        "length": length - 2,
        "destination": frame.destination.encode().hex().upper(),
        "source": frame.source.encode().hex().upper(),
        "control": f"{frame.control.octet:02X}",
        "kind": frame.control.kind.name.lower().replace("_", "-"),
        "segmented": frame.segmented,
        "hcs_ok": examined.hcs_ok,
        "fcs_ok": examined.fcs_ok,
    }
    return Layer(name="HDLC frame", offset=at, length=length, fields=fields)


def _judge(explanation: Explanation, examined: Examined, at: int) -> None:
    if examined.fcs_ok and examined.hcs_ok is not False:
        explanation.crc = "ok" if explanation.crc == "absent" else explanation.crc
        return
    explanation.crc = "bad"
    code = "hdlc-fcs-wrong" if not examined.fcs_ok else "hdlc-hcs-wrong"
    message = "A check sequence of the HDLC frame does not hold: the octets may be altered."
    explanation.findings.append(Finding(code=code, severity=Severity.ERROR, message=message, offset=at))


def _information_offset(examined: Examined, at: int) -> int:
    flag, frame_format, control, check = 1, 2, 1, 2
    addresses = examined.frame.destination.width + examined.frame.source.width
    return at + flag + frame_format + addresses + control + check


def _wrapper(octets: bytes, explanation: Explanation) -> list[Carried]:
    carried: list[Carried] = []
    at = 0
    for wpdu in wrapper.Decoder().receive(octets):
        length = _WRAPPER_HEADER + len(wpdu.apdu)
        fields = {
            "version": 1,
            "source": wpdu.source,
            "destination": wpdu.destination,
            "length": len(wpdu.apdu),
        }
        explanation.layers.append(Layer(name="wrapper", offset=at, length=length, fields=fields))
        carried.append(Carried(wpdu.apdu, at + _WRAPPER_HEADER))
        at += length
    if at != len(octets):
        raise PeerError("wrapper-incomplete", "The wrapper announces more octets.", where=f"offset {at}")
    return carried


def _blank_wrapper(octets: bytes, explanation: Explanation) -> list[Carried]:
    layer = Layer(
        name="blank wrapper", offset=0, length=len(octets), fields={"header": "00" * _WRAPPER_HEADER}
    )
    explanation.layers.append(layer)
    explanation.findings.append(
        Finding(
            code="wrapper-blank",
            severity=Severity.WARNING,
            message="Eight zero octets stand where a wrapper header belongs.",
            offset=0,
        )
    )
    return [Carried(octets[_WRAPPER_HEADER:], _WRAPPER_HEADER)]


def _mbus(octets: bytes, explanation: Explanation) -> list[Carried]:
    segments: list[Carried] = []
    complete: list[Carried] = []
    at = 0
    while at < len(octets):
        size, body = _mbus_segment(octets, at, explanation)
        control, address, ci, source, destination = body[:5]
        if ci & 0x0F != len(segments) % 16 or ci >= 0x20:
            raise PeerError(
                "mbus-segment-order",
                f"CI {ci:02X} is not the segment expected here.",
                where=f"offset {at + 6}",
            )
        last = bool(ci & _LAST_SEGMENT)
        fields = {
            "control": f"{control:02X}",
            "address": address,
            "ci": f"{ci:02X}",
            "segment": ci & 0x0F,
            "last": last,
            "source": source,
            "destination": destination,
        }
        explanation.layers.append(Layer(name="M-Bus segment", offset=at, length=size, fields=fields))
        segments.append(Carried(body[5:], at + 9))
        if last:
            complete.append(_joined(segments))
            segments = []
        at += size
    if segments:
        raise PeerError("mbus-segment-missing", "The last M-Bus segment of a message is missing.")
    return complete


def _mbus_segment(octets: bytes, at: int, explanation: Explanation) -> tuple[int, bytes]:
    """Size of the long frame at ``at``, and what its checksum covers."""
    start = octets[at : at + 4]
    if len(start) < 4 or start[0] != _MBUS_START or start[3] != _MBUS_START or start[1] != start[2]:
        raise PeerError("mbus-segment-start", "No M-Bus long frame begins here.", where=f"offset {at}")
    length = start[1]
    if length < 3:
        length += _MBUS_LENGTH_WRAP
        message = f"The length {start[1]:02X} of an M-Bus frame stands for {length} octets."
        explanation.findings.append(
            Finding(code="mbus-length-wrapped", severity=Severity.WARNING, message=message, offset=at + 1)
        )
    body, trailer = octets[at + 4 : at + 4 + length], octets[at + 4 + length : at + 6 + length]
    if len(trailer) < 2 or trailer[1] != _MBUS_STOP or length < 5:
        raise PeerError(
            "mbus-segment-cut", "The M-Bus frame does not end where it says.", where=f"offset {at}"
        )
    if trailer[0] == checksum(body):
        explanation.crc = "ok" if explanation.crc == "absent" else explanation.crc
    else:
        explanation.crc = "bad"
        message = "The checksum of the M-Bus frame does not hold: the octets may be altered."
        explanation.findings.append(
            Finding(code="mbus-checksum-wrong", severity=Severity.ERROR, message=message, offset=at)
        )
    return length + 6, body


def _joined(segments: list[Carried]) -> Carried:
    return Carried(b"".join([segment.octets for segment in segments]), segments[0].offset)


def _without_llc(carried: Carried, explanation: Explanation) -> Carried:
    header = carried.octets[:3]
    if header not in _LLC_HEADERS:
        return carried
    fields = {"destination": f"{header[0]:02X}", "source": f"{header[1]:02X}", "quality": f"{header[2]:02X}"}
    explanation.layers.append(Layer(name="LLC header", offset=carried.offset, length=3, fields=fields))
    return Carried(carried.octets[3:], carried.offset + 3)
