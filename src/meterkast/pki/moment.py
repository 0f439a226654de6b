"""Times and numbers as the register keeps them."""

from datetime import UTC, datetime


def seconds(at: datetime) -> int:
    """Unix seconds."""
    return int(at.timestamp())


def moment(at: int) -> datetime:
    """The moment of these Unix seconds, in UTC."""
    return datetime.fromtimestamp(at, UTC)


def hexadecimal(serial: int) -> str:
    """A serial number, which is too large for an integer of the database."""
    return f"{serial:x}"
