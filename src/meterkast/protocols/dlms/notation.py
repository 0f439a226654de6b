"""Messages as plain JSON values under the names of the standard."""

import re
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final, cast

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, to_typed_tree
from meterkast.protocols.dlms.apdu import (
    DEDICATED_TAGS,
    GLOBAL_TAGS,
    Apdu,
    Ciphered,
    Conformance,
    InvokeId,
    LongInvokeId,
)

_SERVICES: Final = {
    0x01: "initiate-request",
    0x08: "initiate-response",
    0x0E: "confirmed-service-error",
    0xC0: "get-request",
    0xC1: "set-request",
    0xC2: "event-notification-request",
    0xC3: "action-request",
    0xC4: "get-response",
    0xC5: "set-response",
    0xC7: "action-response",
}
_CIPHERED: Final = {
    **{ciphered: f"glo-{_SERVICES[plain]}" for plain, ciphered in GLOBAL_TAGS.items()},
    **{ciphered: f"ded-{_SERVICES[plain]}" for plain, ciphered in DEDICATED_TAGS.items()},
}
_FIELDS: Final = {"instance": "instance_id"}
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def label(apdu: Apdu) -> str:
    """The name of a message, such as ``data-notification`` or ``glo-get-request``."""
    if isinstance(apdu, Ciphered):
        return _CIPHERED[apdu.tag]
    return _HUMP.sub("-", type(apdu).__name__).lower()


def to_document(apdu: Apdu) -> dict[str, Any]:
    """The message under its name: octets in hexadecimal, data as typed trees, results by name."""
    return {"apdu": label(apdu), **_members(apdu)}


def dotted(obis: Obis) -> str:
    """A logical name as six decimal groups, such as ``1.0.1.8.0.255``."""
    return ".".join(str(group) for group in obis.to_bytes())


def _members(value: object) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for member in fields(cast("Any", value)):
        inner = getattr(value, member.name)
        if isinstance(inner, InvokeId):
            members["invoke_id_and_priority"] = inner.encode().hex().upper()
        elif isinstance(inner, LongInvokeId):
            members["long_invoke_id_and_priority"] = inner.encode().hex().upper()
        else:
            members[_FIELDS.get(member.name, member.name)] = _plain(inner)
    return members


def _plain(value: object) -> object:
    match value:
        case Data():
            return to_typed_tree(value)
        case Obis():
            return dotted(value)
        case bytes():
            return value.hex().upper()
        case Conformance():
            return f"{value:06X}"
        case Enum():
            return value.name.lower().replace("_", "-")
        case tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            return _members(value)
    return value
