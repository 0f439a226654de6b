"""Telegrams from a stream: octets in pieces of any size go in, telegrams come out."""

import re
from dataclasses import dataclass
from typing import TypeAlias

from meterkast.model.errors import DataError, MeterkastError, PeerError, TrustError
from meterkast.protocols.p1.encrypted import (
    HEADER_SIZE,
    PUBLIC_AUTHENTICATION_KEY,
    TAG,
    EncryptedTelegram,
    frame_length,
)
from meterkast.protocols.p1.telegram import MAXIMUM_SIZE, Telegram, parse

_SLASH = ord("/")
_FRAME_BEGINS = frozenset((b"\xdb", b"\xdb\x08"))
_PLAIN_END = re.compile(rb"\n(?:![^\n/]*(?:\n|(?=/))|(?=/))")
"""The line of the exclamation mark; or, where that went missing, the slash of the next telegram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A stretch of the stream that gave no telegram.

    Attributes:
        octets: how many.
        error: what was wrong with them; None for what stands between telegrams.
    """

    octets: int
    error: MeterkastError | None = None


Event: TypeAlias = Telegram | Lost


class TelegramStream:
    """Finds telegrams, and finds the next one after anything that is none. Keeps at most 64 KiB.

    Args:
        key: the customer's key, where the port is encrypted; then plain telegrams are not looked for.
        auth_key: the authentication key of an encrypted port.
    """

    def __init__(self, key: bytes | None = None, auth_key: bytes = PUBLIC_AUTHENTICATION_KEY) -> None:
        self._key = key
        self._auth_key = auth_key
        self._kept = bytearray()
        self._searched = 0

    def receive(self, octets: bytes) -> list[Event]:
        """What has become whole with these octets, in the order of the stream.

        Raises:
            DataError: ``key-needed`` where the port is encrypted and no key was given; ``p1-key-size``.
        """
        self._kept += octets
        events: list[Event] = []
        while (event := self._next()) is not None:
            before = events[-1] if events else None
            if isinstance(event, Lost) and isinstance(before, Lost) and event.error is before.error is None:
                events[-1] = Lost(octets=before.octets + event.octets)
            else:
                events.append(event)
        return events

    def end(self) -> list[Event]:
        """What is left where the stream ends: a last line may lack its end."""
        left = len(self._kept)
        if not left:
            return []
        return [self._opened(left) if self._start() == 0 else self._lost(left)]

    def _next(self) -> Event | None:
        start = self._start()
        if start:
            return self._lost(start)
        if not self._kept:
            return None
        length = self._plain_length() if self._kept[0] == _SLASH else self._frame_length()
        if length is not None:
            return self._opened(length) if length else self._lost(1)
        if len(self._kept) > MAXIMUM_SIZE:
            too_long = PeerError("p1-too-long", f"A P1 telegram has at most {MAXIMUM_SIZE} octets.")
            return self._lost(len(self._kept), too_long)
        return None

    def _start(self) -> int:
        """Octets in front of what may be a telegram."""
        starts = [self._kept.find(TAG)]
        if self._key is None:
            starts.append(self._kept.find(_SLASH))
        return min((start for start in starts if start >= 0), default=len(self._kept))

    def _plain_length(self) -> int | None:
        """Octets of the plain telegram; None while its end has not come."""
        found = _PLAIN_END.search(self._kept, self._searched)
        if found is None:
            self._searched = max(self._kept.rfind(b"\n"), 0)
            return None
        return found.end()

    def _frame_length(self) -> int | None:
        """Octets of the encrypted frame; 0 where this is none, None while it is not whole."""
        if len(self._kept) < HEADER_SIZE:
            return None if bytes(self._kept[:2]) in _FRAME_BEGINS else 0
        length = frame_length(bytes(self._kept[:HEADER_SIZE]))
        if length is None:
            return 0
        if self._key is None:
            raise DataError(
                "key-needed", "The port is encrypted and no key was given.", hint="Give the key with --key."
            )
        return length if len(self._kept) >= length else None

    def _opened(self, length: int) -> Event:
        octets = self._taken(length)
        try:
            if octets[0] == TAG and self._key is not None:
                octets = EncryptedTelegram.parse(octets).open(self._key, self._auth_key)
            return parse(octets)
        except (PeerError, TrustError) as error:
            return Lost(octets=length, error=error)

    def _lost(self, length: int, error: MeterkastError | None = None) -> Lost:
        self._taken(length)
        return Lost(octets=length, error=error)

    def _taken(self, length: int) -> bytes:
        octets = bytes(self._kept[:length])
        del self._kept[:length]
        self._searched = 0
        return octets
