"""A scenario out of the fields of its file: part by part, so that one reading names every fault."""

from meterkast.assurance.continuity.scenario.bridge import bridge_in
from meterkast.assurance.continuity.scenario.disruption import (
    Disruption,
    disruption_in,
    nodes_in,
    shock_in,
    weakness_in,
)
from meterkast.assurance.continuity.scenario.fields import Fields
from meterkast.assurance.continuity.scenario.parties import operators_in, parties_in, vendors_in
from meterkast.assurance.continuity.scenario.prices import limits_in, prices_in
from meterkast.assurance.continuity.scenario.recourse import arrangements_in, routes_in
from meterkast.assurance.continuity.scenario.scenario import WEEKS_PER_YEAR, Scenario


def scenario_in(fields: Fields) -> Scenario | None:
    """The whole scenario; None where a field is at fault, and the findings say which."""
    contract = fields.table("contract") or {}
    start = fields.day(contract, "start", "contract")
    base_years = fields.whole(contract, "base_years", "contract", low=3, high=40)
    options_most = fields.whole(contract, "options", "contract", low=0, high=10)
    vendors = vendors_in(fields)
    operators = operators_in(fields, options_most)
    disruption = disruption_in(fields, [vendor.id for vendor in vendors])
    prices, limits = prices_in(fields), limits_in(fields)
    top = fields.table("scenario") or {}
    service = fields.table("service") or {}
    nodes = nodes_in(fields, [vendor.id for vendor in vendors])
    stock = fields.table("stock") or {}
    buffer = fields.number(stock, "buffer", "stock", high=1e9)
    scenario_id, nl, en = (fields.text(top, name, "scenario") for name in ("id", "nl", "en"))
    modules = fields.whole(contract, "modules", "contract", low=1000, high=1e9)
    option_years = fields.whole(contract, "option_years", "contract", low=0, high=10)
    target = fields.number(service, "target", "service", low=0.5, high=0.9999, default=0.99)
    common = fields.number(fields.table("common_cause") or {}, "share", "common_cause", high=1.0, default=0.0)
    analogue = fields.number(fields.table("analogue") or {}, "modules", "analogue", high=modules, default=0.0)
    shock, weakness = shock_in(fields), weakness_in(fields)
    bridge = bridge_in(fields)
    parties, arrangements, routes = parties_in(fields), arrangements_in(fields), routes_in(fields)
    if common and not nodes:
        fields.fault("continuity-field-missing", "node", "common causes need at least one [[node]].")
    years = base_years + option_years * max((operator.options for operator in operators), default=0)
    _inside_contract(fields, disruption, years * WEEKS_PER_YEAR)
    if fields.findings:
        return None
    return Scenario(
        id=scenario_id,
        nl=nl,
        en=en,
        modules=modules,
        start=start,
        base_years=base_years,
        option_years=option_years,
        options_most=options_most,
        operators=operators,
        vendors=(vendors[0], vendors[1]),
        disruption=disruption,
        buffer=None if buffer is None else int(buffer),
        prices=prices,
        limits=limits,
        target=target or 0.99,
        common_cause=common or 0.0,
        nodes=nodes,
        shock=shock,
        weakness=weakness,
        bridge=bridge,
        analogue=int(analogue or 0),
        parties=parties,
        arrangements=arrangements,
        routes=routes,
        provenance=tuple(fields.provenance),
        file=fields.file,
    )


def _inside_contract(fields: Fields, disruption: Disruption, weeks: int) -> None:
    """A loss that can only come after the contract, or in the weeks that are spared, is a mistake."""
    last = weeks - disruption.last_weeks_spared
    if disruption.earliest_week > last:
        fields.fault(
            "continuity-value-wrong",
            "disruption.earliest_week",
            f"week {disruption.earliest_week} lies after week {last}, the last that can be struck.",
        )
