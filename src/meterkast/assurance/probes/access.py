"""Who gets readings at the operator's desk? Ask as everybody who should not, and see what is written down."""

from collections.abc import Iterator, Sequence
from itertools import product

from meterkast.assurance.evidence import Observation
from meterkast.mdm.access import Query
from meterkast.mdm.guarded import GuardedReadings
from meterkast.mdm.policy import Asker, Purpose, Role
from meterkast.model.errors import TrustError
from meterkast.street.centre import OPERATOR
from meterkast.street.home import Home
from meterkast.street.street import Street

_OTHER_OPERATORS = ("polderland", "dijkstroom", "STADSNET", "stadsnet ", "")
_STRANGE_EAN = "871687999999999999"


async def look_at_roles(street: Street, home: Home) -> Observation:
    """Vendors and everybody else without a rule: every purpose, every way to ask."""
    vendor = home.address.household.vendor
    askers = [
        Asker(role=role, party=party)
        for role in (Role.VENDOR, Role.SUPPLIER, Role.SERVICE_PROVIDER, Role.SUPERVISOR)
        for party in (vendor, OPERATOR, str(home.address.household.ean))
    ]
    return _look(street, home, list(product(askers, Purpose)), "roles without a rule")


async def look_at_tenants(street: Street, home: Home) -> Observation:
    """Other operators and other households, and the right ones for another purpose than theirs."""
    own_ean = str(home.address.household.ean)
    strangers = [
        *(Asker(role=Role.OPERATOR, party=party) for party in _OTHER_OPERATORS),
        Asker(role=Role.CONSUMER, party=_STRANGE_EAN),
    ]
    asked = [
        *product(strangers, Purpose),
        (Asker(role=Role.OPERATOR, party=OPERATOR), Purpose.MARKETING),
        (Asker(role=Role.CONSUMER, party=own_ean), Purpose.SETTLEMENT),
    ]
    return _look(street, home, asked, "other tenants and households")


def _look(street: Street, home: Home, asked: Sequence[tuple[Asker, Purpose]], who: str) -> Observation:
    guarded = home.parts.readings(street.centre.database, street.clock)
    ean = str(home.address.household.ean)
    before = len(guarded.log.about(ean))
    found: list[str] = []
    given = attempts = 0
    for asker, purpose in asked:
        for query in _queries(home):
            attempts += 1
            given += _given(guarded, asker, purpose, query, ean)
        given += _given(guarded, asker, purpose, Query(), ean)
    if given:
        found.append(f"{given} blocks were given to {who}")
    logged = len(guarded.log.about(ean)) - before
    if logged < attempts:
        found.append(f"{attempts - logged} of {attempts} denials were not logged")
    operator = Asker(role=Role.OPERATOR, party=OPERATOR)
    rightful = _given(guarded, operator, Purpose.SETTLEMENT, Query(ean=ean), ean)
    household = Asker(role=Role.CONSUMER, party=ean)
    own = _given(guarded, household, Purpose.OWN_INSIGHT, Query(ean=ean), ean)
    if not (rightful and own):
        found.append("not even those who may read were given anything")
    detail = "; ".join(found) or (
        f"{attempts} questions of {who}: 0 blocks, all {logged} logged where the household can see it; "
        f"its operator got {rightful} blocks, the household itself {own}"
    )
    return Observation(holds=not found, observed=attempts if rightful else 0, detail=detail)


def _queries(home: Home) -> Iterator[Query]:
    ean = str(home.address.household.ean)
    yield Query(ean=ean)
    yield Query(device=home.module.name)
    yield Query(device=home.gas_meter.name)
    yield Query(ean=ean, known_at=1 << 40)


def _given(guarded: GuardedReadings, asker: Asker, purpose: Purpose, query: Query, ean: str) -> int:
    """How many blocks of this connection the asker gets."""
    try:
        return sum(stored.ean == ean for stored in guarded.blocks(asker, purpose, query))
    except TrustError:
        return 0
