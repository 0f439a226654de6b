"""How a gateway stands, for those who run it."""

from dataclasses import dataclass
from datetime import date

from meterkast.gateway.module_state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStatus:
    """How a gateway stands.

    Attributes:
        title: its system title.
        module: where the talk with the module stands; None where the house has none.
        sealed: envelopes ever sealed.
        confirmed: those of them that the head-end has confirmed.
        last_day: the latest day that was sealed, of any device.
        layers: of the application's sandbox, as the kernel granted them.
        trouble: code of the last thing that went wrong on the way up; None after a delivery.
        communicating: False while an order of the operator's keeps it silent.
    """

    title: str
    module: State | None
    sealed: int
    confirmed: int
    last_day: date | None
    layers: tuple[str, ...]
    trouble: str | None
    communicating: bool = True

    @property
    def pending(self) -> int:
        """Envelopes that wait for their confirmation."""
        return self.sealed - self.confirmed
