"""The value information block: the field (VIF) that says what is measured, and its extensions (VIFE)."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from meterkast.protocols.mbus.quantities import (
    DURATION_QUALIFIERS,
    EXTENSION_FB,
    EXTENSION_FD,
    INSTANT_QUALIFIERS,
    MANUFACTURER_SPECIFIC,
    PRIMARY,
    QUALIFIERS,
    RESERVED,
    Form,
    Meaning,
    Table,
)

EXTENDED = 0x80
PLAIN_TEXT = 0x7C
MANUFACTURER = 0x7F
_EXTENSIONS: dict[int, Table] = {0xFB: EXTENSION_FB, 0xFD: EXTENSION_FD}
_THOUSAND = 0x7D


@lru_cache(maxsize=1024)
def meaning(vib: bytes, text: str | None = None) -> Meaning:
    """What a block of field and extensions means; codes that no table knows are ``reserved``.

    Args:
        vib: VIF and VIFEs as they stand, without the characters of a plain-text VIF.
        text: the unit that a plain-text VIF spells out.
    """
    table = _EXTENSIONS.get(vib[0])
    if table is not None and len(vib) > 1:
        found, extensions = table.get(vib[1] & ~EXTENDED, RESERVED), vib[2:]
    elif vib[0] & ~EXTENDED == PLAIN_TEXT:
        found, extensions = Meaning(quantity=text or "", unit=text or ""), vib[1:]
    else:
        found, extensions = PRIMARY.get(vib[0] & ~EXTENDED, RESERVED), vib[1:]
    if found is MANUFACTURER_SPECIFIC:
        return found
    for extension in extensions:
        code = extension & ~EXTENDED
        found = _extended(found, code)
        if code == MANUFACTURER:
            break
    return found


def _extended(found: Meaning, code: int) -> Meaning:
    if 0x70 <= code <= 0x77:
        return replace(found, factor=found.factor.scaleb((code & 0x07) - 6))
    if 0x78 <= code <= 0x7B:
        return replace(found, offset=found.offset + Decimal(1).scaleb((code & 0x03) - 3))
    if code == _THOUSAND:
        return replace(found, factor=found.factor.scaleb(3))
    if code in DURATION_QUALIFIERS:
        name, seconds = DURATION_QUALIFIERS[code]
        return replace(
            found, unit="s", factor=Decimal(seconds), form=Form.NUMBER, qualifiers=(*found.qualifiers, name)
        )
    if code in INSTANT_QUALIFIERS:
        return replace(found, form=Form.TIME, qualifiers=(*found.qualifiers, INSTANT_QUALIFIERS[code]))
    return replace(found, qualifiers=(*found.qualifiers, QUALIFIERS.get(code, f"qualifier {code:02X}")))
