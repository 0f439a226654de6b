"""Does the supply hang on the module? Let it be dead, lie, flood and babble: does the light stay on?"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random

from meterkast.assurance.evidence import Observation
from meterkast.model.errors import MeterkastError
from meterkast.street.home import Home
from meterkast.street.street import Street
from meterkast.street.tamper import tamper

Fault = Callable[[Home, Random], AbstractContextManager[None]]
"""Makes the module of a home fail, for as long as the context lasts."""

_CAMPAIGNS = 8
_FLOOD = 1 << 19


async def look(street: Street, home: Home) -> Observation:
    """Runs campaigns of faults in an order drawn from the seed; looks at the supply during and after each."""
    chance = Random(street.settings.seed)
    kinds = list(FAULTS)
    chance.shuffle(kinds)
    campaigns = [*kinds, *(chance.choice([*QUICK]) for _ in range(max(_CAMPAIGNS - len(kinds), 0)))]
    found: list[str] = []
    looked = 0
    for kind in campaigns:
        with FAULTS[kind](home, chance):
            answered = await _tells(street, home)
            looked += 2
            if not _is_on(street, home):
                found.append(f"the home lost its power while the module was {kind}")
            if not answered:
                found.append(f"the gateway fell silent while the module was {kind}")
        if not _is_on(street, home):
            found.append(f"the home was without power after the module had been {kind}")
    detail = "; ".join(dict.fromkeys(found)) or (
        f"{len(campaigns)} campaigns ({', '.join(sorted(set(campaigns)))}): supply on, gateway alive in all"
    )
    return Observation(holds=not found, observed=looked, detail=detail)


@contextmanager
def _dead(home: Home, _chance: Random) -> Iterator[None]:
    home.module_line.unplugged = True
    try:
        yield
    finally:
        home.module_line.unplugged = False


@contextmanager
def _lying(home: Home, chance: Random) -> Iterator[None]:
    divisor = chance.randint(2, 9)
    tamper(home.module, lambda _at, registers: {name: value // divisor for name, value in registers.items()})
    try:
        yield
    finally:
        tamper(home.module, None)


def _faulty(fault: Callable[[bytes, Random], bytes]) -> Fault:
    @contextmanager
    def campaign(home: Home, chance: Random) -> Iterator[None]:
        home.module_line.fault = lambda octets: fault(octets, chance)
        try:
            yield
        finally:
            home.module_line.fault = None

    return campaign


FAULTS: dict[str, Fault] = {
    "dead": _dead,
    "lying": _lying,
    "flooding": _faulty(lambda octets, _: octets * (_FLOOD // len(octets) + 5)),
    "babbling": _faulty(lambda octets, chance: chance.randbytes(len(octets))),
}
QUICK = ("lying", "flooding")


async def _tells(street: Street, home: Home) -> bool:
    """Whether the gateway still does its work: it makes a telegram with what there is."""
    try:
        return bool(await street.telegram(home))
    except MeterkastError:
        return False


def _is_on(street: Street, home: Home) -> bool:
    """Whether the home draws what its household draws."""
    minute = int(street.clock.now()) // 60 * 60
    wanted = home.address.household.power(minute - 3600, minute)
    return home.supply.energised and bool((home.supply.power(minute - 3600, minute) == wanted).all())
