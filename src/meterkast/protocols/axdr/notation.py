"""COSEM data as plain JSON values, for people and for comparing."""

from typing import Any

from meterkast.protocols.axdr.data import Data


def to_typed_tree(data: Data) -> dict[str, Any]:
    """The value under the name of its type, octets in hexadecimal capitals.

    Such as ``{"structure": [{"octet-string": "0100010800FF"}, {"double-long-unsigned": 1122}]}``.
    """
    value = data.value
    if isinstance(value, tuple):
        return {data.kind.label: [to_typed_tree(item) for item in value]}
    if isinstance(value, bytes):
        return {data.kind.label: value.hex().upper()}
    return {data.kind.label: value}
