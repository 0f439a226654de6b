"""One HDLC frame, format type 3 (IEC 62056-46, 6.4.1): length, addresses, control, HCS, information, FCS."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.hdlc.address import Address
from meterkast.protocols.hdlc.control import Control
from meterkast.protocols.hdlc.fcs import fcs

FLAG = 0x7E
FORMAT_TYPE = 0xA
SHORTEST = 7  # format 2, addresses 1 + 1, control 1, FCS 2
LONGEST = 0x7FF  # eleven bits of length
HEADER_LIMIT = 2 + 4 + 4 + 1 + 2  # format, two addresses of four octets, control, HCS

_CHECK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands between two flags.

    Attributes:
        destination: address of the receiver.
        source: address of the sender.
        control: kind, poll bit and counts.
        information: the payload as it is; empty for most supervisory frames.
        segmented: more frames of the same payload follow.
    """

    destination: Address
    source: Address
    control: Control
    information: bytes = b""
    segmented: bool = False

    def encode(self) -> bytes:
        """The frame with both flags.

        Raises:
            LocalError: ``hdlc-frame-too-long`` where eleven bits of length do not suffice.
        """
        addresses = self.destination.encode() + self.source.encode()
        checked = len(self.information) + _CHECK if self.information else 0
        length = 2 + len(addresses) + 1 + checked + _CHECK
        if length > LONGEST:
            raise LocalError("hdlc-frame-too-long", f"An HDLC frame has at most {LONGEST} octets.")
        start = (FORMAT_TYPE << 12 | self.segmented << 11 | length).to_bytes(2, "big")
        body = start + addresses + bytes((self.control.octet,))
        if self.information:
            body += fcs(body) + self.information
        return bytes((FLAG, *body, *fcs(body), FLAG))

    @classmethod
    def parse(cls, octets: bytes) -> "Frame":
        """Reads one whole frame with both flags; both check sequences must hold.

        Raises:
            PeerError: ``hdlc-hcs-wrong``, ``hdlc-fcs-wrong``, or what ``examine`` raises.
        """
        examined = examine(octets)
        if examined.hcs_ok is False:
            raise PeerError("hdlc-hcs-wrong", "The header check sequence does not hold.", where="HCS")
        if not examined.fcs_ok:
            raise PeerError("hdlc-fcs-wrong", "The frame check sequence does not hold.", where="FCS")
        return examined.frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A well-formed frame and what its check sequences say; ``hcs_ok`` is None where there is no HCS."""

    frame: Frame
    hcs_ok: bool | None
    fcs_ok: bool


def examine(octets: bytes) -> Examined:
    """Reads one whole frame with both flags and reports its check sequences instead of enforcing them.

    For diagnosis of recorded frames; a link uses ``Frame.parse``.

    Raises:
        PeerError: ``hdlc-flag-missing``, ``hdlc-format-unknown``, ``hdlc-length-wrong``,
            ``hdlc-address-malformed`` or ``hdlc-control-unknown``.
    """
    if len(octets) < SHORTEST + 2 or octets[0] != FLAG or octets[-1] != FLAG:
        raise PeerError("hdlc-flag-missing", "An HDLC frame stands between two flags.", where="octet 0")
    body = octets[1:-1]
    header = Header.parse(body)
    if header.length != len(body):
        raise PeerError("hdlc-length-wrong", "The length field does not match the frame.", where="octet 1")
    frame = Frame(
        destination=header.destination,
        source=header.source,
        control=Control.parse(header.control),
        information=body[header.end + _CHECK : -_CHECK],
        segmented=header.segmented,
    )
    return Examined(frame=frame, hcs_ok=header.hcs_ok, fcs_ok=fcs(body[:-_CHECK]) == body[-_CHECK:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The start of a frame up to its HCS: enough to know, before the rest arrives, whether to wait for it.

    Attributes:
        length: octets between the flags.
        end: offset after the control octet, counted from the format field.
        hcs_ok: None where the frame carries no information and therefore no HCS.
    """

    length: int
    segmented: bool
    destination: Address
    source: Address
    control: int
    end: int
    hcs_ok: bool | None

    @classmethod
    def parse(cls, body: bytes) -> "Header":
        """Reads the header from what follows the flag; ``HEADER_LIMIT`` octets, or the whole frame, suffice.

        Raises:
            PeerError: ``hdlc-format-unknown``, ``hdlc-length-wrong`` or ``hdlc-address-malformed``.
        """
        length = body_length(body)
        destination = Address.parse(body, 2)
        source = Address.parse(body, 2 + destination.width)
        end = 2 + destination.width + source.width + 1
        tail = length - end
        if tail < _CHECK or _CHECK < tail <= 2 * _CHECK or len(body) < end + _CHECK:
            raise PeerError(
                "hdlc-length-wrong", "The frame ends inside its header.", where=f"octet {end + 1}"
            )
        return cls(
            length=length,
            segmented=bool(body[0] & 0x08),
            destination=destination,
            source=source,
            control=body[end - 1],
            end=end,
            hcs_ok=None if tail == _CHECK else fcs(body[:end]) == body[end : end + _CHECK],
        )


def body_length(start: bytes) -> int:
    """Octets between the flags, from the two format octets.

    Raises:
        PeerError: ``hdlc-format-unknown`` or ``hdlc-length-wrong``.
    """
    if start[0] >> 4 != FORMAT_TYPE:
        raise PeerError("hdlc-format-unknown", "The frame is not of HDLC format type 3.", where="octet 1")
    length = (start[0] << 8 | start[1]) & LONGEST
    if length < SHORTEST:
        raise PeerError("hdlc-length-wrong", f"No HDLC frame has {length} octets.", where="octet 1")
    return length
