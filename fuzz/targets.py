"""One target per decoder. Invariant: any octets parse or raise ``PeerError``, and what parses also encodes.

Streams are fed whole and octet by octet and must come to the same. Everything is bounded by the decoders' own
limits, so that no input takes long or much.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from fuzz import certificates, sides
from fuzz.dialogue import COLUMNS
from meterkast.model.errors import DataError, PeerError, TrustError
from meterkast.protocols import axdr, ber, wrapper
from meterkast.protocols.axdr.row import layout_of
from meterkast.protocols.cosem.capture import decode_capture_objects
from meterkast.protocols.cosem.object_list import decode_object_list
from meterkast.protocols.cosem.profile import decode_buffer
from meterkast.protocols.cosem.scaling import Scaling
from meterkast.protocols.datetime import CosemDateTime
from meterkast.protocols.dlms import acse, apdu, tolerance
from meterkast.protocols.dlms.aead import Aead
from meterkast.protocols.dlms.apdu import GeneralCiphering, GeneralSigning
from meterkast.protocols.dlms.base_names import decode_base_names
from meterkast.protocols.dlms.general_ciphering import Correspondent, Party, open_general
from meterkast.protocols.dlms.general_glo import Keys, open_general_glo
from meterkast.protocols.dlms.general_signing import signed_content
from meterkast.protocols.dlms.suite import SUITE_1
from meterkast.protocols.dlms.table import TableReader, as_table
from meterkast.protocols.explain.detect import explain
from meterkast.protocols.hdlc import Address, Deframer, Frame, Link
from meterkast.protocols.hdlc.push import PushAssembly
from meterkast.protocols.mode_e import Identification, MeterOpening, Opening

Target = Callable[[bytes], None]

_ROW: Final = axdr.structure((axdr.octets(bytes(12)), axdr.unsigned(0), axdr.double_long_unsigned(0)))
_LAYOUT: Final = layout_of(_ROW)
_KEYS: Final = Keys(Aead(bytes(16)), bytes(16))
METER, OPERATOR = b"MKM\0\0\0\0\1", b"MKC\0\0\0\0\1"
SIGNING: Final = ec.derive_private_key(7, ec.SECP256R1())
_IDENTIFICATION: Final = Identification(maker="MKM", speed=9600)


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
    with suppress(PeerError, TrustError):
        open_general_glo(octets, lambda _title: _KEYS)


def general(octets: bytes) -> None:
    """General-ciphering under a key that we have, and general-signing."""
    party = Party(suite=SUITE_1, title=METER, authentication_key=bytes(16), global_key=bytes(16))
    peer = Correspondent(title=OPERATOR, signing_key=SIGNING.public_key())
    try:
        match apdu.decode(octets):
            case GeneralCiphering() as message:
                open_general(party, peer, message)
            case GeneralSigning() as message:
                signed_content(message, OPERATOR, SIGNING.public_key())
    except (PeerError, TrustError):
        return


def objects(octets: bytes) -> None:
    """What a client makes of attributes: object lists, columns, rows, scalings."""
    try:
        value = axdr.decode(octets)
    except PeerError:
        return
    for decode in (
        decode_object_list,
        decode_capture_objects,
        decode_base_names,
        lambda each: decode_buffer(each, COLUMNS, 900),
        Scaling.from_data,
        Scaling(30, None).value,
    ):
        try:
            decode(value)
        except PeerError:
            continue


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
    pushed = PushAssembly(limit=256)
    for each in whole:
        if isinstance(each, Frame):
            pushed.receive(each)


def opening(octets: bytes) -> None:
    """The opening in mode E, both sides: whole, and octet by octet."""
    for pieces in ([octets], [bytes((each,)) for each in octets]):
        reader, meter = Opening(), MeterOpening(_IDENTIFICATION)
        reader.request()
        for piece in pieces:
            for receive in (reader.receive, meter.receive):
                with suppress(PeerError):
                    receive(piece)


def wrapped(octets: bytes) -> None:
    """Wrapper APDUs in a stream, whole and octet by octet, and in a datagram."""
    with suppress(PeerError):
        wrapper.parse(octets)
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
        general,
        objects,
        sides.server,
        sides.client,
        sides.blocks,
        frames,
        opening,
        wrapped,
        moment,
        explained,
        *certificates.TARGETS.values(),
    )
}
