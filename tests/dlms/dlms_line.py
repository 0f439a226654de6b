"""A client, a server, and a line between them that may lose, double or delay general blocks."""

from collections.abc import Mapping
from enum import Enum

from cosem.peers import GATEWAY
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Event, Notified, Send
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.short_client import ShortClient

BLOCK = 0xE0
MOST_SILENCES = 40


class Fate(Enum):
    """What happens to a block on its way."""

    LOST = "lost"
    DOUBLED = "doubled"
    ECHOED = "echoed"  # comes at once, and once more behind all that is under way
    DELAYED = "delayed"  # comes behind all that is under way


class Line:
    """Carries everything from one request to the event that ends it.

    Args:
        client: who asks.
        server: who answers.
        fates: of blocks, by their number in the order of sending. Whole messages always arrive.
    """

    def __init__(
        self,
        client: Client | ShortClient,
        server: Server,
        fates: Mapping[int, Fate] | None = None,
        *,
        client_id: int = GATEWAY,
    ) -> None:
        self.client = client
        self.server = server
        self.fates = fates or {}
        self.client_id = client_id
        self.sent: list[tuple[str, bytes]] = []
        self.notified: list[Notified] = []
        self._under_way: list[tuple[str, bytes]] = []
        self._late: list[tuple[str, bytes]] = []
        self._blocks = 0

    def ask(self, request: bytes) -> Event:
        """The event that ends the request; after silence the client repeats itself."""
        self._put("server", request)
        for _ in range(MOST_SILENCES):
            ended = self.settle()
            if ended:
                (event,) = ended
                self.settle()
                return event
            for octets in self.client.repeat():
                self._put("server", octets)
        raise AssertionError("the request never ends")

    def push(self, octets: list[bytes]) -> None:
        """APDUs of the server that nobody asked for."""
        for each in octets:
            self._put("client", each)

    def settle(self) -> list[Event]:
        """Delivers what is under way, and all that follows from it; the events that end a request."""
        ended: list[Event] = []
        while self._under_way or self._late:
            if not self._under_way:
                self._under_way.append(self._late.pop(0))
            to, octets = self._under_way.pop(0)
            if to == "server":
                self.push(self.server.receive(self.client_id, octets))
                continue
            for event in self.client.receive(octets):
                match event:
                    case Send(following):
                        self._put("server", following)
                    case Notified():
                        self.notified.append(event)
                    case _:
                        ended.append(event)
        return ended

    def _put(self, to: str, octets: bytes) -> None:
        self.sent.append((to, octets))
        fate = None
        if octets[0] == BLOCK:
            fate, self._blocks = self.fates.get(self._blocks), self._blocks + 1
        match fate:
            case Fate.LOST:
                return
            case Fate.DOUBLED:
                self._under_way += [(to, octets)] * 2
            case Fate.ECHOED:
                self._under_way.append((to, octets))
                self._late.append((to, octets))
            case Fate.DELAYED:
                self._late.append((to, octets))
            case _:
                self._under_way.append((to, octets))
