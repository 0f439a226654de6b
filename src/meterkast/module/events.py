"""The standard event log: what happened to the module, newest hundred kept (P3 companion standard 4.2.2)."""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

CAPACITY = 100


class EventCode(IntEnum):
    """Codes of the standard event log of a Dutch meter, as far as the module can meet them."""

    NONE = 0
    POWER_FAILED = 1
    POWER_RETURNED = 2
    CLOCK_ADJUSTED_OLD = 4
    CLOCK_ADJUSTED_NEW = 5
    CLOCK_INVALID = 6
    MEASUREMENT_FAULT = 16


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event at an instant in Unix seconds."""

    at: int
    code: EventCode


class EventLog:
    """Holds at most ``CAPACITY`` events; the oldest makes room."""

    def __init__(self) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=CAPACITY)

    def record(self, code: EventCode, at: int) -> None:
        """Writes an event down."""
        self._entries.append(LogEntry(at, code))

    def entries(self, start: int | None = None, end: int | None = None) -> list[LogEntry]:
        """Events from ``start`` to ``end``, both included, oldest first; None leaves an end open."""
        return [
            entry
            for entry in self._entries
            if (start is None or start <= entry.at) and (end is None or entry.at <= end)
        ]

    @property
    def last(self) -> EventCode:
        """The code of the newest event, ``NONE`` in an empty log."""
        return self._entries[-1].code if self._entries else EventCode.NONE
