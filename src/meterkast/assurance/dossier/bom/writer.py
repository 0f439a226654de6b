"""From the parts of a dossier to CycloneDX: flat components, and ``dependencies`` for what holds what."""

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from meterkast.assurance.dossier.bom import notation
from meterkast.assurance.dossier.bom.schema import checked
from meterkast.assurance.dossier.component import Part
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.parts import Aspect
from meterkast.model.errors import LocalError


def write_cyclonedx(dossier: Dossier, version: str = "1.6", component: str | None = None) -> str:
    """The bill of material of one component, or of all, as JSON; the same dossier gives the same text.

    Raises:
        LocalError: ``bom-version-unsupported``.
        DataError: the parts do not make a valid document: an id twice, a contained part that does not exist.
    """
    if version not in notation.VERSIONS:
        raise LocalError(
            "bom-version-unsupported",
            f"CycloneDX {version!r} is not written.",
            hint=f"Choose {' or '.join(notation.VERSIONS)}.",
        )
    parts = [part for part in dossier.parts if component is None or component == part.component]
    parties = {party.id: party.name() for party in dossier.parties}
    root = component or dossier.head.id
    body: dict[str, Any] = {
        "metadata": {"component": {"type": "device", "bom-ref": f"dossier:{root}", "name": root}},
        "components": [_component(part, parties) for part in parts],
        "dependencies": [
            {"ref": part.id, "dependsOn": list(part.contains)} for part in parts if part.contains
        ],
    }
    serial = uuid5(NAMESPACE_URL, json.dumps(body, sort_keys=True))
    opening = {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
    }
    text = json.dumps({**opening, **body}, indent=2, ensure_ascii=False)
    checked(text, "bill of material")
    return text


def _component(part: Part, parties: dict[str, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": notation.type_of(part),
        "bom-ref": part.id,
        "name": part.name or part.cls,
        "version": part.version,
        "purl": part.purl,
        "manufacturer": {"name": parties.get(part.party, part.party)} if part.party else None,
        "properties": [{"name": name, "value": value} for name, value in _properties(part).items()],
    }
    return {name: value for name, value in entry.items() if value is not None}


def _properties(part: Part) -> dict[str, str]:
    critical = part.critical
    told = {
        notation.COMPONENT: part.component,
        notation.CLASS: part.cls,
        notation.VENDOR: part.vendor,
        notation.PARTY: part.party,
        notation.MAKER_PART_NUMBER: part.maker_part_number,
        notation.QUANTITY: str(part.quantity),
        notation.VALUE_EUR: None if part.value_eur is None else repr(part.value_eur),
        **{notation.COUNTRY[aspect]: aspect.of(part) for aspect in Aspect},
        notation.CRITICAL_SINCE: critical.since.isoformat() if critical else None,
        notation.CRITICAL_UNTIL: critical.until.isoformat() if critical and critical.until else None,
        notation.CRITICAL_DECIDER: critical.decider if critical else None,
        notation.CRITICAL_REF: str(critical.ref) if critical else None,
        notation.REF: str(part.ref) if part.ref else None,
    }
    return {name: value for name, value in told.items() if value is not None}
