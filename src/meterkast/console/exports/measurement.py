"""One measured value of one device: what every export is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from meterkast.console.exports.wording import slug
from meterkast.mdm.collation import collate
from meterkast.model.block import Medium
from meterkast.model.calendar import utc
from meterkast.model.obis import Obis
from meterkast.protocols.cosem import catalogue
from meterkast.protocols.explain.document import Explanation

if TYPE_CHECKING:
    from meterkast.mdm.access import Row

_RATES = (1, 2)
_ENERGY = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A number with its name.

    Attributes:
        device: the device's own name; a gas meter behind an electricity meter has its own.
        behind: the device that passes it on; None where it speaks for itself.
        medium: what the device measures.
        obis: what the number is.
        value: exact, in ``unit``.
        unit: symbol of the base unit: ``Wh``, ``W``, ``m3``; empty for a plain number.
        at: Unix seconds.
        swapped: rate 1 is the normal one, as in Belgium.
    """

    device: str
    behind: str | None = None
    medium: Medium
    obis: Obis
    value: Decimal
    unit: str
    at: int
    swapped: bool = False

    def name(self, language: catalogue.Language) -> str:
        """What people call it; the OBIS code where the catalogue has no name."""
        obis = self.obis
        if self.swapped and obis.d == _ENERGY and obis.e in _RATES:
            obis = Obis(obis.a, obis.b, obis.c, obis.d, 3 - obis.e, obis.f)
        return catalogue.name(obis, language) or str(self.obis)


def of_message(explanation: Explanation, *, now: int, swapped: bool = False) -> list[Measurement]:
    """The numbers of a message; one that carries no time was measured now.

    Raises:
        DataError: ``import-value-range`` where a number is out of all reason.
    """
    fallback = f"meter_{slug(explanation.supplier or 'unknown')}"
    days = collate(explanation, fallback=fallback, now=now).days
    named = any(day.device == explanation.meter_id for day in days)
    main = explanation.meter_id if named else fallback
    return [
        Measurement(
            device=day.device,
            behind=None if day.device == main else main,
            medium=day.medium,
            obis=obis,
            value=value,
            unit=unit.symbol,
            at=at,
            swapped=swapped,
        )
        for day in days
        for (obis, unit), series in day.values.items()
        for at, value in series.items()
    ]


def of_row(row: "Row") -> Iterator[Measurement]:
    """The register at the end of a stored interval; none where the interval is a gap."""
    if row["value"] is not None:
        from datetime import datetime

        yield Measurement(
            device=row["device"],
            medium=Medium(row["medium"]),
            obis=Obis.parse(row["obis"]),
            value=row["value"],
            unit=row["unit"],
            at=int(datetime.fromisoformat(row["end_utc"]).timestamp()),
        )


def as_row(measurement: Measurement) -> "Row":
    """The measurement with the columns of stored readings, so that both make the same table."""
    from meterkast.model.calendar import iso_local
    from meterkast.model.quality import Flag

    local = iso_local(measurement.at)
    universal = f"{utc(measurement.at):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "ean": None,
        "device": measurement.device,
        "medium": measurement.medium.value,
        "obis": str(measurement.obis),
        "start": local,
        "start_utc": universal,
        "end": local,
        "end_utc": universal,
        "value": measurement.value,
        "consumption": None,
        "unit": measurement.unit,
        "status": None,
        "flags": Flag.UNSIGNED.value,
        "version": 0,
        "known_at": universal,
    }
