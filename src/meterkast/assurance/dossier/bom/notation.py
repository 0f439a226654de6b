"""How a part is written in CycloneDX, which knows a ``device`` and leaves the rest to named properties."""

from meterkast.assurance.dossier.component import Part
from meterkast.assurance.dossier.parts import Aspect

VERSIONS = ("1.6", "1.7")

COMPONENT = "meterkast:component"
CLASS = "meterkast:class"
VENDOR = "meterkast:vendor"
PARTY = "meterkast:party"
MAKER_PART_NUMBER = "meterkast:maker-part-number"
VALUE_EUR = "meterkast:value-eur"
REF = "meterkast:ref"
CRITICAL_SINCE = "meterkast:critical:since"
CRITICAL_UNTIL = "meterkast:critical:until"
CRITICAL_DECIDER = "meterkast:critical:decider"
CRITICAL_REF = "meterkast:critical:ref"
QUANTITY = "cdx:device:quantity"
"""The name of CycloneDX's own property taxonomy."""

COUNTRY = {aspect: f"meterkast:country:{aspect}" for aspect in Aspect}

_TYPES = {"firmware": "firmware", "application": "application", "operating-system": "operating-system"}


def type_of(part: Part) -> str:
    """The component type of CycloneDX for a part: software by its class or package URL, all else a device."""
    return _TYPES.get(part.cls, "library" if part.purl else "device")
