"""Explains wired M-Bus frames: link, header, encryption, records, readings."""

from collections.abc import Sequence
from typing import Any

from meterkast.model.errors import PeerError
from meterkast.model.finding import Finding, Severity
from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.refusal import KeyNeededError
from meterkast.protocols.mbus import display, frame, media, mode15, records, telegram
from meterkast.protocols.mbus.fixed import FixedData
from meterkast.protocols.mbus.frame import Acknowledgement, Frame, LongFrame
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.readings import volume_readings
from meterkast.protocols.mbus.records import ManufacturerData, Record
from meterkast.protocols.mbus.telegram import (
    ApplicationError,
    EncryptedData,
    Header,
    Telegram,
    VariableData,
)
from meterkast.protocols.mbus.timepoint import TimePoint

_USER_DATA = 7
_TRAILER = 2


def explain_mbus(octets: bytes, key: bytes | None) -> Explanation:
    """One wired frame, layer by layer.

    Args:
        octets: the whole frame, from start to stop octet.
        key: the device's user key, for telegrams in mode 15.

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
        told = telegram.parse(received.ci, received.payload)
        _explain_telegram(explanation, told, key, len(octets))
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


def _explain_telegram(explanation: Explanation, told: Telegram, key: bytes | None, length: int) -> None:
    match told:
        case ApplicationError():
            explanation.data = {"application_error": told.text}
            _find(explanation, "mbus-application-error", f"The device reports: {told.text}.", Severity.ERROR)
        case FixedData():
            _explain_fixed(explanation, told)
        case VariableData():
            if told.header is not None:
                _explain_header(explanation, told.header)
            _explain_records(explanation, told.header, told.records)
        case EncryptedData():
            _explain_header(explanation, told.header)
            _explain_records(explanation, told.header, _opened(explanation, told, key, length))


def _explain_header(explanation: Explanation, header: Header) -> None:
    fields: dict[str, Any] = {
        "access_number": header.access,
        "status": f"{header.status:02X}",
        "configuration": f"{header.configuration:04X}",
        "encryption_mode": header.mode,
    }
    if header.identity is not None:
        fields |= _identity_fields(header.identity)
        explanation.supplier = header.identity.manufacturer
        explanation.meter_id = header.identity.identification
    explanation.layers.append(
        Layer(name="M-Bus data header", offset=_USER_DATA, length=header.size, fields=fields)
    )
    if header.configuration == telegram.NOT_USED:
        _find(
            explanation, "mbus-configuration-unused", "The configuration word is FFFF: read as not encrypted."
        )


def _identity_fields(identity: Identity) -> dict[str, Any]:
    return {
        "identification": identity.identification,
        "manufacturer": identity.manufacturer,
        "version": identity.version,
        "device_type": media.device_type(identity.device_type),
    }


def _opened(
    explanation: Explanation, sealed: EncryptedData, key: bytes | None, length: int
) -> tuple[Record | ManufacturerData, ...]:
    """The records behind the encryption of mode 15."""
    header = sealed.header
    fields: dict[str, Any] = {"mode": header.mode, "octets": len(sealed.ciphertext)}
    is_mode_15 = header.mode == mode15.MODE and header.identity is not None
    if is_mode_15:
        fields["frame_counter"] = mode15.decode_counter(sealed.clear)
    offset = _USER_DATA + header.size
    explanation.layers.append(
        Layer(name="M-Bus encryption", offset=offset, length=length - offset - _TRAILER, fields=fields)
    )
    if not is_mode_15 or header.identity is None:
        raise PeerError("mbus-mode-unknown", f"Encryption mode {header.mode} is not one that is opened here.")
    if key is None:
        raise KeyNeededError(explanation)
    plaintext = mode15.decrypt(key, header.identity, fields["frame_counter"], sealed.ciphertext)
    return tuple(records.decode(plaintext))


def _explain_records(
    explanation: Explanation, header: Header | None, received: Sequence[Record | ManufacturerData]
) -> None:
    explanation.records = [display.record(record) for record in received]
    if any("digits" in shown for shown in explanation.records):
        _find(
            explanation, "mbus-digits-odd", "A BCD value has digits that are not decimal.", Severity.WARNING
        )
    identity = None if header is None else header.identity
    if identity is not None:
        explanation.readings = volume_readings(received, device_type=identity.device_type)
    stamps = [record.value for record in received if isinstance(record.value, TimePoint)]
    instants = [at for stamp in stamps if (at := stamp.unix()) is not None]
    if instants:
        explanation.timestamp = instants[0]
        _find(explanation, "mbus-time-zone", "The time stamps carry no time zone: read as UTC.")
    if any(isinstance(record, ManufacturerData) and record.more_follows for record in received):
        _find(explanation, "mbus-more-follows", "The device has more records in its next telegram.")


def _explain_fixed(explanation: Explanation, told: FixedData) -> None:
    explanation.meter_id = told.identification
    fields = {
        "identification": told.identification,
        "access_number": told.access,
        "status": f"{told.status:02X}",
        "medium": media.device_type(told.medium),
    }
    explanation.layers.append(Layer(name="M-Bus fixed data", offset=_USER_DATA, length=16, fields=fields))
    explanation.records = [
        {
            **display.measured(counter.meaning, counter.value),
            "function": "stored" if counter.stored else "actual",
        }
        for counter in told.counters
    ]


def _find(explanation: Explanation, code: str, message: str, severity: Severity = Severity.INFO) -> None:
    explanation.findings.append(Finding(code=code, severity=severity, message=message))
