"""Names that a meter chose, made harmless where they become parts of topics, labels and lines.

A meter's own name may hold anything; two names never become one.
"""

from hashlib import sha256

from meterkast.model.obis import Obis

_LONGEST = 64
_DIGEST = 16


def slug(name: str) -> str:
    """The name in letters, digits and underscores: any other character as its number between underscores.

    What would be longer than 64 is cut and ends in a piece of its hash.
    """
    written = "".join(each if each.isascii() and each.isalnum() else f"_{ord(each):x}_" for each in name)
    if len(written) <= _LONGEST:
        return written
    return (
        written[: _LONGEST - _DIGEST - 1]
        + "_"
        + sha256(name.encode("utf-8", "replace")).hexdigest()[:_DIGEST]
    )


def obis_slug(obis: Obis) -> str:
    """``1-0:1.8.1`` as ``1_0_1_8_1``."""
    groups = (obis.a, obis.b, obis.c, obis.d, obis.e, obis.f)
    return "_".join(map(str, groups if obis.f != 255 else groups[:-1]))
