"""Links carry octets and know no protocol: memory, TCP, UDP, TLS, serial; with faults and taps around."""

from typing import Protocol


class Link(Protocol):
    """A byte stream both ways. Decorators (faults, taps) have the same face, so they stack."""

    async def send(self, octets: bytes) -> None:
        """Hands the octets to the far end.

        Raises:
            UnreachableError: ``link-closed`` where the far end is gone.
        """
        ...

    async def receive(self, limit: int = 65536) -> bytes:
        """The next octets, at least one and at most ``limit``; empty once the far end has closed."""
        ...

    async def close(self) -> None:
        """Ends the link; a second call does nothing."""
        ...
