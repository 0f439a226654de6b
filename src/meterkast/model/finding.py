"""A finding: something worth saying about data that was read all the same."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters to somebody who relies on the value."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One observation with a stable code; validators return lists of these and never stop at the first.

    ``offset`` counts octets from the start of the input, ``line`` counts text lines from 1.
    """

    code: str
    severity: Severity
    message: str
    offset: int | None = None
    line: int | None = None

    def to_dict(self) -> dict[str, str | int | None]:
        """The finding as the command line contract prints it."""
        document: dict[str, str | int | None] = {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "offset": self.offset,
        }
        if self.line is not None:
            document["line"] = self.line
        return document
