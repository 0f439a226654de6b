"""What the texts between the brackets say: numbers with units, time stamps, identifiers in hexadecimal."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from meterkast.model.calendar import AMSTERDAM
from meterkast.model.unit import Unit

_NUMBER = re.compile(r"(-?[0-9]{1,20}(?:\.[0-9]{1,20})?)(?:\*(.*))?")
_STAMP = re.compile(r"([0-9]{6})([0-9]{6})([SW]?)")
_OFFSETS = {"S": "+02:00", "W": "+01:00", "": ""}

_UNITS: dict[str, tuple[Unit, str]] = {
    "wh": (Unit.WATT_HOUR, "E0"),
    "kwh": (Unit.WATT_HOUR, "E3"),
    "mwh": (Unit.WATT_HOUR, "E6"),
    "varh": (Unit.VAR_HOUR, "E0"),
    "kvarh": (Unit.VAR_HOUR, "E3"),
    "vah": (Unit.VOLT_AMPERE_HOUR, "E0"),
    "kvah": (Unit.VOLT_AMPERE_HOUR, "E3"),
    "w": (Unit.WATT, "E0"),
    "kw": (Unit.WATT, "E3"),
    "var": (Unit.VAR, "E0"),
    "kvar": (Unit.VAR, "E3"),
    "va": (Unit.VOLT_AMPERE, "E0"),
    "kva": (Unit.VOLT_AMPERE, "E3"),
    "v": (Unit.VOLT, "E0"),
    "a": (Unit.AMPERE, "E0"),
    "hz": (Unit.HERTZ, "E0"),
    "m3": (Unit.CUBIC_METRE, "E0"),
    "dm3": (Unit.CUBIC_METRE, "E-3"),
    "j": (Unit.JOULE, "E0"),
    "mj": (Unit.JOULE, "E6"),
    "gj": (Unit.JOULE, "E9"),
    "s": (Unit.SECOND, "E0"),
}
"""Units as meters print them, in any case of letters: the unit, and the power of ten to it for Decimal."""


def number(text: str, unit: str | None = None) -> tuple[Decimal, Unit] | None:
    """``000004.426*kWh`` as 4426 Wh, exactly; a number without a unit is plain. None where it is no number.

    Args:
        text: what stands between the brackets.
        unit: the unit where the telegram names it elsewhere, as DSMR 2 and 3 do for gas.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    digits, printed = match[1], match[2] if match[2] is not None else unit
    if printed is None:
        return Decimal(digits), Unit.NONE
    known = _UNITS.get(printed.strip().lower())
    return None if known is None else (Decimal(digits + known[1]), known[0])


def instant(text: str) -> int | None:
    """``YYMMDDhhmmssX`` as Unix seconds: X is S in summer time, W in winter time.

    Without the letter (DSMR 2 and 3) the time is that of the Netherlands, and the doubled hour in October its
    first one. None where it is no date.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    day, time, season = match.groups()
    try:
        local = datetime.fromisoformat(f"20{day}T{time}{_OFFSETS[season]}")
    except ValueError:
        return None
    return int((local if season else local.replace(tzinfo=AMSTERDAM)).timestamp())


def stamp(at: int) -> str:
    """The instant as a P1 time stamp of the Netherlands: ``170102192002W``."""
    local = datetime.fromtimestamp(at, UTC).astimezone(AMSTERDAM)
    return local.strftime("%y%m%d%H%M%S") + ("S" if local.dst() else "W")


def identifier(text: str) -> str:
    """An identifier: hexadecimal for printable characters is opened, anything else stands as it is."""
    try:
        opened = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return text
    return opened if opened and opened.isprintable() else text


def hexadecimal(text: str) -> str:
    """A text as P1 writes identifiers and messages: two hexadecimal digits for each character."""
    return text.encode("ascii").hex().upper()
