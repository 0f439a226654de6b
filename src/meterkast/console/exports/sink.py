"""Where measurements go: one face for every export."""

from collections.abc import Sequence
from typing import Protocol

from meterkast.console.exports.measurement import Measurement


class Sink(Protocol):
    """A way out. What cannot be handed over yet is kept, up to a bound that the sink names."""

    def write(self, measurements: Sequence[Measurement]) -> None:
        """Takes the numbers of one message.

        Raises:
            DataError: the file cannot be written.
            TrustError: the other side refuses who we are.
        """
        ...

    def close(self) -> None:
        """Hands over what is left, and lets go.

        Raises:
            UnreachableError: not everything could be handed over.
        """
        ...
