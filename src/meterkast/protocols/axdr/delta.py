"""Delta types: a number written as its distance from the one before (Blue Book 4.1.5, Green Book 9.5)."""

from typing import Final

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr.data import Data
from meterkast.protocols.axdr.kind import NUMBERS, Kind

DELTAS: Final = frozenset(
    {
        Kind.DELTA_INTEGER,
        Kind.DELTA_LONG,
        Kind.DELTA_DOUBLE_LONG,
        Kind.DELTA_UNSIGNED,
        Kind.DELTA_LONG_UNSIGNED,
        Kind.DELTA_DOUBLE_LONG_UNSIGNED,
    }
)
_WHOLE: Final[dict[Kind, tuple[int, bool]]] = {
    kind: (layout.size, layout.format[-1].islower())
    for kind, layout in NUMBERS.items()
    if layout.format[-1] in "bBhHiIqQ" and kind not in DELTAS and kind not in (Kind.ENUM, Kind.BCD)
}
"""Octets of each whole number, and whether it is signed."""


def undelta(cell: Data, before: Data | None) -> Data:
    """The value that a cell stands for: itself, or where it is a delta, its sum with the value before.

    Args:
        cell: as it stands on the wire.
        before: the same cell one row earlier, restored; None in the first row.

    Raises:
        PeerError: ``axdr-delta`` for a delta with no whole number before it, or with a sum that its kind
            cannot hold.
    """
    if cell.kind not in DELTAS:
        return cell
    match before, cell:
        case Data(kind, int(start)), Data(_, int(distance)) if kind in _WHOLE:
            size, signed = _WHOLE[kind]
            least = -(1 << 8 * size - 1) if signed else 0
            if least <= start + distance < least + (1 << 8 * size):
                return Data(kind, start + distance)
            raise PeerError("axdr-delta", "A delta leads out of the range of its number.")
    raise PeerError("axdr-delta", "A delta has no number before it.")
