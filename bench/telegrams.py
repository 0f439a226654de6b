"""Telegrams as a house sends them, a second apart, for whoever measures how fast they are read."""

import random
from decimal import Decimal

from meterkast.protocols.p1.dsmr5 import FORMATS, GasChannel, emit_dsmr5

_AT = 1_767_225_600
_SECONDS = 900


def quarter_of_an_hour() -> list[bytes]:
    """A quarter of an hour of a house with three phases, a telegram a second.

    Powers and voltages move as they do in a house, and there are more different lines than any cache of ours
    keeps: nothing is answered from memory that a real meter would not also repeat.
    """
    chance = random.Random(1)
    import_wh, volts, watts = 4_426_000.0, [2300, 2304, 2296], [300, 80, 120]
    telegrams = []
    for second in range(_SECONDS):
        volts = [volt + chance.choice((-2, -1, 0, 1, 2)) for volt in volts]
        watts = [max(0, watt + chance.randint(-9, 9)) for watt in watts]
        import_wh += sum(watts) / 3600
        values: dict[str, Decimal | int] = dict.fromkeys(FORMATS, 0)
        values |= {"1-0:1.8.1": int(import_wh), "1-0:1.8.2": 2_399_000, "1-0:2.8.1": 2_444_000}
        values |= {"0-0:96.14.0": 2, "0-0:96.7.21": 13, "1-0:1.7.0": sum(watts)}
        for phase, (volt, watt) in enumerate(zip(volts, watts, strict=True)):
            values[f"1-0:{32 + 20 * phase}.7.0"] = Decimal(volt) / 10
            values[f"1-0:{31 + 20 * phase}.7.0"] = watt * 10 // volt
            values[f"1-0:{21 + 20 * phase}.7.0"] = watt
        gas = GasChannel(channel=1, equipment="MKM12345678", at=_AT + second // 300 * 300, index=391)
        telegrams.append(
            emit_dsmr5(
                ident="/MKM5METERKAST",
                at=_AT + second,
                equipment="MKM0000000000001",
                values=values,
                gas=[gas],
            )
        )
    return telegrams


def nothing_twice() -> list[bytes]:
    """As many telegrams in which no number comes again: what a reader costs that has nothing to remember."""
    chance = random.Random(2)
    return [
        emit_dsmr5(
            ident="/MKM5METERKAST",
            at=_AT + second,
            equipment=f"MKM{second:013}",
            values={code: chance.randrange(10**form.width // 10) for code, form in FORMATS.items()},
            gas=[GasChannel(channel=1, equipment=f"MKM{second:08}", at=_AT - second, index=391 + second)],
        )
        for second in range(_SECONDS)
    ]
