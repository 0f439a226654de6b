"""What a DLMS client tells its owner."""

from dataclasses import dataclass
from typing import TypeAlias

from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.acse import Diagnostic
from meterkast.protocols.dlms.apdu import ActionResult, DataAccessResult, ExceptionResponse, GetResult


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
    """The answers to a list of attributes, in its order."""

    results: tuple[GetResult, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The server refused the request; the association goes on."""

    reason: DataAccessResult | ActionResult | ExceptionResponse


Event: TypeAlias = Send | Associated | Refused | Released | Result | Results | Failed
