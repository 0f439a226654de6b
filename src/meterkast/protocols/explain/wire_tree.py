"""The body of a notification as a typed tree that shows a meter's deviations where they stood on the wire."""

from collections.abc import Sequence
from typing import Any

from meterkast.protocols.axdr import Data, Kind, to_typed_tree
from meterkast.protocols.dlms.tolerance import SWAPPED_TAG, UNTAGGED_DESCRIPTOR, Deviation

_UNTAGGED_ROWS = "array-of-untagged-descriptor-and-value"
_SWAPPED = "tag and length swapped (06 09)"


def wire_tree(body: Data, deviations: Sequence[Deviation]) -> dict[str, Any]:
    """The typed tree of a body that was decoded with these deviations; the plain one without any."""
    swapped: frozenset[bytes] = frozenset()
    untagged = False
    for deviation in deviations:
        if deviation.tolerance is SWAPPED_TAG:
            swapped = deviation.names
        untagged = untagged or deviation.tolerance is UNTAGGED_DESCRIPTOR
    return _tree(body, swapped, untagged)


def _tree(data: Data, swapped: frozenset[bytes], untagged: bool) -> dict[str, Any]:
    if untagged and data.kind is Kind.ARRAY and data.items and all(map(_is_described, data.items)):
        return {_UNTAGGED_ROWS: [_untagged_row(row) for row in data.items]}
    if data.items:
        return {data.kind.label: [_tree(item, swapped, untagged) for item in data.items]}
    if data.value in swapped and data.kind is Kind.OCTET_STRING:
        return to_typed_tree(data) | {"note": _SWAPPED}
    return to_typed_tree(data)


def _is_described(row: Data) -> bool:
    """Whether this is a row as the tolerance writes it: class, logical name, attribute, value."""
    kinds = [part.kind for part in row.items]
    return len(kinds) == 4 and kinds[:3] == [Kind.LONG_UNSIGNED, Kind.OCTET_STRING, Kind.INTEGER]


def _untagged_row(row: Data) -> dict[str, Any]:
    class_id, instance, attribute, value = row.items
    name = instance.value if isinstance(instance.value, bytes) else b""
    return {
        "class_id": class_id.value,
        "instance_id": ".".join(map(str, name)),
        "attribute": attribute.value,
        "value": to_typed_tree(value),
    }
