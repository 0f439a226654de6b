"""Who a scenario is about: vendors, grid operators, and the parties of the other components."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from meterkast.assurance.continuity.scenario.fields import Fields
from meterkast.assurance.continuity.scenario.input import Spread

_VENDORS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A grid operator with its share of the modules and the two-year options it exercises (M051-M053)."""

    id: str
    name: str
    share: float
    options: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How installed modules fail: at a constant yearly rate, or by age after Weibull.

    ``shape`` 1 is the constant rate; then ``scale_years`` is not used.
    """

    yearly: float
    shape: float = 1.0
    scale_years: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor of modules, with what it could do for the other's share.

    ``lead`` and ``ramp`` are weeks, ``overcapacity`` is the part of demand above 100 % that serves to catch
    up, ``max_rate`` modules a week; None where the documents do not state them.
    """

    id: str
    name: str
    share: float
    lead: Spread | None = None
    ramp: Spread | None = None
    overcapacity: float | None = None
    max_rate: float | None = None
    failure: Failure = Failure(yearly=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party of another component, with how many others could deliver the same."""

    id: str
    component: str
    name: str
    alternatives: int | None


def vendors_in(fields: Fields) -> list[Vendor]:
    """The two vendors; their shares make one."""
    vendors = []
    for field, row in fields.rows("vendor"):
        failure = fields.values(row, "failure", field) or {}
        place = f"{field}.failure"
        vendors.append(
            Vendor(
                id=fields.text(row, "id", field),
                name=fields.text(row, "name", field),
                share=fields.needed(row, "share", field, high=1.0),
                lead=fields.spread(row, "lead", field),
                ramp=fields.spread(row, "ramp", field, least=1.0),
                overcapacity=fields.number(row, "overcapacity", field, high=10.0),
                max_rate=fields.number(row, "max_rate", field, high=1e8),
                failure=Failure(
                    yearly=fields.as_number(failure.get("yearly", 0.0), f"{place}.yearly", 0.0, 1.0),
                    shape=fields.as_number(failure.get("shape", 1.0), f"{place}.shape", 0.2, 10.0),
                    scale_years=fields.as_number(
                        failure.get("scale_years", 0.0), f"{place}.scale_years", 0.0, 1e3
                    ),
                ),
            )
        )
        if vendors[-1].failure.shape != 1.0 and not vendors[-1].failure.scale_years:
            fields.fault("continuity-field-missing", f"{place}.scale_years", "a Weibull law needs a scale.")
    if len(vendors) != _VENDORS:
        fields.fault("continuity-vendors-wrong", "vendor", f"two vendors are needed, not {len(vendors)}.")
        return [Vendor(id=f"{place}", name="", share=0.5) for place in range(_VENDORS)]
    _check_shares(fields, "vendor.share", [vendor.share for vendor in vendors])
    return vendors


def operators_in(fields: Fields, options_most: int) -> tuple[Operator, ...]:
    """The grid operators, none with more options than the contract has; their shares make one."""
    operators = tuple(
        Operator(
            id=fields.text(row, "id", field),
            name=fields.text(row, "name", field),
            share=fields.needed(row, "share", field, high=1.0),
            options=fields.whole(row, "options", field, low=0, high=options_most),
        )
        for field, row in fields.rows("operator")
    )
    _check_shares(fields, "operator.share", [operator.share for operator in operators])
    return operators


def parties_in(fields: Fields) -> tuple[Party, ...]:
    """The parties of the other components."""
    parties = []
    for field, row in fields.rows("party"):
        alternatives = fields.number(row, "alternatives", field, high=1000)
        parties.append(
            Party(
                id=fields.text(row, "id", field),
                component=fields.text(row, "component", field),
                name=fields.text(row, "name", field),
                alternatives=None if alternatives is None else int(alternatives),
            )
        )
    return tuple(parties)


def _check_shares(fields: Fields, field: str, shares: Sequence[float]) -> None:
    """Shares sum to one, within what decimals can write."""
    if abs(math.fsum(shares) - 1.0) >= 1e-9:
        fields.fault("continuity-shares-wrong", field, f"the shares sum to {sum(shares):g}, not to one.")
