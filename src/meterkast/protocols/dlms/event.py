"""What a DLMS client tells its owner."""

from dataclasses import dataclass
from typing import TypeAlias

from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.acse import Diagnostic
from meterkast.protocols.dlms.apdu import (
    ActionResult,
    DataAccessResult,
    DataNotification,
    EventNotification,
    ExceptionResponse,
    GetResult,
)
from meterkast.protocols.dlms.apdu.access import AccessResult


@dataclass(frozen=True, slots=True)
class Send:
    """An APDU that must go to the server now: the next block, or the proof of who we are."""

    apdu: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Associated:
    """The association is open; ``max_pdu_size`` is the longest APDU the server takes."""

    max_pdu_size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not want the association."""

    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Released:
    """The association is closed."""


@dataclass(frozen=True, slots=True)
class Result:
    """The request succeeded; ``data`` is the value, or null-data where there is none to give."""

    data: Data


@dataclass(frozen=True, slots=True)
class Results:
    """The answers to a list of attributes that were read or written, in its order."""

    results: tuple[GetResult, ...]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The answers to a list of methods, in its order: how each ended and what it returned."""

    outcomes: tuple[tuple[ActionResult, GetResult | None], ...]


@dataclass(frozen=True, slots=True)
class Accessed:
    """The answers to an ACCESS, in its order: a value (null-data where there is none) and a result."""

    values: tuple[Data, ...]
    results: tuple[AccessResult, ...]


@dataclass(frozen=True, slots=True)
class Notified:
    """The server says something that nobody asked for; a request that is under way goes on."""

    message: DataNotification | EventNotification


@dataclass(frozen=True, slots=True)
class Failed:
    """The server refused the request; the association goes on."""

    reason: DataAccessResult | ActionResult | ExceptionResponse


Event: TypeAlias = (
    Send | Associated | Refused | Released | Result | Results | Outcomes | Accessed | Notified | Failed
)
