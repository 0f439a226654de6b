"""One target per decoder. Invariant: any octets parse or raise ``PeerError``, and what parses also encodes.

Streams are fed whole and octet by octet and must come to the same. Everything is bounded by the decoders' own
limits, so that no input takes long or much.
"""

from collections.abc import Callable
from typing import Final

from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.protocols import axdr, ber, wrapper
from meterkast.protocols.axdr.row import layout_of
from meterkast.protocols.datetime import CosemDateTime
from meterkast.protocols.dlms import acse, apdu, tolerance
from meterkast.protocols.dlms.aead import Aead
from meterkast.protocols.dlms.apdu import GeneralBlockTransfer
from meterkast.protocols.dlms.general_block import GeneralBlocks
from meterkast.protocols.dlms.general_glo import Keys, open_general_glo
from meterkast.protocols.dlms.table import TableReader, as_table
from meterkast.protocols.explain.detect import explain
from meterkast.protocols.hdlc import Address, Deframer, Link

Target = Callable[[bytes], None]

_ROW: Final = axdr.structure((axdr.octets(bytes(12)), axdr.unsigned(0), axdr.double_long_unsigned(0)))
_LAYOUT: Final = layout_of(_ROW)
_KEYS: Final = Keys(Aead(bytes(16)), bytes(16))


def data(octets: bytes) -> None:
    """COSEM data: what parses comes back from its encoding."""
    try:
        value = axdr.decode(octets)
    except PeerError:
        return
    written = axdr.encode(value)
    assert axdr.encode(axdr.decode(written)) == written


def message(octets: bytes) -> None:
    """Any xDLMS or ACSE APDU."""
    try:
        decoded = apdu.decode(octets)
    except PeerError:
        return
    assert apdu.decode(decoded.encode()).encode() == decoded.encode()


def association(octets: bytes) -> None:
    """ACSE and the BER below it."""
    for decode in (acse.decode, lambda each: list(ber.elements(each))):
        try:
            decode(octets)
        except PeerError:
            continue


def tolerant(octets: bytes) -> None:
    """The decoder with the known deviations of real meters."""
    try:
        tolerance.decode(octets)
    except PeerError:
        return


def table(octets: bytes) -> None:
    """The bulk path: as the general decoder, or refused as by it."""
    assert _LAYOUT is not None
    outcomes = []
    for read in (TableReader(_LAYOUT).body, lambda each: as_table(axdr.decode(each))):
        try:
            outcomes.append(axdr.encode(read(octets).to_data()))
        except PeerError as error:
            outcomes.append(error.code.encode())
    assert outcomes[0] == outcomes[1]


def ciphered(octets: bytes) -> None:
    """A general-glo message under a key that nobody has used."""
    try:
        open_general_glo(octets, lambda _title: _KEYS)
    except (PeerError, TrustError):
        return


def blocks(octets: bytes) -> None:
    """General block transfer: parts of eight octets each, the first of which is the control octet."""
    side = GeneralBlocks(size=40, window=3, limit=64)
    side.send(bytes(70))
    for at in range(0, len(octets), 8):
        control, number, acknowledged, *rest = octets[at : at + 8].ljust(3, b"\0")
        part = GeneralBlockTransfer(
            last=bool(control & 0x80),
            streaming=bool(control & 0x40),
            window=control & 0x3F,
            block_number=number % 8,
            acknowledged=acknowledged % 4,
            octets=bytes(rest),
        )
        try:
            side.receive(part)
        except PeerError:
            return


def frames(octets: bytes) -> None:
    """HDLC frames in a stream: whole, and octet by octet."""
    whole = Deframer().receive(octets)
    stepwise, deframer = [], Deframer()
    for at in range(len(octets)):
        stepwise += deframer.receive(octets[at : at + 1])
    assert [each for each in whole if hasattr(each, "control")] == [
        each for each in stepwise if hasattr(each, "control")
    ]
    for role in ("client", "server"):
        link = Link(role=role, server_address=Address(1), client_address=16)
        if role == "client":
            link.connect()
        link.receive(octets)


def wrapped(octets: bytes) -> None:
    """Wrapper APDUs in a stream: whole, and octet by octet."""
    counted = []
    for step in (max(1, len(octets)), 1):
        decoder, found = wrapper.Decoder(), 0
        try:
            for at in range(0, len(octets), step):
                found += len(decoder.receive(octets[at : at + step]))
        except PeerError:
            pass
        counted.append(found)
    assert counted[0] == counted[1]


def moment(octets: bytes) -> None:
    """Date-times: what parses is written as it was."""
    try:
        value = CosemDateTime.parse(octets)
    except PeerError:
        return
    value.unix()
    assert value.encode() == octets


def explained(octets: bytes) -> None:
    """The whole explainer, as the command line runs it on any file."""
    try:
        explain(octets)
    except (PeerError, DataError):  # DataError: a dump that is none, or a key that is needed
        return


TARGETS: Final[dict[str, Target]] = {
    each.__name__: each
    for each in (
        data,
        message,
        association,
        tolerant,
        table,
        ciphered,
        blocks,
        frames,
        wrapped,
        moment,
        explained,
    )
}
