"""Explains wireless M-Bus frames: radio link, extended link, authentication, then as on the wire."""

from dataclasses import replace

from meterkast.model.errors import PeerError
from meterkast.model.finding import Finding, Severity
from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.mbus_content import explain_content, identity_fields
from meterkast.protocols.explain.mbus_opening import Opening
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.mode7 import Direction
from meterkast.protocols.mbus.telegram import SEND_LONG_HEADER, SEND_SHORT_HEADER
from meterkast.protocols.wmbus import authentication, frame, link
from meterkast.protocols.wmbus.authentication import Authentication
from meterkast.protocols.wmbus.fragments import Fragments, Message
from meterkast.protocols.wmbus.frame import Format, Frame
from meterkast.protocols.wmbus.link import ExtendedLink

_CONTENT = 10
_TO_METER = frozenset({SEND_SHORT_HEADER, SEND_LONG_HEADER})


def explain_wmbus(octets: bytes, key: bytes | None, fragments: Fragments | None = None) -> Explanation:
    """One radio frame, layer by layer; with the CRCs of format A or B, or without.

    Args:
        octets: the frame from its length field on, without preamble and synchronisation.
        key: the device's key.
        fragments: what came before of messages that go over several frames; it is added to.

    Raises:
        PeerError: the frame, a layer or a record in it is malformed.
        KeyNeededError: ``key-needed``, with the layers that can be read without one.
        TrustError: ``mbus-decrypt-failed`` or ``mbus-mac-wrong``.
    """
    received = frame.parse(octets)
    radio, form = received.frame, received.form
    explanation = Explanation(
        family="wmbus",
        supplier=radio.sender.manufacturer,
        meter_id=radio.sender.identification,
        crc="absent" if form is Format.BARE else "ok",
    )
    link_layer = _radio_layer(radio, form, len(octets))
    try:
        _explain_layers(explanation, radio, key, Fragments() if fragments is None else fragments)
    finally:
        explanation.layers[:] = [link_layer, *(_on_air(layer, form) for layer in explanation.layers)]
    return explanation


def _radio_layer(radio: Frame, form: Format, length: int) -> Layer:
    fields = {
        "control": f"{radio.control:02X}",
        "function": frame.function(radio.control),
        "format": form.value,
        **identity_fields(radio.sender),
    }
    return Layer(name="wM-Bus frame", offset=0, length=length, fields=fields)


def _explain_layers(explanation: Explanation, radio: Frame, key: bytes | None, fragments: Fragments) -> None:
    content, offset = radio.content, _CONTENT
    if content and content[0] in link.CODES:
        content, offset = _within_link(explanation, content, radio.sender, key)
    layer: Authentication | None = None
    if content and content[0] == authentication.CI:
        layer, size = Authentication.decode(content)
        explanation.layers.append(_authentication_layer(layer, offset, size))
        content, offset = content[size:], offset + size
        if not layer.whole:
            message = _assembled(explanation, fragments, radio.sender, layer, content)
            if message is None:
                return
            layer, content = message.authentication, message.octets
    if content:
        opening = Opening(
            key=key,
            sender=radio.sender,
            authentication=layer,
            message=content,
            direction=Direction.TO_METER if content[0] in _TO_METER else Direction.FROM_METER,
        )
        explain_content(explanation, content[0], content[1:], opening, offset=offset + 1)


def _assembled(
    explanation: Explanation, fragments: Fragments, sender: Identity, layer: Authentication, octets: bytes
) -> Message | None:
    """The whole message where this was its last fragment; says what is missing otherwise."""
    try:
        message = fragments.add(sender, layer, octets)
    except PeerError as error:
        _find(explanation, error.code, error.message)
        return None
    if message is None:
        _find(explanation, "wmbus-fragment", "More fragments of this message follow.")
    else:
        told = f"The message came in {message.fragments} fragments, put together."
        _find(explanation, "wmbus-fragments", told)
    return message


def _within_link(
    explanation: Explanation, content: bytes, sender: Identity, key: bytes | None
) -> tuple[bytes, int]:
    """The payload of the extended link layer, and where it begins."""
    fields, carried = ExtendedLink.decode(content)
    shown = {
        "ci": f"{fields.ci:02X}",
        "communication_control": f"{fields.communication:02X}",
        "access_number": fields.access,
    }
    if fields.address is not None:
        shown["address"] = fields.address.name
    if fields.session is not None:
        shown |= {"session": f"{fields.session:08X}", "encryption": fields.encryption}
    size = len(content) - len(carried)
    explanation.layers.append(Layer(name="wM-Bus extended link", offset=_CONTENT, length=size, fields=shown))
    if fields.encryption and key is None:
        raise KeyNeededError(explanation)
    payload = fields.open(carried, sender=sender, key=key)
    return payload, _CONTENT + size + len(carried) - len(payload)


def _authentication_layer(layer: Authentication, offset: int, size: int) -> Layer:
    shown: dict[str, str | int | bool] = {"fragment": layer.fragment, "more": layer.more}
    if layer.control is not None:
        shown["authentication"] = layer.kind
    if layer.key_information is not None:
        shown["key_information"] = f"{layer.key_information:04X}"
    if layer.counter is not None:
        shown["message_counter"] = layer.counter
    if layer.mac is not None:
        shown["mac"] = layer.mac.hex().upper()
    if layer.message_length is not None:
        shown["message_length"] = layer.message_length
    return Layer(name="wM-Bus authentication", offset=offset, length=size, fields=shown)


def _on_air(layer: Layer, form: Format) -> Layer:
    """The layer where it stands among the CRCs."""
    begins = frame.on_air(layer.offset, form)
    ends = frame.on_air(layer.offset + max(layer.length, 1) - 1, form) + 1
    return replace(layer, offset=begins, length=ends - begins if layer.length else 0)


def _find(explanation: Explanation, code: str, message: str) -> None:
    explanation.findings.append(Finding(code=code, severity=Severity.INFO, message=message))
