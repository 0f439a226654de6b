"""What excluding a vendor does: to the fleet, to households, to cost, and in how many weeks."""

from dataclasses import dataclass

from meterkast.assurance.dossier.contract import Contract
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.tender.capability import WEEKS_PER_YEAR
from meterkast.model.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect on one contract.

    Attributes:
        units_to_come: of the vendor's share, that others must deliver.
        units_installed: on walls already; None is unknown.
        households: connections touched; one module hangs in each.
        hardware_eur: new modules at the contract's derived price; work is not in it.
        weeks: at the pace that the contract asks of all vendors together.
        share: of all units.
        left: vendors that stay.
    """

    contract: str
    party: str
    units_to_come: int
    units_installed: int | None
    households: int
    hardware_eur: float
    weeks: float
    share: float
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One year of a phase-out: units replaced in it, and units of the vendor left at its end."""

    year: int
    replaced: int
    left: int


def effect(dossier: Dossier, party: str) -> Effect:
    """What an order on a vendor touches. Units on walls already are the fact ``installed.PARTY``.

    Raises:
        DataError: ``effect-no-award`` where no contract awards anything to the party.
    """
    contract = _contract(dossier, party)
    told = dossier.facts.get(f"installed.{party}")
    installed = told.value if told is not None and type(told.value) is int else None
    units = contract.units_of(party)
    touched = units + (installed or 0)
    weekly = contract.units.value / (contract.term_years.value * WEEKS_PER_YEAR)
    return Effect(
        contract=contract.id,
        party=party,
        units_to_come=units,
        units_installed=installed,
        households=touched,
        hardware_eur=touched * contract.price_per_unit,
        weeks=touched / weekly,
        share=contract.shares[party],
        left=tuple(award.party for award in contract.awards if award.party != party),
    )


def phase_out(units: int, first_year: int, years: int) -> tuple[Year, ...]:
    """Replaces units evenly over whole years; not one is left over and none is counted twice.

    Raises:
        DataError: ``phase-out-no-years``.
    """
    if years < 1:
        raise DataError("phase-out-no-years", "A phase-out takes one year at least.", where="years")
    plan, left = [], units
    for number in range(years):
        replaced = left // (years - number)
        left -= replaced
        plan.append(Year(year=first_year + number, replaced=replaced, left=left))
    return tuple(plan)


def _contract(dossier: Dossier, party: str) -> Contract:
    for contract in dossier.contracts:
        if party in contract.shares:
            return contract
    raise DataError("effect-no-award", f"No contract awards anything to {party!r}.", where="contracts.toml")
