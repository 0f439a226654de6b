"""Chance without a state: the n-th draw of a stream is the same whoever asks, and whenever."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]
Values = NDArray[np.float64]
Words = NDArray[np.uint64]

_MASK = (1 << 64) - 1
_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_SQRT3 = 3.0**0.5


class Chance:
    """A stream of draws, named by a path of words: ``Chance(1, "home")`` is ``Chance(1).of("home")``."""

    def __init__(self, *path: int | str) -> None:
        self._key = _fold(0, path)

    def of(self, *path: int | str) -> "Chance":
        """The stream further down the path, independent of this one."""
        stream = Chance()
        stream._key = _fold(self._key, path)
        return stream

    def draw(self, index: int = 0) -> float:
        """The draw at ``index``, evenly between 0 and 1."""
        return _mix(self._key ^ _mix(index & _MASK)) * 2.0**-64

    def between(self, low: float, high: float, index: int = 0) -> float:
        """The draw at ``index``, evenly between the two."""
        return low + (high - low) * self.draw(index)

    def happens(self, probability: float, index: int = 0) -> bool:
        """Whether it happens, at ``index``."""
        return self.draw(index) < probability

    def draws(self, indexes: Instants) -> Values:
        """The draws at all these indexes, evenly between 0 and 1."""
        words = _mix_all(_mix_all(indexes.astype(np.uint64)) ^ np.uint64(self._key))
        return words.astype(np.float64) * 2.0**-64

    def drift(self, instants: Instants, period: int) -> Values:
        """Wanders smoothly around 0, with a spread near 1 and a new direction every ``period`` seconds.

        Value noise: bell-shaped draws at every ``period``, joined by a cubic; never beyond 3.5 either way.
        """
        knots, offset = np.divmod(instants, period)
        before, after = self._bell(knots), self._bell(knots + 1)
        part = offset / period
        return before + (after - before) * part * part * (3.0 - 2.0 * part)

    def _bell(self, indexes: Instants) -> Values:
        """Four even draws added up: mean 0, variance 1, and no far outliers."""
        total: Values = sum((self.draws(indexes * 4 + part) for part in range(4)), np.zeros(len(indexes)))
        return (total - 2.0) * _SQRT3


def _mix(word: int) -> int:
    """The step of SplitMix64 (Steele, Lea, Flood 2014)."""
    word = (word + _GOLDEN) & _MASK
    word = ((word ^ (word >> 30)) * _FIRST) & _MASK
    word = ((word ^ (word >> 27)) * _SECOND) & _MASK
    return word ^ (word >> 31)


def _mix_all(words: Words) -> Words:
    """The same for a column of words, which overflow by themselves."""
    words = words + np.uint64(_GOLDEN)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(_FIRST)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(_SECOND)
    return words ^ (words >> np.uint64(31))


def _fold(key: int, path: tuple[int | str, ...]) -> int:
    for word in path:
        key = _mix(key ^ _number(word))
    return key


def _number(word: int | str) -> int:
    if isinstance(word, int):
        return word & _MASK
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
