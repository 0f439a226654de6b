"""Explains what a master tells wired M-Bus devices: who is meant, and what time it is."""

from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.mbus_content import identity_fields
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.mbus import media, mode15, telegram
from meterkast.protocols.mbus.conversation import SELECT
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.gas_command import open_time
from meterkast.protocols.mbus.secondary import SecondaryAddress
from meterkast.protocols.mbus.telegram import EncryptedData

COMMANDS = frozenset({SELECT, telegram.SET_CLOCK})
_ANY = "any"


def explain_command(explanation: Explanation, received: LongFrame, key: bytes | None, *, offset: int) -> None:
    """Adds the layer of the command, and its time.

    Args:
        explanation: built up so far.
        received: a frame whose control information is one of ``COMMANDS``.
        key: the device's user key.
        offset: where the payload begins.

    Raises:
        PeerError: the command is malformed.
        KeyNeededError: ``key-needed``, with the layers that can be read without one.
        TrustError: ``mbus-not-encrypted`` or ``mbus-decrypt-failed``.
    """
    if received.ci == SELECT:
        explanation.layers.append(_selection(received.payload, offset))
        return
    sealed = telegram.parse(received.ci, received.payload)
    if isinstance(sealed, EncryptedData) and sealed.header.identity is not None:
        fields = identity_fields(sealed.header.identity) | {
            "mode": sealed.header.mode,
            "frame_counter": mode15.decode_counter(sealed.clear),
        }
        length = len(received.payload)
        explanation.layers.append(Layer(name="M-Bus set clock", offset=offset, length=length, fields=fields))
        explanation.supplier = sealed.header.identity.manufacturer
        explanation.meter_id = sealed.header.identity.identification
        if key is None:
            raise KeyNeededError(explanation)
    explanation.timestamp = open_time(received.payload, key or b"").at


def _selection(payload: bytes, offset: int) -> Layer:
    address = SecondaryAddress.decode(payload)
    kind = address.device_type
    fields = {
        "identification": address.identification,
        "manufacturer": address.manufacturer or _ANY,
        "version": _ANY if address.version is None else address.version,
        "device_type": _ANY if kind is None else media.device_type(kind),
    }
    return Layer(name="M-Bus selection", offset=offset, length=len(payload), fields=fields)
