"""What can be seen of a running street: plain values for the page, the summary and the tests."""

from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetSettings:
    """How a street is stood up.

    Attributes:
        homes: how many connections, at least 1.
        days: how many local days are delivered before the summary.
        seed: same seed and start day, same readings.
        start: first local day in Europe/Amsterdam.
        site: state folder; emptied when a street is stood up.
        confine: False only where the kernel offers no isolation and the user said so.
    """

    homes: int = 12
    days: int = 2
    seed: int = 1
    start: date = date(2026, 3, 2)
    site: Path = Path(".meterkast")
    confine: bool = True


class Phase(StrEnum):
    """Where the street is in its life."""

    BUILDING = "building"
    RUNNING = "running"
    PROVING = "proving"
    LIVING = "living"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortState:
    """What the consumer port of a home showed last, and where a client of the household finds it.

    Attributes:
        at: Unix seconds of metering time.
        import_w: power taken from the grid; None where the module does not say.
        export_w: power fed into it.
        gas_l: the newest five-minute index; None where the gas meter does not say.
        address: host and port of X1.
    """

    at: int
    import_w: int | None
    export_w: int | None
    gas_l: int | None
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeState:
    """One home as its operator knows it, and what its components report of themselves.

    ``import_wh``, ``export_wh`` and ``gas_l`` are the last *stored* registers; ``power_w`` is the
    simulated home's net power at this virtual moment (negative: it feeds in). ``port`` is there once
    somebody has looked at the home.
    """

    number: int
    ean: str
    vendor: str
    gateway: str
    power_w: int
    import_wh: int | None = None
    export_wh: int | None = None
    gas_l: int | None = None
    last_reading_at: int | None = None
    sealed: int = 0
    confirmed: int = 0
    stored: int = 0
    module_state: str = "unknown"
    flags: tuple[str, ...] = ()
    port: PortState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimState:
    """A claim with the status that its last proof gave it; ``proven_at`` is real time in Unix seconds."""

    id: str
    status: str
    text_nl: str
    text_en: str
    proven_at: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetState:
    """A snapshot. ``lag`` is the number of envelopes that are confirmed and not yet stored."""

    phase: Phase
    virtual_now: int
    homes: tuple[HomeState, ...]
    sealed: int
    confirmed: int
    stored: int
    refused: int
    lag: int
    sandbox: tuple[str, ...]
    claims: tuple[ClaimState, ...]
    step: str = ""
    done: int = 0
    total: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The snapshot as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What ``demo --once`` ends with; the first twelve fields are the command's contract."""

    homes: int
    days: int
    seed: int
    expected_blocks: int
    stored_blocks: int
    expected_gas_blocks: int
    stored_gas_blocks: int
    lost: int
    duplicates: int
    register_mismatches: int
    claims: list[dict[str, str]]
    elapsed_s: float
    refused: int = 0
    applications: str = ""
    sandbox: list[str] = field(default_factory=list)
    memory_mb: float = 0.0
    seconds_per_home: float = 0.0
    readings_digest: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything that was expected arrived, once and unchanged, and every claim is proven."""
        return (
            self.stored_blocks == self.expected_blocks
            and self.stored_gas_blocks == self.expected_gas_blocks
            and not self.lost
            and not self.duplicates
            and not self.register_mismatches
            and all(claim["status"] == "proven" for claim in self.claims)
        )
