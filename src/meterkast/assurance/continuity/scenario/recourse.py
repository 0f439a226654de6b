"""What can be done: arrangements that keep patches coming, legal routes that exclude a vendor."""

from dataclasses import dataclass
from datetime import date

from meterkast.assurance.continuity.scenario.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """A way to patch modules of a vendor that is gone: what it needs, and the weeks it takes."""

    id: str
    nl: str
    en: str
    source_escrow: bool
    signing_key: bool
    dual_signing: bool
    weeks: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A legal basis for an exclusion order, in force from a day on."""

    id: str
    law: str
    in_force: date


def arrangements_in(fields: Fields) -> tuple[Arrangement, ...]:
    """The ways to patch, in the order of the file."""
    arrangements = []
    for field, row in fields.rows("arrangement"):
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


def routes_in(fields: Fields) -> tuple[Route, ...]:
    """The legal routes, in the order of the file."""
    return tuple(
        Route(
            id=fields.text(row, "id", field),
            law=fields.text(row, "law", field),
            in_force=fields.day(row, "in_force", field),
        )
        for field, row in fields.rows("route")
    )
