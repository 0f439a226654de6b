"""Base names: the numbers by which old meters know their objects (Blue Book 4.1.3, 4.4.3).

An object has its base name as the name of its first attribute; each attribute behind it is eight further on.
The list of all objects is attribute 2 of the association, which always has the same base name.
"""

from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import LocalError, PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, Kind, array, long, long_unsigned, octets, structure, unsigned
from meterkast.protocols.dlms.apdu import ParameterizedAccess, Selection, VariableAccess, VariableName
from meterkast.protocols.dlms.apdu.selection import selector_of

ASSOCIATION: Final = 0xFA00
_OBJECT_LIST: Final = 2
_STEP: Final = 8
_NAMES: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedObject:
    """One object of the list.

    Attributes:
        base_name: number of its first attribute, 0 to 65,535.
        class_id: interface class.
        version: of that class.
        logical_name: its logical name.
    """

    base_name: int
    class_id: int
    version: int
    logical_name: Obis

    def attribute(self, number: int, selection: Selection | None = None) -> VariableAccess:
        """An attribute of it, or part of one, as READ asks for it.

        Raises:
            LocalError: ``base-name`` where no such name exists.
        """
        name = attribute_name(self.base_name, number)
        if selection is None:
            return VariableName(name)
        return ParameterizedAccess(name, *selector_of(selection))


OBJECT_LIST: Final = VariableName(ASSOCIATION + _STEP * (_OBJECT_LIST - 1))
"""What READ asks for to find out what there is."""


def attribute_name(base_name: int, number: int) -> int:
    """The name of an attribute, counted from 1.

    Raises:
        LocalError: ``base-name`` where no such name exists.
    """
    name = base_name + _STEP * (number - 1)
    if number < 1 or not 0 <= name < _NAMES:
        raise LocalError("base-name", "A short name has 16 bits, and attributes count from 1.")
    return name


def decode_base_names(data: Data) -> tuple[NamedObject, ...]:
    """The object list of an association by short names (class 12, attribute 2).

    Raises:
        PeerError: ``base-names-malformed``.
    """
    if data.kind not in (Kind.ARRAY, Kind.COMPACT_ARRAY):
        raise _malformed()
    return tuple([_named(item) for item in data.items])


def encode_base_names(objects: tuple[NamedObject, ...]) -> Data:
    """The same as a data value; base names are signed there, and read as unsigned."""
    return array(
        structure(
            (
                long(each.base_name - (_NAMES if each.base_name >= _NAMES // 2 else 0)),
                long_unsigned(each.class_id),
                unsigned(each.version),
                octets(each.logical_name.to_bytes()),
            )
        )
        for each in objects
    )


def _named(item: Data) -> NamedObject:
    match [each.value for each in item.items]:
        case [int(base), int(class_id), int(version), bytes(name)] if len(name) == 6 and abs(base) < _NAMES:
            return NamedObject(
                base_name=base % _NAMES,
                class_id=class_id,
                version=version,
                logical_name=Obis.from_bytes(name),
            )
    raise _malformed()


def _malformed() -> PeerError:
    return PeerError("base-names-malformed", "The object list of the association is malformed.")
