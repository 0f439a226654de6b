"""A line that loses, damages, doubles, delays and swaps frames, between two links, in virtual time."""

import heapq
from collections.abc import Sequence
from enum import Enum, auto

from meterkast.protocols.hdlc import Apdu, Connected, Disconnected, Event, Link, Reply, TimedLink

FLIGHT_TIME = 0.01
ANSWER_WAIT = 2.0


class Fate(Enum):
    """What becomes of a frame."""

    ARRIVES = auto()
    LOST = auto()
    DAMAGED = auto()
    DOUBLED = auto()
    OVERTAKEN = auto()  # by the frame behind it
    LATE = auto()  # by almost the time after which it is repeated; what is sent behind it waits too


_FAR = {"client": "server", "server": "client"}


class BadLine:
    """Runs a dialogue to its end. Frames meet ``fates`` in the order of their sending; later ones arrive.

    Attributes:
        requests: APDUs that arrived at the server.
        answers: APDUs that arrived at the client.
        now: virtual seconds since the start.
        ended: whether either end took the connection for gone.
    """

    def __init__(
        self,
        client: Link,
        server: Link,
        dialogue: Sequence[tuple[bytes, bytes]],
        fates: Sequence[Fate],
        *,
        repeats: int = 3,
    ) -> None:
        self._ends = {
            "client": TimedLink(client, answer_wait=ANSWER_WAIT, repeats=repeats),
            "server": TimedLink(server, inactivity=1e6),
        }
        self._dialogue = list(dialogue)
        self._fates = list(reversed(fates))
        self._air: list[tuple[float, int, str, bytes]] = []
        self._free = dict.fromkeys(self._ends, 0.0)
        self.carried = 0
        self.requests: list[bytes] = []
        self.answers: list[bytes] = []
        self.now = 0.0
        self.ended = False

    def run(self) -> None:
        """Connects where that is needed, and goes on until nothing more happens."""
        client = self._ends["client"]
        if client.state == "disconnected":
            self._put("client", [client.connect(self.now)])
        else:
            self._ask()
        while self._air or client.due is not None:
            if not self._air or (client.due is not None and client.due < self._air[0][0]):
                self.now = client.due or self.now
                self._happen("client", client.tick(self.now))
                continue
            self.now, _, end, octets = heapq.heappop(self._air)
            self._happen(end, self._ends[end].receive(octets, self.now))

    def _happen(self, end: str, events: list[Event]) -> None:
        for event in events:
            match event:
                case Reply(octets):
                    self._put(end, [octets])
                case Apdu(octets) if end == "server":
                    self.requests.append(octets)
                    _, answer = self._dialogue[len(self.requests) - 1]
                    self._put("server", self._ends["server"].send(answer, self.now))
                case Apdu(octets):
                    self.answers.append(octets)
                    self._ask()
                case Connected() if end == "client":
                    self._ask()
                case Disconnected():
                    self.ended = True

    def _ask(self) -> None:
        if len(self.answers) < len(self._dialogue):
            request, _ = self._dialogue[len(self.answers)]
            self._put("client", self._ends["client"].send(request, self.now))

    def _put(self, sender: str, frames: list[bytes]) -> None:
        for octets in frames:
            self.carried += 1
            fate = self._fates.pop() if self._fates else Fate.ARRIVES
            delays = {Fate.LOST: (), Fate.DOUBLED: (1, 1), Fate.OVERTAKEN: (3,), Fate.LATE: (150,)}
            for delay in delays.get(fate, (1,)):
                at = max(self.now + delay * FLIGHT_TIME, self._free[sender])
                if fate is not Fate.OVERTAKEN:
                    self._free[sender] = at
                arrives = _damaged(octets) if fate is Fate.DAMAGED else octets
                heapq.heappush(self._air, (at, self.carried, _FAR[sender], arrives))


def _damaged(frame: bytes) -> bytes:
    return frame[:-3] + bytes((frame[-3] ^ 0x55,)) + frame[-2:]
