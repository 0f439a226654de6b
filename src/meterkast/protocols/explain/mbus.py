"""Explains wired M-Bus frames: link, header, encryption, records, readings."""

from typing import Any

from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.mbus_command import COMMANDS, explain_command
from meterkast.protocols.explain.mbus_content import explain_content
from meterkast.protocols.explain.mbus_opening import Opening
from meterkast.protocols.mbus import frame
from meterkast.protocols.mbus.frame import Acknowledgement, Frame, LongFrame

_USER_DATA = 7


def explain_mbus(octets: bytes, key: bytes | None) -> Explanation:
    """One wired frame, layer by layer.

    Args:
        octets: the whole frame, from start to stop octet.
        key: the device's user key, for telegrams in modes 5 and 15.

    Raises:
        PeerError: the frame or a record in it is malformed.
        KeyNeededError: ``key-needed``, with the layers that can be read without one.
        TrustError: ``mbus-decrypt-failed`` where the key is not the device's.
    """
    explanation = Explanation(family="mbus")
    received = frame.parse(octets)
    explanation.layers.append(_link_layer(received, len(octets)))
    if isinstance(received, LongFrame):
        explanation.crc = "ok"
        if received.ci in COMMANDS:
            explain_command(explanation, received, key, offset=_USER_DATA)
            return explanation
        explain_content(explanation, received.ci, received.payload, Opening(key=key), offset=_USER_DATA)
    elif not isinstance(received, Acknowledgement):
        explanation.crc = "ok"
    return explanation


def _link_layer(received: Frame, length: int) -> Layer:
    if isinstance(received, Acknowledgement):
        return Layer(name="M-Bus acknowledgement", offset=0, length=length, fields={})
    fields: dict[str, Any] = {
        "control": f"{received.control:02X}",
        "function": frame.function(received.control),
        "address": received.address,
    }
    if isinstance(received, LongFrame):
        fields["ci"] = f"{received.ci:02X}"
        return Layer(name="M-Bus long frame", offset=0, length=length, fields=fields)
    return Layer(name="M-Bus short frame", offset=0, length=length, fields=fields)
