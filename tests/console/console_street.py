"""A street that stands still until a test moves it: the page's source without a chain behind it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from meterkast.console.web.source import Announcer
from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, QUARTER, day_bounds, grid
from meterkast.model.ean import Ean
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.street.state import ClaimState, HomeState, Phase, StreetState

FIRST_DAY = date(2026, 3, 2)
DAYS = 2


def ean(number: int) -> str:
    """The EAN code of a home of the stand-in."""
    return Ean.from_number("8716870", number).digits


def electricity(day: date, number: int = 1) -> MeterDayBlock:
    """A day with a base load, an evening peak and sun around noon, as register values."""
    times = grid(day, QUARTER)
    start = times[0]
    taken, fed = [1_000_000 * number], [250_000]
    for at in times[:-1]:
        hour = (at - start) / HOUR
        sun = max(0, 900 - int((hour - 13) ** 2 * 60))
        load = 60 + (400 if 17 <= hour < 21 else 90 if 7 <= hour < 9 else 0) + 5 * number
        taken.append(taken[-1] + max(0, load - sun))
        fed.append(fed[-1] + max(0, sun - load))
    columns = (
        Column(obis=Obis(1, 0, 1, 8, 0), unit=Unit.WATT_HOUR, scaler=0, values=tuple(taken)),
        Column(obis=Obis(1, 0, 2, 8, 0), unit=Unit.WATT_HOUR, scaler=0, values=tuple(fed)),
    )
    return MeterDayBlock(
        device=f"KFM{number:010d}",
        medium=Medium.ELECTRICITY,
        day=day,
        times=times,
        columns=columns,
        status=(0,) * len(times),
    )


def gas(day: date, number: int = 1) -> MeterDayBlock:
    """A day of hourly gas, most of it in the morning and the evening."""
    times = grid(day, HOUR)
    index = [2_000_000]
    for hour in range(len(times) - 1):
        index.append(index[-1] + (450 if hour in {6, 7, 18, 19, 20} else 60) + number)
    column = Column(obis=Obis(0, 1, 24, 2, 1), unit=Unit.CUBIC_METRE, scaler=-3, values=tuple(index))
    return MeterDayBlock(
        device=f"MKM{number:08d}",
        medium=Medium.GAS,
        day=day,
        times=times,
        columns=(column,),
        status=(0,) * len(times),
    )


def home(number: int) -> HomeState:
    """A home whose first days are stored."""
    last = day_bounds(FIRST_DAY + timedelta(days=DAYS - 1))[1]
    return HomeState(
        number=number,
        ean=ean(number),
        vendor="KFM" if number % 2 else "SAG",
        gateway=f"MKG{number:010X}",
        power_w=-820 if number % 3 == 0 else 400 + 37 * number,
        import_wh=1_234_567 * number,
        export_wh=250_500,
        gas_l=2_003_120,
        last_reading_at=last,
        sealed=4,
        confirmed=4,
        stored=4,
        module_state="degraded" if number == 7 else "associated",
        flags=("REG_DECR",) if number == 5 else (),
    )


CLAIMS = (
    ClaimState(
        id="module-switchless",
        status="proven",
        text_nl="De module heeft geen schakelaar en kan niet op afstand worden uitgezet.",
        text_en="The module has no switch and cannot be switched off from afar.",
        proven_at=1_764_000_000.0,
        detail="214 objects walked, 1 mutant caught",
    ),
    ClaimState(
        id="vendor-blind",
        status="refuted",
        text_nl="De fabrikant van de module en andere onbevoegden kunnen niet meelezen.",
        text_en="The module's vendor and other unauthorised parties cannot read along.",
        proven_at=1_764_000_000.0,
    ),
    ClaimState(
        id="module-bypassed",
        status="asserted",
        text_nl="Verzenden, versleutelen en praten met andere apparaten gaat niet via de module.",
        text_en="Sending, encryption and talk with other devices do not pass the module.",
    ),
)


def snapshot(homes: int = 12) -> StreetState:
    """A living street with all its first days stored."""
    stand = tuple(home(number) for number in range(1, homes + 1))
    return StreetState(
        phase=Phase.LIVING,
        virtual_now=day_bounds(FIRST_DAY + timedelta(days=DAYS - 1))[1] + 2100,
        homes=stand,
        sealed=4 * homes,
        confirmed=4 * homes,
        stored=4 * homes,
        refused=3,
        lag=0,
        sandbox=("user", "network", "no-new-privileges", "seccomp", "landlock"),
        claims=CLAIMS,
    )


@dataclass
class StillStreet:
    """A source under the hand of a test."""

    current: StreetState = field(default_factory=snapshot)
    first_day: date = FIRST_DAY
    announcer: Announcer = field(default_factory=Announcer)
    days: int = DAYS
    site: Path = Path("no-such-site")
    watched: list[str] = field(default_factory=list)

    def state(self) -> StreetState:
        return self.current

    async def blocks(self, ean: str, day: date) -> Sequence[MeterDayBlock]:
        numbers = {each.ean: each.number for each in self.current.homes}
        within = FIRST_DAY <= day < FIRST_DAY + timedelta(days=self.days)
        if not within or ean not in numbers:
            return ()
        return electricity(day, numbers[ean]), gas(day, numbers[ean])

    @contextmanager
    def watching(self, ean: str) -> Iterator[None]:
        self.watched.append(ean)
        try:
            yield
        finally:
            self.watched.remove(ean)

    async def changed(self, seen: int) -> int | None:
        return await self.announcer.changed(seen)

    def becomes(self, **changes: object) -> None:
        """Changes the snapshot and says so."""
        self.current = replace(self.current, **changes)  # type: ignore[arg-type]
        self.announcer.announce()
