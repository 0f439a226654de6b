"""How long to wait before trying again: longer each time, and never as long as the neighbour."""

from meterkast.outside.entropy import Entropy

_FIRST, _LONGEST = 1.0, 300.0


class Backoff:
    """Doubles its bound from 1 to 300 seconds; each wait is a random part of the bound, at least half of it.

    After an outage of the head-end a whole fleet comes back. Random parts of growing bounds spread it.
    """

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._bound = _FIRST

    def next(self) -> float:
        """Seconds of real time to wait now."""
        bound, self._bound = self._bound, min(2 * self._bound, _LONGEST)
        return bound * (1 + int.from_bytes(self._entropy(4)) / (1 << 32)) / 2

    def reset(self) -> None:
        """After a success the first wait is short again."""
        self._bound = _FIRST
