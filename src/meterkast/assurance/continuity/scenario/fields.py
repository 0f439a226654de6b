"""Fields of a scenario file: each read with its source, each fault a finding with file and field."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from meterkast.assurance.continuity.scenario.input import Confidence, Provenance, Spread
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding, Severity

_MARKS = frozenset({"source", "confidence", "note"})
_MOST_ROWS = 64


class Fields:
    """A table of the file. It goes on after a fault, so that one reading names them all."""

    def __init__(self, table: Mapping[str, Any], file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.provenance: list[Provenance] = []
        self._table = table

    def fault(self, code: str, field: str, message: str) -> None:
        """Notes a fault of a field."""
        text = f"{self.file}: {field}: {message}"
        self.findings.append(Finding(code=code, severity=Severity.ERROR, message=text))

    def raise_if_faulty(self) -> None:
        """Ends the reading where anything was wrong.

        Raises:
            DataError: the first fault, with the others named in the hint.
        """
        if not self.findings:
            return
        first, *others = self.findings
        file, field, message = first.message.split(": ", 2)
        more = "; ".join(each.message.split(": ", 1)[1] for each in others[:5])
        hint = "Mend this field." if not others else f"{len(others)} more: {more}"
        raise DataError(first.code, message, where=f"{file}: {field}", hint=hint)

    def rows(self, name: str) -> list[tuple[str, Mapping[str, Any]]]:
        """The rows of an array of tables, each with the name of its field; what is beyond 64 is left out."""
        rows = self._table.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.fault("continuity-field-malformed", name, f"write it as [[{name}]].")
            return []
        return [(f"{name}[{row.get('id', place)}]", row) for place, row in enumerate(rows[:_MOST_ROWS])]

    def table(self, name: str) -> Mapping[str, Any] | None:
        """A table, or None where it is absent."""
        table = self._table.get(name)
        if table is not None and not isinstance(table, dict):
            self.fault("continuity-field-malformed", name, f"write it as [{name}].")
            return None
        return table

    def text(self, table: Mapping[str, Any], name: str, field: str) -> str:
        """A plain text that every row must have."""
        value = table.get(name)
        if not isinstance(value, str) or not value:
            self.fault("continuity-field-missing", f"{field}.{name}", "a text is needed here.")
            return ""
        return value

    def values(self, table: Mapping[str, Any], name: str, field: str) -> Mapping[str, Any] | None:
        """The values of one input, its source noted; None where it is absent or not stated."""
        place = f"{field}.{name}"
        if name not in table:
            return None
        entry = table[name]
        if not isinstance(entry, dict):
            self.fault(
                "continuity-source-missing",
                place,
                "a bare value has no source; write { value = …, source = …, confidence = … }.",
            )
            return None
        values = {key: value for key, value in entry.items() if key not in _MARKS}
        confidence = self._confidence(entry, place)
        source = entry.get("source")
        if not isinstance(source, str) or not source.strip():
            self.fault("continuity-source-missing", place, "every input needs a source.")
        if confidence is Confidence.NOT_STATED and values:
            self.fault("continuity-field-malformed", place, "an input that is not stated has no value.")
        written = ", ".join(
            f"{value}" if key == "value" else f"{key} {value}" for key, value in values.items()
        )
        self.provenance.append(
            Provenance(
                field=place,
                value=written,
                source=str(source),
                confidence=confidence,
                note=str(entry.get("note", "")),
            )
        )
        return values or None

    def _confidence(self, entry: Mapping[str, Any], place: str) -> Confidence:
        try:
            return Confidence(entry.get("confidence", ""))
        except ValueError:
            known = ", ".join(Confidence)
            self.fault("continuity-source-missing", place, f"confidence is one of {known}.")
            return Confidence.ASSUMPTION

    def number(
        self,
        table: Mapping[str, Any],
        name: str,
        field: str,
        *,
        low: float = 0.0,
        high: float = math.inf,
        default: float | None = None,
    ) -> float | None:
        """A number within bounds; ``default`` where it is absent or not stated."""
        values = self.values(table, name, field)
        if values is None:
            return default
        return self.as_number(values.get("value"), f"{field}.{name}", low, high)

    def needed(
        self,
        table: Mapping[str, Any],
        name: str,
        field: str,
        *,
        low: float = 0.0,
        high: float = math.inf,
    ) -> float:
        """A number that must be given."""
        faults = len(self.findings)
        value = self.number(table, name, field, low=low, high=high)
        if value is None:
            if len(self.findings) == faults:
                self.fault(
                    "continuity-field-missing", f"{field}.{name}", "a value with its source is needed."
                )
            return low
        return value

    def whole(
        self, table: Mapping[str, Any], name: str, field: str, *, low: float = 0, high: float = 1e9
    ) -> int:
        """A whole number that must be given."""
        value = self.needed(table, name, field, low=low, high=high)
        if value != int(value):
            self.fault("continuity-value-wrong", f"{field}.{name}", "a whole number is needed.")
        return int(value)

    def spread(self, table: Mapping[str, Any], name: str, field: str, *, least: float = 0.0) -> Spread | None:
        """A lognormal quantity; None where it is absent or not stated."""
        values = self.values(table, name, field)
        if values is None:
            return None
        place = f"{field}.{name}"
        median = self.as_number(values.get("median"), f"{place}.median", 0.0, 1e4)
        sigma = self.as_number(values.get("sigma", 0.0), f"{place}.sigma", 0.0, 3.0)
        return Spread(median=median, sigma=sigma, least=least)

    def needed_spread(self, table: Mapping[str, Any], name: str, field: str) -> Spread:
        """A lognormal quantity that must be given."""
        spread = self.spread(table, name, field)
        if spread is None:
            self.fault("continuity-field-missing", f"{field}.{name}", "a median with its source is needed.")
            return Spread(median=1.0)
        return spread

    def day(self, table: Mapping[str, Any], name: str, field: str) -> date:
        """A day that must be given."""
        values = self.values(table, name, field) or {}
        return self.as_day(values.get("value"), f"{field}.{name}")

    def as_day(self, value: object, place: str) -> date:
        """A value as a day."""
        if not isinstance(value, date):
            self.fault("continuity-field-missing", place, "a date such as 2027-10-01 is needed.")
            return date.max
        return value

    def as_number(self, value: object, place: str, low: float, high: float) -> float:
        """A value as a number within bounds."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fault("continuity-value-wrong", place, "a number is needed.")
            return low
        if not low <= value <= high:
            self.fault("continuity-value-wrong", place, f"{value} lies outside {low:g} to {high:g}.")
            return low
        return float(value)
