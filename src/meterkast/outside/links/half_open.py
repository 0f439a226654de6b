"""Connections that have not shaken hands yet: only so many, and the oldest makes room."""

import asyncio
import logging

_log = logging.getLogger("meterkast.tls")


class HalfOpen:
    """Who is honest shakes hands in a moment; who takes long is slow, or wants to keep others out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[asyncio.StreamWriter, str] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, writer: asyncio.StreamWriter, peer: str) -> None:
        """Takes a place; where there is none left, the connection that has waited longest is cut."""
        if len(self._waiting) >= self._most:
            oldest = next(iter(self._waiting))
            _log.warning("tls-half-open-full peer=%s", self._waiting.pop(oldest))
            oldest.transport.abort()
        self._waiting[writer] = peer

    def leave(self, writer: asyncio.StreamWriter) -> None:
        """Gives the place back."""
        self._waiting.pop(writer, None)
