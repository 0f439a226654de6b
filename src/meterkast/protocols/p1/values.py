"""What the texts between the brackets say: numbers with units, time stamps, identifiers in hexadecimal."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from meterkast.model.calendar import AMSTERDAM
from meterkast.model.unit import Unit

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_STAMP = re.compile(r"([0-9]{12})([SW]?)")
_OFFSETS = {"S": timezone(timedelta(hours=2)), "W": timezone(timedelta(hours=1)), "": AMSTERDAM}

_UNITS: dict[str, tuple[Unit, int]] = {
    "wh": (Unit.WATT_HOUR, 0),
    "kwh": (Unit.WATT_HOUR, 3),
    "mwh": (Unit.WATT_HOUR, 6),
    "varh": (Unit.VAR_HOUR, 0),
    "kvarh": (Unit.VAR_HOUR, 3),
    "vah": (Unit.VOLT_AMPERE_HOUR, 0),
    "kvah": (Unit.VOLT_AMPERE_HOUR, 3),
    "w": (Unit.WATT, 0),
    "kw": (Unit.WATT, 3),
    "var": (Unit.VAR, 0),
    "kvar": (Unit.VAR, 3),
    "va": (Unit.VOLT_AMPERE, 0),
    "kva": (Unit.VOLT_AMPERE, 3),
    "v": (Unit.VOLT, 0),
    "a": (Unit.AMPERE, 0),
    "hz": (Unit.HERTZ, 0),
    "m3": (Unit.CUBIC_METRE, 0),
    "dm3": (Unit.CUBIC_METRE, -3),
    "j": (Unit.JOULE, 0),
    "mj": (Unit.JOULE, 6),
    "gj": (Unit.JOULE, 9),
    "s": (Unit.SECOND, 0),
}
"""Units as meters print them, in any case of letters: the unit and the power of ten to it."""


def number(text: str, unit: str | None = None) -> tuple[Decimal, Unit] | None:
    """``000004.426*kWh`` as 4426 Wh, exactly; a number without a unit is plain. None where it is no number.

    Args:
        text: what stands between the brackets.
        unit: the unit where the telegram names it elsewhere, as DSMR 2 and 3 do for gas.
    """
    digits, star, printed = text.partition("*")
    if _NUMBER.fullmatch(digits) is None:
        return None
    if not star and unit is None:
        return Decimal(digits), Unit.NONE
    known = _UNITS.get((printed if star else unit or "").strip().lower())
    return None if known is None else (Decimal(digits).scaleb(known[1]), known[0])


def instant(text: str) -> int | None:
    """``YYMMDDhhmmssX`` as Unix seconds: X is S in summer time, W in winter time.

    Without the letter (DSMR 2 and 3) the time is that of the Netherlands, and the doubled hour in October its
    first one. None where it is no date.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        return None
    digits = match[1]
    year, month, day, hour, minute, second = (int(digits[place : place + 2]) for place in range(0, 12, 2))
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=_OFFSETS[match[2]])
    except ValueError:
        return None
    return int(local.timestamp())


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
