"""Scenario files: the packaged ones by name, others by path, each built on another with ``extends``."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from meterkast.assurance.continuity.fields import Fields, add_to_one, open_fields
from meterkast.assurance.continuity.scenario import (
    WEEKS_PER_YEAR,
    Arrangement,
    Bridge,
    Channel,
    Disruption,
    Failure,
    Limits,
    Node,
    Operator,
    Party,
    Prices,
    Route,
    Scenario,
    Shock,
    Spread,
    Triangle,
    Vendor,
    Weakness,
)
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding

_VENDORS = 2
_MOST_ROWS = 64


def names() -> tuple[str, ...]:
    """The packaged scenarios."""
    folder = files("meterkast.assurance.continuity").joinpath("scenarios")
    return tuple(sorted(each.name[:-5] for each in folder.iterdir() if each.name.endswith(".toml")))


def text(name: str) -> str:
    """A packaged scenario as it is written.

    Raises:
        DataError: ``continuity-scenario-unknown``.
    """
    if name not in names():
        raise DataError(
            "continuity-scenario-unknown",
            f"There is no scenario {name!r}.",
            hint=f"Take one of {', '.join(names())}, or the path of a .toml file.",
        )
    folder = files("meterkast.assurance.continuity").joinpath("scenarios")
    return folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")


def load(name: str | Path) -> Scenario:
    """A packaged scenario by name, or a file by path.

    Raises:
        DataError: with file and field: ``continuity-scenario-unknown``, ``continuity-file-malformed``,
            ``continuity-source-missing``, ``continuity-shares-wrong``, ``continuity-value-wrong`` …
    """
    fields = _fields(name)
    scenario = _scenario(fields)
    fields.raise_if_faulty()
    assert scenario is not None
    return scenario


def validate(name: str | Path) -> list[Finding]:
    """Everything that is wrong with a scenario file, each with file and field.

    Raises:
        DataError: where the file cannot be read at all.
    """
    fields = _fields(name)
    _scenario(fields)
    return fields.findings


def _fields(name: str | Path) -> Fields:
    path = Path(name)
    if path.suffix != ".toml":
        octets, file = text(str(name)).encode(), f"{name}.toml"
    else:
        file = str(path)
        try:
            octets = path.read_bytes()
        except OSError as error:
            raise DataError(
                "file-unreadable", f"The file cannot be read: {error.strerror}.", where=file
            ) from error
    table = open_fields(octets, file)._table
    extended = table.get("extends")
    if extended is None:
        return Fields(table, file)
    ground = tomllib.loads(text(str(extended)))
    if "extends" in ground:
        raise DataError("continuity-file-malformed", "A scenario is built on one other at most.", where=file)
    return Fields(_merged(ground, table), file)


def _merged(ground: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``ground``: tables by key, rows by id, inputs as a whole."""
    merged = dict(ground)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and "source" not in {*value, *below}:
            merged[key] = _merged(below, value)
        elif isinstance(value, list) and isinstance(below, list) and _have_ids(value) and _have_ids(below):
            rows = {row["id"]: row for row in below}
            for row in value:
                rows[row["id"]] = _merged(rows.get(row["id"], {}), row)
            merged[key] = list(rows.values())
        else:
            merged[key] = value
    return merged


def _have_ids(rows: list[Any]) -> bool:
    return all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows)


def _scenario(fields: Fields) -> Scenario | None:
    contract = fields.table("contract") or {}
    start = fields.day(contract, "start", "contract")
    base_years = fields.whole(contract, "base_years", "contract", low=3, high=40)
    options_most = fields.whole(contract, "options", "contract", low=0, high=10)
    vendors = _vendors(fields)
    operators = _operators(fields, options_most)
    disruption = _disruption(fields, [vendor.id for vendor in vendors])
    prices, limits = _prices(fields), _limits(fields)
    top = fields.table("scenario") or {}
    service = fields.table("service") or {}
    nodes = _nodes(fields, [vendor.id for vendor in vendors])
    stock = fields.table("stock") or {}
    buffer = fields.number(stock, "buffer", "stock", high=1e9)
    scenario_id, nl, en = (fields.text(top, name, "scenario") for name in ("id", "nl", "en"))
    modules = fields.whole(contract, "modules", "contract", low=1000, high=1e9)
    option_years = fields.whole(contract, "option_years", "contract", low=0, high=10)
    target = fields.number(service, "target", "service", low=0.5, high=0.9999, default=0.99)
    common = fields.number(fields.table("common_cause") or {}, "share", "common_cause", high=1.0, default=0.0)
    analogue = fields.number(fields.table("analogue") or {}, "modules", "analogue", high=modules, default=0.0)
    shock, weakness = _shock(fields), _weakness(fields)
    bridge = _bridge(fields)
    parties, arrangements, routes = _parties(fields), _arrangements(fields), _routes(fields)
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


def _vendors(fields: Fields) -> list[Vendor]:
    vendors = []
    for field, row in fields.rows("vendor")[:_MOST_ROWS]:
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
    if not add_to_one([vendor.share for vendor in vendors]):
        total = sum(vendor.share for vendor in vendors)
        fields.fault("continuity-shares-wrong", "vendor.share", f"the shares sum to {total:g}, not to one.")
    return vendors


def _operators(fields: Fields, options_most: int) -> tuple[Operator, ...]:
    operators = tuple(
        Operator(
            id=fields.text(row, "id", field),
            name=fields.text(row, "name", field),
            share=fields.needed(row, "share", field, high=1.0),
            options=fields.whole(row, "options", field, low=0, high=options_most),
        )
        for field, row in fields.rows("operator")[:_MOST_ROWS]
    )
    if not operators or not add_to_one([operator.share for operator in operators]):
        total = sum(operator.share for operator in operators)
        fields.fault("continuity-shares-wrong", "operator.share", f"the shares sum to {total:g}, not to one.")
    return operators


def _disruption(fields: Fields, vendors: list[str]) -> Disruption:
    table, field = fields.table("disruption") or {}, "disruption"
    lost = fields.values(table, "lost", field) or {}
    if lost.get("value") not in vendors:
        fields.fault("continuity-value-wrong", f"{field}.lost", f"one of {', '.join(vendors)} is lost.")
    named = (fields.values(table, "channels", field) or {}).get("value")
    known = set(Channel)
    if not isinstance(named, list) or not all(name in known for name in named):
        fields.fault("continuity-value-wrong", f"{field}.channels", f"a list out of {', '.join(Channel)}.")
        named = []
    duration = fields.spread(table, "duration", field)
    if duration is None:
        fields.fault("continuity-field-missing", f"{field}.duration", "a median with its source is needed.")
    return Disruption(
        lost=str(lost.get("value")),
        earliest_week=fields.whole(table, "earliest_week", field, high=2000),
        last_weeks_spared=fields.whole(table, "last_weeks_spared", field, low=1, high=100),
        permanent=fields.needed(table, "permanent", field, high=1.0),
        duration=duration or Spread(median=1.0),
        channels=frozenset(Channel(name) for name in named),
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


def _nodes(fields: Fields, vendors: list[str]) -> tuple[Node, ...]:
    nodes = []
    for field, row in fields.rows("node")[:_MOST_ROWS]:
        depends = fields.values(row, "depends", field) or {}
        unknown = sorted(set(depends) - set(vendors))
        if unknown:
            fields.fault("continuity-value-wrong", f"{field}.depends", f"{unknown[0]!r} is no vendor here.")
        outage = fields.spread(row, "outage", field)
        if outage is None:
            fields.fault("continuity-field-missing", f"{field}.outage", "a median with its source is needed.")
        parts = {
            vendor: fields.as_number(part, f"{field}.depends.{vendor}", 0.0, 1.0)
            for vendor, part in depends.items()
        }
        nodes.append(
            Node(
                id=fields.text(row, "id", field),
                name=fields.text(row, "name", field),
                depends=parts,
                outage=outage or Spread(median=1.0),
                weight=fields.number(row, "weight", field, low=0.001, high=1000.0, default=1.0) or 1.0,
            )
        )
    return tuple(nodes)


def _prices(fields: Fields) -> Prices:
    table, field = fields.table("prices") or {}, "prices"
    return Prices(
        unit=fields.needed(table, "unit", field, high=1e5),
        holding_yearly=fields.needed(table, "holding_yearly", field, high=1.0),
        reservation_monthly=fields.needed(table, "reservation_monthly", field, high=1.0),
        waiting_monthly=fields.needed(table, "waiting_monthly", field, high=1e5),
        surge_premium=fields.needed(table, "surge_premium", field, high=10.0),
        installation=fields.needed(table, "installation", field, high=1e5),
    )


def _limits(fields: Fields) -> Limits:
    table, field = fields.table("limits") or {}, "limits"
    split = fields.values(table, "split", field) or {}
    low = fields.as_number(split.get("low"), f"{field}.split.low", 0.0, 1.0)
    high = fields.as_number(split.get("high"), f"{field}.split.high", 0.0, 1.0)
    if low > high:
        fields.fault("continuity-value-wrong", f"{field}.split", f"low {low:g} lies above high {high:g}.")
    return Limits(
        split_low=low,
        split_high=high,
        buffer_most=fields.number(table, "buffer_most", field),
        reserve_most=fields.number(table, "reserve_most", field),
        budget_most=fields.number(table, "budget_most", field),
        waiting_most=fields.number(table, "waiting_most", field),
        split_costs=_split_costs(fields, table, field),
        seconds=fields.number(table, "seconds", field, low=0.0, high=600.0, default=30.0) or 0.0,
    )


def _split_costs(fields: Fields, table: Mapping[str, Any], field: str) -> tuple[tuple[float, float], ...]:
    place = f"{field}.split_costs"
    points = (fields.values(table, "split_costs", field) or {}).get("points", [])
    if not isinstance(points, list) or not all(isinstance(each, list) and len(each) == 2 for each in points):
        fields.fault("continuity-field-malformed", place, "points = [[share, EUR], …].")
        return ()
    read = tuple(
        (fields.as_number(share, place, 0.0, 1.0), fields.as_number(cost, place, 0.0, 1e12))
        for share, cost in points
    )
    slopes = [
        (after[1] - before[1]) / (after[0] - before[0]) if after[0] > before[0] else None
        for before, after in pairwise(read)
    ]
    rising = [slope for slope in slopes if slope is not None]
    if len(read) == 1 or len(rising) < len(slopes) or rising != sorted(rising):
        fields.fault("continuity-value-wrong", place, "shares must rise and the line must bend upwards only.")
        return ()
    return read


def _shock(fields: Fields) -> Shock | None:
    table, field = fields.table("shock"), "shock"
    if table is None:
        return None
    return Shock(
        probability=fields.needed(table, "probability", field, high=1.0),
        extra=fields.needed(table, "extra", field, high=10.0),
        weeks=fields.whole(table, "weeks", field, low=1, high=2000),
    )


def _weakness(fields: Fields) -> Weakness | None:
    table, field = fields.table("weakness"), "weakness"
    if table is None:
        return None
    return Weakness(
        yearly=fields.needed(table, "yearly", field, high=100.0),
        share=fields.needed(table, "share", field, high=1.0),
        weeks=fields.whole(table, "weeks", field, low=1, high=2000),
    )


def _bridge(fields: Fields) -> Bridge | None:
    table, field = fields.table("bridge"), "bridge"
    if table is None:
        return None
    carried = (fields.values(table, "carried", field) or {}).get("value", False)
    return Bridge(
        depletion=_triangle(fields, table, "depletion", field),
        supply=_triangle(fields, table, "supply", field),
        weekly=fields.whole(table, "weekly", field, high=1e7),
        carried=bool(carried),
    )


def _triangle(fields: Fields, table: Mapping[str, Any], name: str, field: str) -> Triangle:
    values = fields.values(table, name, field) or {}
    place = f"{field}.{name}"
    earliest, mode, latest = (
        fields.as_day(values.get(key), f"{place}.{key}") for key in ("earliest", "mode", "latest")
    )
    if not earliest <= mode <= latest:
        fields.fault("continuity-value-wrong", place, "the days must be in order: earliest, mode, latest.")
    return Triangle(earliest=earliest, mode=mode, latest=latest)


def _parties(fields: Fields) -> tuple[Party, ...]:
    parties = []
    for field, row in fields.rows("party")[:_MOST_ROWS]:
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


def _arrangements(fields: Fields) -> tuple[Arrangement, ...]:
    arrangements = []
    for field, row in fields.rows("arrangement")[:_MOST_ROWS]:
        has = fields.values(row, "has", field) or {}
        arrangements.append(
            Arrangement(
                id=fields.text(row, "id", field),
                nl=fields.text(row, "nl", field),
                en=fields.text(row, "en", field),
                source_escrow=bool(has.get("source_escrow")),
                signing_key=bool(has.get("signing_key")),
                dual_signing=bool(has.get("dual_signing")),
                weeks=fields.number(row, "weeks", field, high=2000),
            )
        )
    return tuple(arrangements)


def _routes(fields: Fields) -> tuple[Route, ...]:
    return tuple(
        Route(
            id=fields.text(row, "id", field),
            law=fields.text(row, "law", field),
            in_force=fields.day(row, "in_force", field),
        )
        for field, row in fields.rows("route")[:_MOST_ROWS]
    )
