"""What ``explain`` says of a message: layers, readings, integrity, findings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from meterkast.model.finding import Finding
from meterkast.model.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One envelope around the meaning, for example an HDLC frame or a ciphered APDU.

    ``offset`` and ``length`` count octets of the input as decoded from its dump; ``fields`` holds plain
    JSON values under the names of the standard.
    """

    name: str
    offset: int
    length: int
    fields: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The layer as the command line contract prints it."""
        return {"name": self.name, "offset": self.offset, "length": self.length, "fields": dict(self.fields)}


@dataclass(kw_only=True)
class Explanation:
    """A message, layer by layer, down to its readings. Built up while decoding, read-only afterwards.

    Attributes:
        family: ``dlms``, ``mbus``, ``wmbus`` or ``p1``.
        supplier: three-letter maker code from the message itself, or None.
        meter_id: the meter's own identifier from the message, or None.
        timestamp: Unix seconds of the message, or None where it carries none.
        readings: values with their OBIS codes, in the order of the message.
        crc: ``ok``, ``bad`` or ``absent``.
        mac: ``verified``, ``failed``, ``not-checked`` or ``absent``.
        data: the decoded content as it stands on the wire, in the notation of the house page.
        records: M-Bus data records, each with ``value``; empty for other families.
    """

    family: str
    supplier: str | None = None
    meter_id: str | None = None
    timestamp: int | None = None
    readings: list[Reading] = field(default_factory=list)
    crc: str = "absent"
    mac: str = "absent"
    layers: list[Layer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
