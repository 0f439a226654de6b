"""From a TOML table to a record: the dataclass is the schema, and every fault is named by file and field.

Field names are written with hyphens. A reference is written ``"S3:38"``, a country as two capitals. Fields
that the class does not know, values of another type and missing fields are refused.
"""

import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from meterkast.assurance.dossier.fact import Fact, Ref
from meterkast.model.errors import DataError

_MAX_CHARACTERS = 16 << 20

R = TypeVar("R")
Annotation: TypeAlias = Any
"""What stands behind the colon of a field."""
Value: TypeAlias = Any
"""A value of the type that an annotation asks for."""


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """The table of a file.

    Raises:
        DataError: ``dossier-toml-malformed``; the text is too long, or is no TOML.
    """
    if len(text) > _MAX_CHARACTERS:
        raise DataError("dossier-toml-malformed", f"More than {_MAX_CHARACTERS} characters.", where=file)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataError("dossier-toml-malformed", "This is no TOML.", where=f"{file}: {error}") from error


def read_record(cls: type[R], table: object, where: str) -> R:
    """Makes a record of a table; ``where`` is the file and the place in it.

    Raises:
        DataError: ``dossier-field-malformed``, ``-missing`` or ``-unknown``, with file and field.
    """
    if not isinstance(table, Mapping):
        _refuse(where, "a table")
    known = _schema(cls)
    for key in table:
        if key not in known:
            raise DataError(
                "dossier-field-unknown",
                f"There is no field {key!r} here.",
                where=where,
                hint=f"Fields: {', '.join(known)}.",
            )
    arguments = {}
    for key, (name, hint, required) in known.items():
        if key in table:
            arguments[name] = _read(hint, table[key], f"{where}.{key}")
        elif required:
            raise DataError("dossier-field-missing", f"The field {key!r} is missing.", where=where)
    return cls(**arguments)


def _schema(cls: type) -> dict[str, tuple[str, Any, bool]]:
    hints = get_type_hints(cls)
    return {
        field.name.replace("_", "-"): (
            field.name,
            hints[field.name],
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(cls)
    }


def read_fact(table: object, where: str) -> Fact[Any]:
    """Makes a fact whose value may be of any type; its errors are those of ``read_record``."""
    return _fact(Any, table, where)


def _read(hint: Annotation, value: object, where: str) -> Value:
    origin: object = get_origin(hint)
    arguments = get_args(hint)
    if origin is Union or origin is types.UnionType:
        return _union(arguments, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            _refuse(where, "a list")
        return tuple(_read(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, Mapping):
            _refuse(where, "a table")
        return {key: _read(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is Fact:
        return _fact(arguments[0], value, where)
    if hint is Ref:
        return _ref(value, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return read_record(hint, value, where)
    return _scalar(hint, value, where)


def _union(hints: tuple[Annotation, ...], value: object, where: str) -> Value:
    faults = []
    for hint in hints:
        if hint is not types.NoneType:
            try:
                return _read(hint, value, where)
            except DataError as error:
                faults.append(error)
    raise faults[0]


def _fact(hint: Annotation, table: object, where: str) -> Fact[Any]:
    """A fact is a table; one without ``value`` records that the source does not say."""
    if not isinstance(table, Mapping):
        _refuse(where, 'a fact, { value = …, ref = "S3:38" }')
    if "value" not in table and types.NoneType not in get_args(hint) and hint is not Any:
        raise DataError("dossier-field-missing", "The field 'value' is missing.", where=where)
    value = _read(hint, table["value"], f"{where}.value") if "value" in table else None
    bare = read_record(Fact, {"value": None, **{key: table[key] for key in table if key != "value"}}, where)
    return Fact(value=value, ref=bare.ref, date=bare.date, confidence=bare.confidence, quote=bare.quote)


def _ref(value: object, where: str) -> Ref:
    if not isinstance(value, str):
        _refuse(where, 'a reference, "S3:38"')
    try:
        return Ref.parse(value)
    except DataError as error:
        raise DataError(error.code, error.message, where=where, hint=error.hint) from error


def _scalar(hint: Annotation, value: object, where: str) -> Value:
    if isinstance(hint, TypeVar) or hint is Any:
        return tuple(value) if isinstance(value, list) else value
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if not isinstance(value, str) or value not in tuple(hint):
            _refuse(where, f"one of {', '.join(hint)}")
        return hint(value)
    if hint is float and type(value) is int:
        return float(value)
    # A bool is an int and a datetime is a date, to Python; to a reviewer they are not.
    if type(value) is not hint or isinstance(value, datetime):
        _refuse(where, _WORDS.get(hint, str(hint)))
    return value


_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", date: "a day"}


def _refuse(where: str, wanted: str) -> NoReturn:
    raise DataError("dossier-field-malformed", f"Here belongs {wanted}.", where=where)
