"""The telegrams of different countries and years: recognised by what they hold, and written.

The facts stand in ``variants.toml``, with their sources.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

from meterkast.model.errors import LocalError
from meterkast.protocols.p1.formats import Format
from meterkast.protocols.p1.telegram import Telegram, emit
from meterkast.protocols.p1.values import hexadecimal, stamp

Value: TypeAlias = Decimal | int | str | tuple[int, Decimal | int]
"""A number in its base unit, a text, an instant (Unix seconds), or a number with its instant in front."""

_CHANNELS = range(1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one object is written: ``kind`` is ``number``, ``stamped``, ``described`` or a kind of text."""

    kind: str
    number: Format

    def lines(self, code: str, value: Value) -> Iterator[tuple[str, Sequence[str]]]:
        """The object as code and texts; a described one continues on a second line."""
        match self.kind, value:
            case "text", str(text):
                yield code, (text,)
            case "hexadecimal", str(text):
                yield code, (hexadecimal(text),)
            case "instant", int(at):
                yield code, (stamp(at),)
            case "number", Decimal() | int():
                yield code, (self.number.text(value),)
            case "stamped", (at, measured):
                yield code, (stamp(at), self.number.text(measured))
            case "described", (at, measured):
                # Stamp, status, minutes between values, how many, code and unit; then the value.
                digits, _, unit = self.number.text(measured).partition("*")
                register = code.replace(":24.3.0", ":24.2.1")
                yield code, (stamp(at)[:-1], "00", "60", "1", register, unit)
                yield "", (digits,)
            case _:
                raise LocalError("p1-value-kind", f"The object {code} takes another kind of value.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One kind of telegram.

    Attributes:
        name: stable name, ``dsmr-5``.
        title: what people call it.
        signs: codes that must all be there, each with how its first value begins.
        lines: what is printed, in this order; ``-n:`` stands for a channel.
        checked: it ends with a CRC.
        rates_swapped: rate 1 is the normal one and rate 2 the low one, as in Belgium.
    """

    name: str
    title: str
    signs: Sequence[tuple[str, str]]
    lines: Mapping[str, Form]
    checked: bool = True
    rates_swapped: bool = False

    def codes(self) -> list[str]:
        """Every code that can be written, channels counted out."""
        return list(self._counted_out())

    def emit(self, ident: str, values: Mapping[str, Value]) -> bytes:
        """The telegram with these values; what is not given is left out.

        Raises:
            LocalError: ``p1-code-unknown``, ``p1-value-kind``, ``p1-value-range`` or ``p1-text-unwritable``.
        """
        forms = self._counted_out()
        unknown = values.keys() - forms.keys()
        if unknown:
            raise LocalError("p1-code-unknown", f"{self.title} has no object {min(unknown)}.")
        objects = (
            line for code, form in forms.items() if code in values for line in form.lines(code, values[code])
        )
        return emit(ident, objects, checked=self.checked)

    def _counted_out(self) -> dict[str, Form]:
        """The lines of the meter itself, then those of each channel together."""
        own = {code: form for code, form in self.lines.items() if "-n:" not in code}
        behind = self.lines.keys() - own.keys()
        each = [(code, form) for code, form in self.lines.items() if code in behind]
        return own | {code.replace("-n:", f"-{n}:"): form for n in _CHANNELS for code, form in each}


def recognise(telegram: Telegram) -> Variant | None:
    """Which kind of telegram it is; None where it has the signs of none."""
    texts = {found.code.removesuffix("*255"): found.values[0] for found in reversed(telegram.objects)}
    return next((each for each in variants() if _fits(each.signs, texts)), None)


def _fits(signs: Iterable[tuple[str, str]], texts: Mapping[str, str]) -> bool:
    return all(code in texts and texts[code].startswith(begin) for code, begin in signs)


@cache
def variants() -> tuple[Variant, ...]:
    """All kinds, in the order in which they are tried."""
    facts = tomllib.loads(resources.files(__package__).joinpath("variants.toml").read_text("utf-8"))
    forms = {name: _form(**fact) for name, fact in facts["form"].items()}
    return tuple(_variant(name, forms, **fact) for name, fact in facts["variant"].items())


def variant(name: str) -> Variant:
    """The kind with this name.

    Raises:
        LocalError: ``p1-variant-unknown``.
    """
    for each in variants():
        if each.name == name:
            return each
    raise LocalError("p1-variant-unknown", f"No P1 telegram is called {name!r}.")


def _form(kind: str = "number", width: int = 0, **number: Any) -> Form:  # noqa: ANN401
    return Form(kind=kind, number=Format(width=width, **number))


def _variant(
    name: str,
    forms: Mapping[str, Form],
    *,
    lines: Sequence[str],
    signs: Sequence[str],
    **rest: Any,  # noqa: ANN401
) -> Variant:
    split = [line.split() for line in lines]
    begins = [sign.partition("=") for sign in signs]
    return Variant(
        name=name,
        lines={code: forms[form] for code, form in split},
        signs=[(code, begin) for code, _, begin in begins],
        **rest,
    )
