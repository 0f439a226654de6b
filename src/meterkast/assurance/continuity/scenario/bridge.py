"""The time between generation 5 and generation 6, as a scenario states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from meterkast.assurance.continuity.scenario.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangle:
    """A date somewhere between two others, likeliest at ``mode``."""

    earliest: date
    mode: date
    latest: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """The last of generation 5 (M107, M108): when its stock ends and when generation 6 starts.

    ``weekly`` modules are asked for meanwhile; ``carried`` says whether runs start with that backlog.
    """

    depletion: Triangle
    supply: Triangle
    weekly: int
    carried: bool


def bridge_in(fields: Fields) -> Bridge | None:
    """The bridge; None where the scenario has none."""
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
