"""Invocation counters: ours are kept before they are used, the peer's only rise (NIST SP 800-38D, 8.2.1)."""

from collections.abc import Callable
from typing import Final

from meterkast.model.errors import TrustError

LAST: Final = 0xFFFFFFFF
_STEP: Final = 64
WINDOW: Final = 1 << 20
"""How far a peer's counter may jump where nothing else is said: a policy value."""


class Counter:
    """Our own counter under one key and title. No value is given out twice, whatever happens in between.

    Args:
        first: the first value that was never reserved.
        reserve: keeps, durably and before it returns, that all values below this one may have been used.
        step: how many values one reservation covers.
    """

    def __init__(self, first: int, reserve: Callable[[int], None], *, step: int = _STEP) -> None:
        self._next = self._reserved = first
        self._reserve = reserve
        self._step = step
        self._spent = False

    def next(self) -> int:
        """A value that was never used before.

        Raises:
            TrustError: ``security-counter-spent`` at the end of the range, or once the peer has seen values
                that we have not given out; a new key is the only way on.
        """
        if self._spent or self._next > LAST:
            raise TrustError(
                "security-counter-spent", "The invocation counter is spent: a new key is needed."
            )
        if self._next == self._reserved:
            reserved = self._next + self._step
            self._reserve(reserved)
            self._reserved = reserved
        value, self._next = self._next, self._next + 1
        return value

    def peer_expects(self, counter: int) -> None:
        """The peer says which counter it expects. Is it more than ours, then a copy of us has used it."""
        self._spent = self._spent or counter > self._next


class CounterGate:
    """The peer's counter under one key and title. Check before anything is believed, accept after it holds.

    Args:
        last: the highest value accepted so far; -1 where there is none.
        window: how far above it the next may be.
        store: keeps an accepted value, durably.
    """

    def __init__(
        self, last: int = -1, *, window: int = WINDOW, store: Callable[[int], None] = lambda _: None
    ) -> None:
        self._last = last
        self._window = window
        self._store = store

    @property
    def last(self) -> int:
        """The highest value accepted so far."""
        return self._last

    def check(self, counter: int) -> None:
        """Changes nothing.

        Raises:
            TrustError: ``security-counter-replayed`` for what is not above the last one,
                ``security-counter-jumped`` for what is beyond the window: quarantine it, and rekey.
        """
        if counter <= self._last:
            raise TrustError("security-counter-replayed", "The invocation counter has not risen.")
        if self._last >= 0 and counter > self._last + self._window:
            raise TrustError(
                "security-counter-jumped", "The invocation counter has jumped out of its window."
            )

    def accept(self, counter: int) -> None:
        """Takes a value that was checked and under which the message held."""
        self._store(counter)
        self._last = counter
