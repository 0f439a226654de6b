"""What the monitor raises: something that an operator must look into."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing found, with a stable code.

    Attributes:
        code: what it is.
        message: one sentence.
        index: the entry of the log it is about; None where it is about no entry.
        holder: the identity it is about; empty for the log as a whole.
        serial: serial number of the certificate, hexadecimal; empty where there is none.
    """

    code: str
    message: str
    index: int | None = None
    holder: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAlarm:
    """An alarm that nobody has settled yet, under its number; ``found_at`` in Unix seconds."""

    number: int
    alarm: Alarm
    found_at: int
    new: bool

    def to_dict(self) -> dict[str, str | int | bool | None]:
        """As the command line prints it."""
        return {
            "number": self.number,
            "code": self.alarm.code,
            "message": self.alarm.message,
            "index": self.alarm.index,
            "holder": self.alarm.holder,
            "serial": self.alarm.serial,
            "found_at": self.found_at,
            "new": self.new,
        }
