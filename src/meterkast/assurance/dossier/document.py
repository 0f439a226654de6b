"""Any record of the dossier as plain values for JSON."""

from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

from meterkast.assurance.dossier.fact import Ref

Json: TypeAlias = Any
"""What the json module writes."""


def as_document(value: object) -> Json:
    """References become ``"S3:38"``, days ISO 8601, exact fractions numbers; unknown stays null."""
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return float(value)
    if is_dataclass(value):
        return {field.name: as_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): as_document(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [as_document(item) for item in value]
    return value
