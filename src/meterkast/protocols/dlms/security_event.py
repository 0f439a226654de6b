"""Something a server refused for security, for whoever keeps the log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent:
    """One refusal; the log adds the time.

    Attributes:
        code: what was refused, such as ``security-counter-replayed`` or ``dlms-switch-refused``.
        client: id of the client on the layer below.
        claimed: system title that the client shows, in hexadecimal; None where it shows none.
    """

    code: str
    client: int
    claimed: str | None = None
