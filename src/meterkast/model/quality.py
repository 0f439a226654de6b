"""What is known about a value besides the value: status of the meter, flags of the chain."""

from enum import IntFlag, StrEnum


class ProfileStatus(IntFlag):
    """Status octet of a Dutch load profile entry (P3 companion standard 4.2.2, AMR profile status)."""

    CRITICAL_ERROR = 0x01
    CLOCK_INVALID = 0x02
    NOT_VALID = 0x04
    DAYLIGHT_SAVING = 0x08
    CLOCK_ADJUSTED = 0x20
    POWER_DOWN = 0x80


class Flag(StrEnum):
    """Stable flags that validation puts on a block. A flag never changes a value."""

    MISSING = "MISSING"
    REGISTER_DECREASED = "REG_DECR"
    CAPACITY = "CAP"
    STATUS = "STATUS"
    CLOCK = "CLOCK"
    SILENT = "SILENT"
    GARBAGE = "GARBAGE"
    FLOOD = "FLOOD"
    UNSIGNED = "UNSIGNED"
    TIME_OF_IMPORT = "TIME_OF_IMPORT"
