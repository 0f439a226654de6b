"""An explanation as a JSON document, and as text: layers as a tree, readings as a table, findings."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from meterkast.console.language import Language
from meterkast.model.calendar import iso_local
from meterkast.model.reading import Reading
from meterkast.protocols.cosem.catalogue import name
from meterkast.protocols.explain.document import Explanation, Layer

_WORDS = {
    Language.EN: {
        "message": "message",
        "layers": "Layers",
        "readings": "Readings",
        "records": "Records",
        "findings": "Findings",
        "integrity": "integrity",
    },
    Language.NL: {
        "message": "bericht",
        "layers": "Lagen",
        "readings": "Standen",
        "records": "Records",
        "findings": "Bevindingen",
        "integrity": "integriteit",
    },
}
_WIDEST_FIELD = 64


def document(explanation: Explanation, language: Language) -> dict[str, Any]:
    """The explanation as the command line contract prints it; instants in local time with their offset."""
    printed: dict[str, Any] = {
        "family": explanation.family,
        "supplier": explanation.supplier,
        "meter_id": explanation.meter_id,
        "timestamp": _instant(explanation.timestamp),
        "readings": [_reading(reading, language) for reading in explanation.readings],
        "integrity": {"crc": explanation.crc, "mac": explanation.mac},
        "layers": [layer.to_dict() for layer in explanation.layers],
        "findings": [finding.to_dict() for finding in explanation.findings],
        "data": explanation.data,
    }
    if explanation.family in {"mbus", "wmbus"}:
        printed["records"] = explanation.records
    return printed


def text(explanation: Explanation, language: Language, title: str | None = None) -> str:
    """The explanation for people, without any drawing that a screen reader or a log would stumble over."""
    return "\n".join(_lines(explanation, language, title))


def _lines(explanation: Explanation, language: Language, title: str | None) -> Iterator[str]:
    words = _WORDS[language]
    if title:
        yield f"== {title}"
    facts = (explanation.family, explanation.supplier, explanation.meter_id, _instant(explanation.timestamp))
    yield f"{words['message']}: " + ", ".join(fact for fact in facts if fact)
    yield f"{words['integrity']}: crc {explanation.crc}, mac {explanation.mac}"
    yield ""
    yield words["layers"]
    for depth, layer in enumerate(explanation.layers):
        yield from _layer(layer, depth)
    if explanation.readings:
        yield ""
        yield words["readings"]
        printed = [_reading(reading, language) for reading in explanation.readings]
        yield from _table(
            [[row["obis"], row["name"], row["value"], row["unit"], row["at"]] for row in printed]
        )
    elif explanation.records:
        yield ""
        yield words["records"]
        shown = ("value", "unit", "quantity")
        yield from _table([[record.get(column) for column in shown] for record in explanation.records])
    if explanation.findings:
        yield ""
        yield words["findings"]
        for finding in explanation.findings:
            place = "" if finding.offset is None else f" @{finding.offset}"
            line = "" if finding.line is None else f" line {finding.line}"
            yield f"  {finding.severity.value}: {finding.message} [{finding.code}{place}{line}]"


def _layer(layer: Layer, depth: int) -> Iterator[str]:
    yield f"  {'  ' * depth}└ {layer.name} @{layer.offset} +{layer.length}"
    for field, value in layer.fields.items():
        yield f"  {'  ' * depth}    {field}: {_short(value)}"


def _short(value: object) -> str:
    written = f"{value}"
    return written if len(written) <= _WIDEST_FIELD else written[: _WIDEST_FIELD - 1] + "…"


def _table(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Columns as wide as they need; the third is a value and stands to the right."""
    cells = [["" if cell is None else f"{cell}" for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    for row in cells:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _reading(reading: Reading, language: Language) -> Mapping[str, str | None]:
    return {
        "obis": None if reading.obis is None else str(reading.obis),
        "name": None if reading.obis is None else name(reading.obis, language.value),
        "value": f"{reading.value:f}" if isinstance(reading.value, Decimal) else reading.value,
        "unit": reading.unit.symbol,
        "at": _instant(reading.at),
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else iso_local(at)
