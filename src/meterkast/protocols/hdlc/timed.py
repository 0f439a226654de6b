"""A link that knows the time: when to say something again, and when to give up (IEC 62056-46, 6.4.4.6)."""

from typing import Final

from meterkast.protocols.hdlc.connection import Role, State
from meterkast.protocols.hdlc.deframer import Garbage
from meterkast.protocols.hdlc.event import Disconnected, Event, Reply
from meterkast.protocols.hdlc.link import Link

ANSWER_WAIT: Final = 2.0
REPEATS: Final = 3
INACTIVITY: Final = 120.0

_WAITING: Final = (State.CONNECTING, State.SENDING, State.AWAITING, State.DISCONNECTING)


class TimedLink:
    """A link, and what silence means on it. ``now`` is any clock that never goes back, in seconds.

    A client that waits for an answer repeats itself and gives up in the end; a server forgets a client that
    has been silent for too long. Call ``tick`` when ``due`` is reached.

    Args:
        link: talks through this one only from now on.
        answer_wait: seconds after which a client repeats itself.
        repeats: how often it does so without any sign of life.
        inactivity: seconds of silence after which a server takes the connection for gone.
    """

    def __init__(
        self,
        link: Link,
        *,
        answer_wait: float = ANSWER_WAIT,
        repeats: int = REPEATS,
        inactivity: float = INACTIVITY,
    ) -> None:
        self._link = link
        self._is_client = link.role is Role.CLIENT
        self._patience = answer_wait if self._is_client else inactivity
        self._repeats = repeats
        self._repeated = 0
        self._since = 0.0

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._link.state

    @property
    def due(self) -> float | None:
        """When ``tick`` has something to do; None while silence means nothing."""
        silence_counts = self.state in _WAITING if self._is_client else self.state is not State.DISCONNECTED
        return self._since + self._patience if silence_counts else None

    def connect(self, now: float) -> bytes:
        """As ``Link.connect``."""
        self._restart(now)
        return self._link.connect()

    def disconnect(self, now: float) -> bytes:
        """As ``Link.disconnect``."""
        self._restart(now)
        return self._link.disconnect()

    def send(self, apdu: bytes, now: float) -> list[bytes]:
        """As ``Link.send``."""
        self._restart(now)
        return self._link.send(apdu)

    def receive(self, octets: bytes, now: float) -> list[Event]:
        """As ``Link.receive``; anything but garbage is a sign of life."""
        events = self._link.receive(octets)
        if any(not isinstance(event, Garbage) for event in events):
            self._restart(now)
        return events

    def tick(self, now: float) -> list[Event]:
        """What the silence brings: a repetition as ``Reply``, or ``Disconnected``; nothing before ``due``."""
        if self.due is None or now < self.due:
            return []
        if self._is_client and self._repeated < self._repeats:
            self._repeated, self._since = self._repeated + 1, now
            return [Reply(self._link.repeat())]
        self._link.lapse()
        return [Disconnected()]

    def _restart(self, now: float) -> None:
        self._repeated, self._since = 0, now
