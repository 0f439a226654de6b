"""Logs and histories: many values in one line, each with its own time.

``(count)(code)…(code)``, then for each entry its time stamps and one value: the log of power failures
(DSMR P1 5.0.2, 6.12) and the monthly peaks of the capacity tariff (e-MUCS P1 1.7.1).
"""

from collections.abc import Iterator

from meterkast.model.obis import Obis
from meterkast.model.reading import Reading
from meterkast.protocols.p1.telegram import P1Object, Telegram, is_obis
from meterkast.protocols.p1.values import instant, number

_MOST_CODES = 4


def past_readings(telegram: Telegram) -> Iterator[Reading]:
    """What logs and histories hold, at its own times; an entry that cannot be read is left out.

    Of several time stamps the last is taken: when a peak occurred, not the month to which it belongs.
    """
    for found in telegram.objects:
        if found.whole and len(found.values) > 1:
            yield from _entries(found)


def _entries(found: P1Object) -> Iterator[Reading]:
    count, *rest = found.values
    codes = [text for text in rest[:_MOST_CODES] if is_obis(text)]
    if not (count.isascii() and count.isdigit() and codes):
        return
    obis = Obis.parse(codes[-1])
    stamps: list[int] = []
    for text in rest[len(codes) :]:
        at = instant(text)
        if at is not None:
            stamps.append(at)
            continue
        measured = number(text)
        if stamps and measured is not None:
            yield Reading(obis=obis, value=measured[0], unit=measured[1], at=stamps[-1])
        stamps.clear()
