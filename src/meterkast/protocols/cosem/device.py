"""A logical device: the objects behind one server."""

from collections.abc import Iterable

from meterkast.model.errors import LocalError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import octets
from meterkast.protocols.cosem.objects import AssociationLn, CosemObject, DataObject, SapAssignment

DEVICE_NAME = Obis(0, 0, 42, 0, 0)

_DISCONNECT_CONTROL = 70


class LogicalDevice:
    """Holds objects and finds them. The three that every device must have (its name, the association, the
    SAP assignment; Blue Book 4.1.7) are added here.

    Args:
        name: the logical device name, for example ``KFM5000000000017``, at most 16 characters.
        objects: everything else.

    Raises:
        LocalError: ``device-name-malformed``, ``device-object-twice`` where two objects have the same class
            and name, or ``device-object-switch`` for a disconnect control, which no server of ours can hold.
    """

    def __init__(self, name: str, objects: Iterable[CosemObject]) -> None:
        if not (name.isascii() and 3 < len(name) <= 16):
            raise LocalError("device-name-malformed", "A logical device name has 4 to 16 ASCII characters.")
        self._name = name
        own = (
            DataObject(DEVICE_NAME, lambda: octets(name.encode("ascii"))),
            AssociationLn(lambda: self.objects),
            SapAssignment(name),
        )
        self._objects: dict[tuple[int, Obis], CosemObject] = {}
        for each in (*own, *objects):
            if each.class_id == _DISCONNECT_CONTROL:
                raise LocalError("device-object-switch", "A meter of ours has no switch.")
            if self._objects.setdefault((each.class_id, each.logical_name), each) is not each:
                raise LocalError("device-object-twice", f"There are two objects {each.logical_name}.")

    @property
    def name(self) -> str:
        """The logical device name."""
        return self._name

    @property
    def objects(self) -> tuple[CosemObject, ...]:
        """All objects, the device's own first."""
        return tuple(self._objects.values())

    def find(self, class_id: int, logical_name: Obis) -> CosemObject | None:
        """The object of this class with this name; None where there is none."""
        return self._objects.get((class_id, logical_name))
