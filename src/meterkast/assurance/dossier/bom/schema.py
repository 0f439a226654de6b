"""What a document must be before it is believed: JSON, by the strict schema, with references that resolve."""

import json
from collections.abc import Iterator
from typing import Any

from meterkast.assurance.dossier.bom.notation import VERSIONS
from meterkast.assurance.dossier.bom.strict import strict
from meterkast.model.errors import DataError

_MAX_CHARACTERS = 256 << 20


def checked(text: str, file: str) -> dict[str, Any]:
    """The document, if it is valid CycloneDX 1.6 or 1.7.

    Raises:
        DataError: ``bom-malformed`` (no JSON), ``bom-version-unsupported``, ``bom-invalid`` (refused by the
            schema), ``bom-reference-twice`` or ``bom-reference-dangling``, which no schema sees.
    """
    document = _parsed(text, file)
    version = document.get("specVersion")
    if version not in VERSIONS:
        raise DataError(
            "bom-version-unsupported",
            f"The version of CycloneDX is {str(version)[:16]!r}.",
            where=f"{file}: specVersion",
            hint=f"Write {' or '.join(VERSIONS)}.",
        )
    _validate(document, version, file)
    _references(document, file)
    return document


def nested(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Every component at any depth with the component that holds it."""
    waiting: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
        (component, None) for component in document.get("components", [])
    ]
    for component, holder in waiting:
        yield component, holder
        waiting.extend((inner, component) for inner in component.get("components", []))


def _parsed(text: str, file: str) -> dict[str, Any]:
    if len(text) > _MAX_CHARACTERS:
        raise DataError("bom-malformed", f"More than {_MAX_CHARACTERS} characters.", where=file)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError("bom-malformed", "This is no JSON.", where=file) from error
    if not isinstance(document, dict):
        raise DataError("bom-malformed", "A bill of material is a JSON object.", where=file)
    return document


def _validate(document: dict[str, Any], version: str, file: str) -> None:
    try:
        fault = next(strict(version).iter_errors(document), None)
    except RecursionError as error:
        raise DataError("bom-invalid", "The document is nested too deeply.", where=file) from error
    if fault is not None:
        path = "/".join(str(step) for step in fault.absolute_path)
        raise DataError(
            "bom-invalid",
            f"The schema of CycloneDX {version} refuses it: {fault.message[:120]}",
            where=f"{file}: {path}" if path else file,
        )


def _references(document: dict[str, Any], file: str) -> None:
    known = set()
    for component, _ in nested(document):
        reference = component.get("bom-ref")
        if reference in known:
            raise DataError(
                "bom-reference-twice", f"{reference!r} names two parts.", where=f"{file}: components.bom-ref"
            )
        if reference is not None:
            known.add(reference)
    root = document.get("metadata", {}).get("component", {}).get("bom-ref")
    known |= {service["bom-ref"] for service in document.get("services", []) if "bom-ref" in service}
    for dependency in document.get("dependencies", []):
        for reference in (
            dependency["ref"],
            *dependency.get("dependsOn", []),
            *dependency.get("provides", []),
        ):
            if reference not in known and reference != root:
                raise DataError(
                    "bom-reference-dangling",
                    f"There is no part {reference!r}.",
                    where=f"{file}: dependencies",
                )
