"""How an input is changed: bits, octets, cuts, insertions, doublings, and splices with another one."""

import random
from typing import Final

LONGEST: Final = 4096
_TELLING: Final = (0, 1, 0x7F, 0x80, 0x81, 0x84, 0xFE, 0xFF)
"""Octets at which lengths and numbers turn."""


def mutate(octets: bytes, other: bytes, dice: random.Random, *, longest: int = LONGEST) -> bytes:
    """The octets with one to four changes; never more than ``longest`` of them."""
    changed = bytearray(octets)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(changed) + 1)
        match dice.randrange(7):
            case 0 if changed:
                changed[place % len(changed)] ^= 1 << dice.randrange(8)
            case 1 if changed:
                changed[place % len(changed)] = dice.choice((*_TELLING, dice.randrange(256)))
            case 2:
                del changed[place:]
            case 3:
                del changed[place : place + dice.randint(1, 8)]
            case 4:
                changed[place:place] = dice.randbytes(dice.randint(1, 8))
            case 5:
                changed[place:place] = changed[place : place + dice.randint(1, 64)]
            case 6 if other:
                begun = dice.randrange(len(other))
                changed[place:place] = other[begun : begun + dice.randint(1, 64)]
    return bytes(changed[:longest])
