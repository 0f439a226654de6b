"""The bus: a durable log between the head-end, which confirms only what is on it, and the intake.

A message knows nothing of what it carries. Its key lets the writer find out whether it was there before.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BusMessage:
    """One message on the log.

    Attributes:
        key: what the writer finds it back by; several messages may share a key.
        body: the octets carried.
        at: when it was taken in, Unix seconds of metering time.
    """

    key: bytes
    body: bytes
    at: int
