"""How a vendor builds its module: the profiles are data files, and no code asks who the vendor is."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from meterkast.model.errors import DataError, MeterkastError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Kind
from meterkast.protocols.cosem.profile import Encoding
from meterkast.protocols.hdlc import Address, Parameters

VENDORS = ("KFM", "SAG")
_UNITS = {unit.symbol: unit for unit in Unit}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEntry:
    """One object of the module.

    Attributes:
        name: its logical name.
        class_id: its interface class.
        shows: what it shows: a word of ``objects.Showing``.
        kind: type of its value on the wire; NULL for classes that choose for themselves.
        scaler: the value on the wire times ten to this power is in ``unit``.
        unit: physical unit.
        phase: the phase it belongs to, absent from a module with fewer; 0 for all modules.
    """

    name: Obis
    class_id: int
    shows: str
    kind: Kind
    scaler: int
    unit: Unit
    phase: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorProfile:
    """What makes one vendor's module differ from another's.

    Attributes:
        manufacturer: FLAG code, the first three letters of every name.
        model: type designation.
        firmware: version of the firmware.
        address: HDLC address of the module.
        max_information: largest HDLC information field, octets.
        encoding: how profile buffers are written.
        objects: the object list, in the order in which the module tells it.
    """

    manufacturer: str
    model: str
    firmware: str
    address: Address
    max_information: int
    encoding: Encoding
    objects: tuple[ObjectEntry, ...]

    @classmethod
    def load(cls, vendor: str) -> "VendorProfile":
        """The profile of a vendor, by FLAG code in capitals or not.

        Raises:
            DataError: ``module-vendor-unknown``.
        """
        if vendor.upper() not in VENDORS:
            raise DataError(
                "module-vendor-unknown",
                f"There is no module of {vendor!r}.",
                hint=f"Choose one of {', '.join(VENDORS)}.",
            )
        file = files("meterkast.module") / "profiles" / f"{vendor.lower()}.toml"
        return cls.parse(file.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> "VendorProfile":
        """Reads the text of a profile.

        Raises:
            DataError: ``module-profile-malformed``.
        """
        try:
            document = tomllib.loads(text)
            hdlc = document["hdlc"]
            return cls(
                manufacturer=document["manufacturer"],
                model=document["model"],
                firmware=document["firmware"],
                address=Address(hdlc["upper"], hdlc["lower"], hdlc["octets"]),
                max_information=Parameters(receive=hdlc["max-information"]).receive,
                encoding=Encoding(document["buffer-encoding"]),
                objects=tuple(_entry(table) for table in document["object"]),
            )
        except (tomllib.TOMLDecodeError, LookupError, TypeError, ValueError, MeterkastError) as error:
            raise DataError(
                "module-profile-malformed", "The vendor profile is malformed.", where=str(error)
            ) from error


def _entry(table: Mapping[str, Any]) -> ObjectEntry:
    return ObjectEntry(
        name=Obis.parse(table["name"]),
        class_id=table["class"],
        shows=table["shows"],
        kind=Kind[table.get("kind", "null").upper().replace("-", "_")],
        scaler=table.get("scaler", 0),
        unit=_UNITS[table.get("unit", "")],
        phase=table.get("phase", 0),
    )
