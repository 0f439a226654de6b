"""The strict schema of CycloneDX, as its own library brings it, checked in time that grows with the document.

Two keywords are answered in another way. ``uniqueItems`` compares by canonical text, not each with each.
``$ref`` remembers which small objects, such as a property that stands on every part, have passed at that very
place of the schema.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from meterkast.model.errors import LocalError

_REMEMBERED = 50_000
_SMALL = 4

Validator: TypeAlias = Any
"""A validator of jsonschema, which comes without types."""
Keyword: TypeAlias = Callable[[Validator, object, object, Mapping[str, object]], Iterator[Any]]


@cache
def strict(version: str) -> Validator:
    """The validator of a version, ``1.6`` or ``1.7``; made once.

    Raises:
        LocalError: ``bom-extra-missing`` where the library is not installed.
    """
    try:
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
        from jsonschema.validators import extend  # type: ignore[import-untyped]
    except ImportError as error:
        raise LocalError(
            "bom-extra-missing",
            "CycloneDX needs its library, which is not installed.",
            hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[bom]'",
        ) from error

    plain = JsonStrictValidator(SchemaVersion.from_version(version))._validator
    keywords = {"uniqueItems": _unique_items, "$ref": _remembering(plain.VALIDATORS["$ref"])}
    quick = extend(type(plain), keywords)
    return quick(schema=plain.schema, registry=plain._registry, format_checker=plain.format_checker)


def _unique_items(
    _validator: Validator, wanted: object, instance: object, _schema: Mapping[str, object]
) -> Iterator[Any]:
    from jsonschema import ValidationError  # type: ignore[import-untyped]

    if not wanted or not isinstance(instance, list):
        return
    if len({json.dumps(item, sort_keys=True) for item in instance}) < len(instance):
        yield ValidationError("an item stands here twice")


def _remembering(follow: Keyword) -> Keyword:
    """``$ref`` with a memory for small objects of text; only what passed is remembered."""
    passed: set[tuple[int, tuple[tuple[str, str], ...]]] = set()

    def ref(
        validator: Validator, reference: object, instance: object, schema: Mapping[str, object]
    ) -> Iterator[Any]:
        if not isinstance(instance, dict) or len(instance) > _SMALL or not _all_text(instance):
            yield from follow(validator, reference, instance, schema)
            return
        # The place in the schema is the object itself, which lives as long as its validator.
        key = (id(schema), tuple(instance.items()))
        if key in passed:
            return
        faults = list(follow(validator, reference, instance, schema))
        yield from faults
        if not faults and len(passed) < _REMEMBERED:
            passed.add(key)

    return ref


def _all_text(table: Mapping[str, object]) -> bool:
    return all(type(value) is str for value in table.values())
