"""The object list of an association: what a meter says it has (Blue Book 4.4.3, 4.4.4)."""

from dataclasses import dataclass

from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedObject:
    """One object; rights are left aside, as meters write them in three ways and reading tells anyway."""

    class_id: int
    version: int
    logical_name: Obis


def decode_object_list(data: Data) -> tuple[ListedObject, ...]:
    """Attribute 2 of an association by logical name.

    Raises:
        PeerError: ``object-list-malformed``.
    """
    if data.kind is not Kind.ARRAY:
        raise _malformed()
    return tuple(_listed(item) for item in data.items)


def _listed(item: Data) -> ListedObject:
    match [each.value for each in item.items]:
        case [int(class_id), int(version), bytes(name), *_] if len(name) == 6:
            return ListedObject(class_id=class_id, version=version, logical_name=Obis.from_bytes(name))
    raise _malformed()


def _malformed() -> PeerError:
    return PeerError("object-list-malformed", "The object list of the association is malformed.")
