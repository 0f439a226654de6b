"""Strategies for HDLC tests, and a cable between two links."""

from collections import deque

from hypothesis import strategies as st

from meterkast.protocols.hdlc import Address, Control, Event, Frame, Kind, Link, Reply

addresses = st.one_of(
    st.builds(Address, st.integers(0, 0x7F)),
    st.builds(Address, st.integers(0, 0x7F), st.integers(0, 0x7F), st.just(2)),
    st.builds(Address, st.integers(0, 0x3FFF), st.integers(0, 0x3FFF), st.just(4)),
)

counts = st.integers(0, 7)
controls = st.one_of(
    st.builds(Control, kind=st.just(Kind.INFORMATION), poll=st.booleans(), send=counts, receive=counts),
    st.builds(Control, kind=st.sampled_from((Kind.RECEIVE_READY, Kind.RECEIVE_NOT_READY)), receive=counts),
    st.builds(
        Control,
        kind=st.sampled_from(
            sorted(set(Kind) - {Kind.INFORMATION, Kind.RECEIVE_READY, Kind.RECEIVE_NOT_READY})
        ),
        poll=st.booleans(),
    ),
)

frames = st.builds(
    Frame,
    destination=addresses,
    source=addresses,
    control=controls,
    information=st.binary(max_size=300),
    segmented=st.booleans(),
)

apdus = st.builds(
    lambda length, first: bytes((first + place) % 251 for place in range(length)),
    st.integers(1, 1000),
    st.integers(0, 250),
)
"""By their length: ``st.binary`` gives hardly any that fill more than a frame or two."""

SERVER = Address(1, 17, 4)
_FAR = {"client": "server", "server": "client"}


class Cable:
    """Carries frames between a client and a server link until both are silent.

    ``lost`` holds the numbers (from 0, over both directions) of the frames that never arrive.
    """

    def __init__(self, client: Link, server: Link, lost: frozenset[int] = frozenset()) -> None:
        self._ends = {"client": client, "server": server}
        self._lost = lost
        self.carried = 0
        self.events: dict[str, list[Event]] = {"client": [], "server": []}

    def carry(self, octets: bytes, receiver: str) -> None:
        """One frame and everything that follows from it."""
        self._carry([octets], receiver)

    def send(self, sender: str, apdu: bytes) -> None:
        """An APDU from one end to the other."""
        self._carry(self._ends[sender].send(apdu), _FAR[sender])

    def _carry(self, flight: list[bytes], receiver: str) -> None:
        line = deque((octets, receiver) for octets in flight)
        while line:
            octets, receiver = line.popleft()
            number, self.carried = self.carried, self.carried + 1
            if number in self._lost:
                continue
            for event in self._ends[receiver].receive(octets):
                if isinstance(event, Reply):
                    line.append((event.octets, _FAR[receiver]))
                else:
                    self.events[receiver].append(event)

    def taken(self, end: str) -> list[Event]:
        """The events of one end since the last call."""
        events, self.events[end] = self.events[end], []
        return events


def pair(
    client_size: int = 128, server_size: int = 128, *, client_window: int = 1, server_window: int = 1
) -> tuple[Link, Link]:
    """A client and a server that may talk to each other."""
    return (
        Link(
            role="client",
            client_address=16,
            server_address=SERVER,
            max_information=client_size,
            window=client_window,
        ),
        Link(role="server", server_address=SERVER, max_information=server_size, window=server_window),
    )


def connected(client_size: int = 128, server_size: int = 128, *, window: int = 1) -> tuple[Link, Link, Cable]:
    """The same, connected, with the same window both ways."""
    client, server = pair(client_size, server_size, client_window=window, server_window=window)
    cable = Cable(client, server)
    cable.carry(client.connect(), "server")
    cable.taken("client")
    cable.taken("server")
    return client, server, cable
