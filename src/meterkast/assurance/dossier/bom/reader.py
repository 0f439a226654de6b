"""From CycloneDX to parts. A part holds what is nested in it and what it depends on."""

from datetime import date
from pathlib import Path
from typing import Any

from meterkast.assurance.dossier.bom import notation
from meterkast.assurance.dossier.bom.schema import checked, nested
from meterkast.assurance.dossier.component import Criticality, Part
from meterkast.assurance.dossier.fact import Ref
from meterkast.assurance.dossier.parts import Aspect
from meterkast.model.errors import DataError


def read_cyclonedx(path: Path, component: str | None = None) -> tuple[Part, ...]:
    """The parts of a bill of material; ``component`` is the one they belong to where the file does not say.

    The address of a supplier is where it sits and says nothing of where a part was made: countries are read
    from their own properties and are unknown without them.

    Raises:
        DataError: the file is missing, or is no valid CycloneDX 1.6 or 1.7 (see ``schema.checked``).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError("bom-malformed", "There is no readable file.", where=str(path)) from error
    return read_document(text, path.name, component)


def read_document(text: str, file: str, component: str | None = None) -> tuple[Part, ...]:
    """The same from the text of a file."""
    document = checked(text, file)
    whole = _properties(document.get("metadata", {}).get("component", {})).get(
        notation.COMPONENT, component or ""
    )
    entries = list(nested(document))
    names = {
        id(entry): str(entry.get("bom-ref", f"{file}#{number}"))
        for number, (entry, _) in enumerate(entries, 1)
    }
    holds: dict[str, list[str]] = {name: [] for name in names.values()}
    for entry, holder in entries:
        if holder is not None:
            holds[names[id(holder)]].append(names[id(entry)])
    for dependency in document.get("dependencies", []):
        if dependency["ref"] in holds:
            holds[dependency["ref"]] += dependency.get("dependsOn", [])
    return tuple(
        _part(entry, names[id(entry)], tuple(dict.fromkeys(holds[names[id(entry)]])), whole, file)
        for entry, _ in entries
    )


def _part(entry: dict[str, Any], name: str, contains: tuple[str, ...], component: str, file: str) -> Part:
    told = _properties(entry)
    try:
        return Part(
            id=name,
            component=told.get(notation.COMPONENT, component),
            cls=told.get(notation.CLASS, entry["type"]),
            vendor=told.get(notation.VENDOR),
            party=told.get(notation.PARTY) or _maker(entry),
            name=entry["name"],
            maker_part_number=told.get(notation.MAKER_PART_NUMBER),
            purl=entry.get("purl"),
            version=entry.get("version"),
            quantity=_quantity(told.get(notation.QUANTITY, "1")),
            value_eur=float(told[notation.VALUE_EUR]) if notation.VALUE_EUR in told else None,
            critical=_criticality(told),
            contains=contains,
            ref=Ref.parse(told[notation.REF]) if notation.REF in told else None,
            **{aspect.value: told.get(notation.COUNTRY[aspect]) for aspect in Aspect},
        )
    except (ValueError, LookupError, DataError) as error:
        raise DataError(
            "bom-property-malformed",
            "A property of this part does not say what it should.",
            where=f"{file}: {name}",
        ) from error


def _properties(entry: dict[str, Any]) -> dict[str, str]:
    return {
        told["name"]: told["value"]
        for told in entry.get("properties", [])
        if "name" in told and "value" in told
    }


def _maker(entry: dict[str, Any]) -> str | None:
    """The name of who makes a part; of a foreign document the dossier resolves it."""
    organisation = entry.get("manufacturer") or entry.get("supplier") or {}
    name = organisation.get("name")
    return str(name) if name else None


def _quantity(text: str) -> int:
    quantity = int(text)
    if quantity < 1:
        raise ValueError(text)
    return quantity


def _criticality(told: dict[str, str]) -> Criticality | None:
    if notation.CRITICAL_SINCE not in told:
        return None
    until = told.get(notation.CRITICAL_UNTIL)
    return Criticality(
        since=date.fromisoformat(told[notation.CRITICAL_SINCE]),
        until=date.fromisoformat(until) if until else None,
        decider=told[notation.CRITICAL_DECIDER],
        ref=Ref.parse(told[notation.CRITICAL_REF]),
    )
