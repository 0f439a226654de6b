"""JSON from strangers: one object, its depth bounded before the parser sees it, every name in it once."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NoReturn

Json = None | bool | int | Decimal | str | Sequence["Json"] | Mapping[str, "Json"]

_DIGITS = 20
_OPENING, _CLOSING, _QUOTE, _ESCAPE = b"[{", b"]}", ord('"'), ord("\\")


def whole_only(text: str) -> NoReturn:
    """For where a number with a fraction means nothing."""
    raise ValueError(f"{text[:_DIGITS]} is no integer of 64 bits")


def fraction(text: str) -> Decimal:
    """A number with a fraction, exact; at most twenty digits and no exponent."""
    if len(text) > _DIGITS or not text.lstrip("-").replace(".", "", 1).isdigit():
        raise ValueError(f"{text[:_DIGITS]} is no plain decimal number")
    return Decimal(text)


def read_object(
    octets: bytes, *, depth: int, fractions: Callable[[str], Decimal] = whole_only
) -> dict[str, Json]:
    """The JSON object that these octets are; integers have at most 64 bits.

    Args:
        octets: bounded by the caller.
        depth: the deepest nesting of brackets.
        fractions: reads numbers with a fraction.

    Raises:
        ValueError: they are something else.
    """
    if _depth(octets, depth) > depth:
        raise ValueError("it is nested too deeply")
    document = json.loads(
        octets.decode("utf-8"),
        parse_float=fractions,
        parse_constant=whole_only,
        parse_int=_integer,
        object_pairs_hook=_pairs,
    )
    if not isinstance(document, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 — the octets are at fault, not the caller
    return document


def _depth(octets: bytes, enough: int) -> int:
    """The deepest nesting of brackets outside strings; their number bounds it and mostly settles it."""
    brackets = len(octets) - len(octets.translate(None, _OPENING))
    if brackets <= enough:
        return brackets
    depth = deepest = 0
    inside = escaped = False
    for octet in octets:
        if inside:
            inside = escaped or octet != _QUOTE
            escaped = not escaped and octet == _ESCAPE
        elif octet == _QUOTE:
            inside = True
        elif octet in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif octet in _CLOSING:
            depth -= 1
    return deepest


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) <= _DIGITS else 1 << 64
    return number if -(1 << 63) <= number < 1 << 64 else whole_only(digits)


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name stands twice")
    return document
