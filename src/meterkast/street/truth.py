"""The store compared with the meters themselves, to the last watt-hour and litre."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meterkast.mdm.store import StoredBlock
from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.street.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What stands in the store of a street, against what should.

    Attributes:
        electricity: electricity blocks stored.
        gas: gas blocks stored.
        duplicates: versions beyond the first of any meter-day.
        mismatches: register values that differ from the meter's own, or are missing.
        digest: SHA-256 over all stored values; the same for the same seed.
    """

    electricity: int
    gas: int
    duplicates: int
    mismatches: int
    digest: str


def compare(stored: Sequence[StoredBlock], homes: Iterable[Home]) -> Comparison:
    """Looks at every value of every block."""
    by_device = {name: home for home in homes for name in (home.module.name, home.gas_meter.name)}
    blocks = [each.block for each in stored]
    return Comparison(
        electricity=sum(block.medium is Medium.ELECTRICITY for block in blocks),
        gas=sum(block.medium is Medium.GAS for block in blocks),
        duplicates=sum(each.version - 1 for each in stored),
        mismatches=sum(_mismatches(block, by_device[block.device]) for block in blocks),
        digest=_digest(blocks),
    )


def _mismatches(block: MeterDayBlock, home: Home) -> int:
    return sum(
        value is None or value != _true_value(block, column, at, home)
        for column in block.columns
        for at, value in zip(block.times, column.values, strict=True)
    )


def _true_value(block: MeterDayBlock, column: Column, at: int, home: Home) -> int | None:
    """What the meter itself says, in the resolution of the column."""
    if block.medium is Medium.GAS:
        litres = home.gas_meter.index(at)
        return litres if column.scaler == -3 else None
    watt_hours = home.module.registers(at).get(column.obis)
    return watt_hours if column.scaler == 0 else None


def _digest(blocks: Sequence[MeterDayBlock]) -> str:
    digest = hashlib.sha256()
    for block in sorted(blocks, key=lambda block: (block.device, block.day)):
        digest.update(f"{block.device} {block.day} {block.times} {block.columns} {block.status}\n".encode())
    return digest.hexdigest()
