"""Explains DLMS messages: framing, block transfer, protection, message, readings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from meterkast.model.errors import PeerError
from meterkast.model.finding import Finding, Severity
from meterkast.protocols import axdr
from meterkast.protocols.axdr import Data, Kind, Reader
from meterkast.protocols.datetime import CosemDateTime
from meterkast.protocols.dlms import notation, tolerance
from meterkast.protocols.dlms.apdu import (
    Aare,
    Aarq,
    ActionRequestNormal,
    ActionResponseNormal,
    Apdu,
    Ciphered,
    DataNotification,
    EventNotification,
    GeneralBlockTransfer,
    GeneralGloCiphering,
    GetRequestNormal,
    GetResponseNormal,
    Rlre,
    Rlrq,
    SetRequestNormal,
    SetResponseNormal,
)
from meterkast.protocols.dlms.tolerance import Deviation
from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.framing import Carried, unframe
from meterkast.protocols.explain.opening import Keys, unseal
from meterkast.protocols.explain.push import identifier, read_push
from meterkast.protocols.explain.refusal import KeyNeededError, TitleNeededError
from meterkast.protocols.explain.wire_tree import wire_tree
from meterkast.protocols.hdlc.frame import FLAG

_NESTING: Final = 4
_BARE_DATA: Final = (bytes((Kind.ARRAY,)), bytes((Kind.STRUCTURE,)))


def explain_dlms(
    octets: bytes, key: bytes | None = None, auth_key: bytes | None = None, as_: str = "auto"
) -> Explanation:
    """One DLMS message or a short recording of several, layer by layer.

    Args:
        octets: the message with whatever framing it has: HDLC, wrapper, M-Bus segments, LLC header, none.
        key: encryption key; 16 octets, 32 in suite 2.
        auth_key: authentication key.
        as_: ``hdlc`` refuses everything but HDLC frames.

    Raises:
        PeerError: the octets are not DLMS.
        KeyNeededError: ``key-needed``, with the layers that can be read without.
        TitleNeededError: ``title-needed``, likewise.
        TagWrongError: ``security-tag-wrong``, likewise.
        DataError: ``key-length`` where the key does not fit the message's security suite.
    """
    if as_ == "hdlc" and octets[:1] != bytes((FLAG,)):
        raise PeerError("hdlc-flag-missing", "An HDLC frame begins with 7E.", where="offset 0")
    explanation = Explanation(family="dlms")
    reading = _Reading(explanation, Keys(encryption=key, authentication=auth_key))
    carried = unframe(octets, explanation)
    documents = [reading.message(message) for message in _reassembled(carried, explanation)]
    explanation.data = documents[0] if len(documents) == 1 else {"messages": documents}
    return explanation


def _reassembled(carried: Sequence[Carried], explanation: Explanation) -> list[Carried]:
    """Messages as they are, except that the parts of a general block transfer become one message."""
    messages: list[Carried] = []
    parts: list[Carried] = []
    for message in carried:
        if message.octets[:1] != bytes(GeneralBlockTransfer.TYPE):
            messages.append(message)
            continue
        reader = Reader(message.octets, offset=1)
        block = GeneralBlockTransfer.parse(reader)
        reader.finish()
        explanation.layers.append(_block_layer(block, message))
        parts.append(Carried(block.octets, message.offset + len(message.octets) - len(block.octets)))
        if block.block_number != len(parts):
            raise PeerError("gbt-sequence", f"Block {block.block_number} stands where {len(parts)} belongs.")
        if block.last:
            messages.append(Carried(b"".join([part.octets for part in parts]), parts[0].offset))
            parts = []
    if parts:
        raise PeerError("gbt-incomplete", "The last block of a general block transfer is missing.")
    return messages


def _block_layer(block: GeneralBlockTransfer, message: Carried) -> Layer:
    fields = notation.to_document(replace(block, octets=b""))
    del fields["apdu"], fields["octets"]
    return Layer(
        name="general-block-transfer", offset=message.offset, length=len(message.octets), fields=fields
    )


class _Reading:
    """Turns messages into documents, and tells the explanation what it learns on the way."""

    def __init__(self, explanation: Explanation, keys: Keys) -> None:
        self._explanation = explanation
        self._keys = keys

    def message(self, carried: Carried, nesting: int = 0) -> dict[str, Any]:
        """The document of one message; protected ones are opened first."""
        if nesting > _NESTING:
            raise PeerError("apdu-nested", f"Messages are protected more than {_NESTING} times over.")
        try:
            apdu, deviations = tolerance.decode(carried.octets)
        except PeerError as error:
            if nesting == 0 and carried.octets[:1] in _BARE_DATA:
                return self._bare_data(carried, error)
            raise
        self._note(deviations, carried.offset)
        self._layer(apdu, carried)
        match apdu:
            case GeneralGloCiphering() | Ciphered():
                return self._protected(apdu, carried, nesting)
            case DataNotification():
                return self._notification(apdu, deviations)
            case EventNotification():
                return self._event(apdu)
            case Aarq() | Aare() | Rlrq() | Rlre():
                return self._association(apdu, carried, nesting)
        return notation.to_document(apdu)

    def _protected(
        self,
        sealed: GeneralGloCiphering | Ciphered,
        carried: Carried,
        nesting: int,
        title: bytes | None = None,
    ) -> dict[str, Any]:
        if isinstance(sealed, GeneralGloCiphering):
            title = sealed.system_title
            self._sender(title)
        plaintext = unseal(sealed, title, self._keys, self._explanation)
        start = carried.offset + len(carried.octets) - len(sealed.payload)
        return self.message(Carried(plaintext, start), nesting + 1)

    def _notification(self, apdu: DataNotification, deviations: Sequence[Deviation]) -> dict[str, Any]:
        self._moment(apdu.date_time)
        self._push(apdu.body, [deviation.tolerance.code for deviation in deviations])
        return notation.to_document(apdu) | {"body": wire_tree(apdu.body, deviations)}

    def _push(self, body: Data, shapes: Sequence[str] = ()) -> None:
        explanation = self._explanation
        push = read_push(body, explanation.timestamp, shapes)
        explanation.readings += push.readings
        explanation.timestamp = push.at
        explanation.meter_id = push.meter_id or explanation.meter_id
        explanation.supplier = push.maker or explanation.supplier
        explanation.findings += push.findings

    def _event(self, apdu: EventNotification) -> dict[str, Any]:
        self._moment(apdu.date_time)
        self._explanation.meter_id = identifier(apdu.value)
        return notation.to_document(apdu)

    def _association(self, apdu: Aarq | Aare | Rlrq | Rlre, carried: Carried, nesting: int) -> dict[str, Any]:
        document = notation.to_document(apdu)
        title = None
        if isinstance(apdu, Aarq):
            title = apdu.calling_title
        elif isinstance(apdu, Aare):
            title = apdu.responding_title
        if title is not None:
            self._sender(title)
        if apdu.user_information is not None:
            start = carried.offset + carried.octets.rindex(apdu.user_information)
            inner = Carried(apdu.user_information, start)
            document["user_information"] = self._user_information(inner, title, nesting)
        return document

    def _user_information(self, carried: Carried, title: bytes | None, nesting: int) -> dict[str, Any]:
        """What both sides propose; left closed, with a finding, where it cannot be opened."""
        apdu, _ = tolerance.decode(carried.octets)
        if not isinstance(apdu, Ciphered):
            return self.message(carried, nesting + 1)
        self._layer(apdu, carried)
        try:
            return self._protected(apdu, carried, nesting, title)
        except (KeyNeededError, TitleNeededError) as closed:
            self._find("user-information-closed", Severity.WARNING, closed.message)
            return notation.to_document(apdu)

    def _bare_data(self, carried: Carried, refusal: PeerError) -> dict[str, Any]:
        try:
            body = axdr.decode(carried.octets)
        except PeerError:
            raise refusal from None
        self._explanation.layers.append(
            Layer(name="data", offset=carried.offset, length=len(carried.octets), fields={})
        )
        self._find("message-absent", Severity.INFO, "A data value stands alone, without a message around it.")
        self._push(body)
        return {"apdu": None, "body": axdr.to_typed_tree(body)}

    def _layer(self, apdu: Apdu, carried: Carried) -> None:
        fields: dict[str, Any] = {}
        if isinstance(apdu, GeneralGloCiphering):
            fields["system_title"] = apdu.system_title.hex().upper()
        if isinstance(apdu, GeneralGloCiphering | Ciphered):
            fields["security_control"] = f"{apdu.security_control:02X}"
            fields["invocation_counter"] = apdu.counter
            fields["octets"] = len(apdu.payload)
        fields |= _asked_or_answered(apdu)
        name, length = notation.label(apdu), len(carried.octets)
        self._explanation.layers.append(Layer(name=name, offset=carried.offset, length=length, fields=fields))

    def _sender(self, title: bytes) -> None:
        maker = title[:3].decode("latin-1")
        if maker.isascii() and maker.isalpha() and maker.isupper():
            self._explanation.supplier = maker

    def _moment(self, octets: bytes | None) -> None:
        if octets is None:
            return
        try:
            self._explanation.timestamp = CosemDateTime.parse(octets).unix()
        except PeerError as error:
            self._find(error.code, Severity.WARNING, error.message)

    def _note(self, deviations: Sequence[Deviation], offset: int) -> None:
        for deviation in deviations:
            code, message = deviation.tolerance.code, deviation.tolerance.message
            times = "" if deviation.count == 1 else f" {deviation.count} times in this message."
            self._find(code, Severity.WARNING, message + times, offset + deviation.offset)

    def _find(self, code: str, severity: Severity, message: str, offset: int | None = None) -> None:
        finding = Finding(code=code, severity=severity, message=message, offset=offset)
        self._explanation.findings.append(finding)


def _asked_or_answered(apdu: Apdu) -> dict[str, Any]:
    """What a request of one attribute or method is about, and what its answer says."""
    match apdu:
        case GetRequestNormal(attribute=asked) | SetRequestNormal(attribute=asked):
            return {"class_id": asked.class_id, "obis": str(asked.instance), "attribute": asked.attribute}
        case ActionRequestNormal(method=asked):
            return {"class_id": asked.class_id, "obis": str(asked.instance), "method": asked.method}
        case GetResponseNormal(result=answer):
            return {"result": axdr.to_typed_tree(answer) if isinstance(answer, Data) else answer.name.lower()}
        case SetResponseNormal(result=answered) | ActionResponseNormal(result=answered):
            return {"result": answered.name.lower()}
        case _:
            return {}
