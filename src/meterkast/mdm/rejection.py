"""Rejection: a message that is not stored, and whether it is refused or waits for somebody's decision."""

from dataclasses import dataclass

from meterkast.outside.database.quarantine import Quarantined
from meterkast.outside.database.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a message is not stored.

    Attributes:
        at: Unix seconds of metering time.
        position: where it stands on the bus.
        code: why.
        gateway: the identity that it claims, where it can be read.
        detail: as in ``Refusal``.
        counter: of its envelope, where it is put into quarantine; None where it is refused.
        disputes: position of the stored envelope that has its counter.
    """

    at: int
    position: int
    code: str
    gateway: str | None
    detail: str = ""
    counter: int | None = None
    disputes: int | None = None

    @property
    def refusal(self) -> Refusal:
        """The one security event."""
        return Refusal(
            at=self.at,
            room="mdm",
            code=self.code,
            gateway=self.gateway,
            position=self.position,
            detail=self.detail,
        )

    @property
    def aside(self) -> Quarantined | None:
        """What is put into quarantine, where anything is."""
        if self.counter is None or self.gateway is None:
            return None
        return Quarantined(
            position=self.position,
            gateway=self.gateway,
            counter=self.counter,
            code=self.code,
            since=self.at,
            disputes=self.disputes,
        )
