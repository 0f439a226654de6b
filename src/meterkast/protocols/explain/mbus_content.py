"""Explains what an M-Bus device tells, whether it came by wire or by radio: header, encryption, records."""

from collections.abc import Sequence
from typing import Any

from meterkast.model.finding import Finding, Severity
from meterkast.protocols.explain.document import Explanation, Layer
from meterkast.protocols.explain.mbus_opening import Opening, opened, verify
from meterkast.protocols.mbus import compact, display, media, telegram
from meterkast.protocols.mbus.fixed import FixedData
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.readings import volume_readings
from meterkast.protocols.mbus.records import ManufacturerData, Record
from meterkast.protocols.mbus.telegram import (
    ApplicationError,
    CompactData,
    EncryptedData,
    Header,
    VariableData,
)
from meterkast.protocols.mbus.timepoint import TimePoint


def explain_content(
    explanation: Explanation, ci: int, payload: bytes, opening: Opening, *, offset: int
) -> None:
    """Adds layers, records, readings and findings.

    Args:
        explanation: built up so far.
        ci: the control information of the application.
        payload: what follows it.
        opening: what opens it, and who sent it.
        offset: where the payload begins.

    Raises:
        PeerError: the telegram is malformed.
        KeyNeededError: ``key-needed``, with the layers that can be read without one.
        TrustError: it does not open, or its authentication code does not hold.
    """
    told = telegram.parse(ci, payload)
    match told:
        case ApplicationError():
            explanation.data = {"application_error": told.text}
            find(explanation, "mbus-application-error", f"The device reports: {told.text}.", Severity.ERROR)
        case FixedData():
            _explain_fixed(explanation, told, offset)
        case CompactData():
            verify(explanation, opening, opening.sender)
            _explain_compact(explanation, told, opening.sender, offset)
        case VariableData():
            if told.header is not None:
                _explain_header(explanation, told.header, offset)
            sender = _sender(told.header, opening)
            verify(explanation, opening, sender)
            explain_records(explanation, sender, told.records)
        case EncryptedData():
            _explain_header(explanation, told.header, offset)
            sender = _sender(told.header, opening)
            place = Layer(
                name="M-Bus encryption",
                offset=offset + told.header.size,
                length=len(payload) - told.header.size,
                fields={},
            )
            explain_records(explanation, sender, opened(explanation, told, opening, sender, place))


def identity_fields(identity: Identity) -> dict[str, Any]:
    """The identity as layers show it."""
    return {
        "identification": identity.identification,
        "manufacturer": identity.manufacturer,
        "version": identity.version,
        "device_type": media.device_type(identity.device_type),
    }


def explain_records(
    explanation: Explanation, sender: Identity | None, received: Sequence[Record | ManufacturerData]
) -> None:
    """Adds the records, and what they mean for the household."""
    explanation.records = [display.record(record) for record in received]
    if any("digits" in shown for shown in explanation.records):
        find(explanation, "mbus-digits-odd", "A BCD value has digits that are not decimal.", Severity.WARNING)
    if sender is not None:
        explanation.readings = volume_readings(received, device_type=sender.device_type)
    stamps = [record.value for record in received if isinstance(record.value, TimePoint)]
    instants = [at for stamp in stamps if (at := stamp.unix()) is not None]
    if instants:
        explanation.timestamp = instants[0]
        find(explanation, "mbus-time-zone", "The time stamps carry no time zone: read as UTC.")
    if any(isinstance(record, ManufacturerData) and record.more_follows for record in received):
        find(explanation, "mbus-more-follows", "The device has more records in its next telegram.")


def find(explanation: Explanation, code: str, message: str, severity: Severity = Severity.INFO) -> None:
    """Adds a finding."""
    explanation.findings.append(Finding(code=code, severity=severity, message=message))


def _sender(header: Header | None, opening: Opening) -> Identity | None:
    """A long header names the device; else the link layer does, where it can."""
    named = None if header is None else header.identity
    return named or opening.sender


def _explain_header(explanation: Explanation, header: Header, offset: int) -> None:
    fields: dict[str, Any] = {
        "access_number": header.access,
        "status": f"{header.status:02X}",
        "configuration": f"{header.configuration:04X}",
        "encryption_mode": header.mode,
    }
    if header.identity is not None:
        fields |= identity_fields(header.identity)
        explanation.supplier = header.identity.manufacturer
        explanation.meter_id = header.identity.identification
    explanation.layers.append(
        Layer(name="M-Bus data header", offset=offset, length=header.size, fields=fields)
    )
    if header.configuration == telegram.NOT_USED:
        find(
            explanation, "mbus-configuration-unused", "The configuration word is FFFF: read as not encrypted."
        )


def _explain_compact(
    explanation: Explanation, told: CompactData, sender: Identity | None, offset: int
) -> None:
    signature = compact.signature_of(told.octets)
    fields = {"format_signature": f"{signature:04X}"}
    explanation.layers.append(
        Layer(name="M-Bus compact frame", offset=offset, length=len(told.octets), fields=fields)
    )
    if signature not in compact.FORMATS:
        find(
            explanation,
            "mbus-format-unknown",
            "The format of this compact frame is not known: a full frame of the same meter tells it.",
            Severity.WARNING,
        )
        return
    explain_records(explanation, sender, compact.decode(told.octets, compact.FORMATS))


def _explain_fixed(explanation: Explanation, told: FixedData, offset: int) -> None:
    explanation.meter_id = told.identification
    fields = {
        "identification": told.identification,
        "access_number": told.access,
        "status": f"{told.status:02X}",
        "medium": media.device_type(told.medium),
    }
    explanation.layers.append(Layer(name="M-Bus fixed data", offset=offset, length=16, fields=fields))
    explanation.records = [
        {
            **display.measured(counter.meaning, counter.value),
            "function": "stored" if counter.stored else "actual",
        }
        for counter in told.counters
    ]
