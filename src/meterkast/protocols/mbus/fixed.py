"""The fixed data structure of old meters: two counters, and what they count (EN 13757-3, CI 73 and 77)."""

from dataclasses import dataclass
from decimal import Decimal

from meterkast.model.errors import PeerError
from meterkast.protocols.mbus import coding, media
from meterkast.protocols.mbus.quantities import Meaning

_SIZE = 16
_BINARY = 0x01
_STORED = 0x02
_UNIT = 0x3F


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One of the two counters; ``stored`` where it is not the current value."""

    meaning: Meaning
    value: Decimal | str | None
    stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedData:
    """All that a device of the fixed data structure tells; ``medium`` is one of ``media.DEVICE_TYPES``."""

    identification: str
    access: int
    status: int
    medium: int
    counters: tuple[Counter, Counter]

    @classmethod
    def decode(cls, octets: bytes, *, high_first: bool) -> "FixedData":
        """Reads the sixteen octets behind the CI field.

        Raises:
            PeerError: ``mbus-header-short`` where there are not sixteen.
        """
        if len(octets) != _SIZE:
            raise PeerError("mbus-header-short", f"The fixed data structure has {_SIZE} octets.")
        step = -1 if high_first else 1
        status, units = octets[5], octets[6:8]
        first, second = units[0] & _UNIT, units[1] & _UNIT
        return cls(
            identification=octets[:4][::-step].hex().upper(),
            access=octets[4],
            status=status,
            medium=units[0] >> 6 | (units[1] >> 6) << 2,
            counters=(
                _counter(octets[8:12][::step], status, first, second),
                _counter(octets[12:16][::step], status, second, first),
            ),
        )


def _counter(octets: bytes, status: int, unit: int, other_unit: int) -> Counter:
    historic = unit == media.HISTORIC
    told = media.counter_meaning(other_unit if historic else unit)
    sent = coding.integer(octets) if status & _BINARY else coding.bcd(octets)
    value = sent * told.factor if isinstance(sent, Decimal) else sent
    return Counter(meaning=told, value=value, stored=historic or bool(status & _STORED))
