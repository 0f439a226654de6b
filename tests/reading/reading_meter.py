"""A meter on a link, for the operator's reader: the small meter of the COSEM tests, behind either framing."""

from cosem.peers import GATEWAY, PUBLIC, device, hls5
from hdlc.frames import SERVER
from meterkast.model.errors import PeerError
from meterkast.outside.links import Link
from meterkast.outside.links.serial import PtyLink
from meterkast.protocols import wrapper
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls import Password
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.hdlc import Address, Apdu, Connected, Reply
from meterkast.protocols.hdlc import Link as HdlcLink
from meterkast.protocols.mode_e import START_SPEED, Identification, MeterOpening, Opened, Say, Speed

_ACKNOWLEDGE = b"\x06"
LLS, PROTECTED = 2, 3


def meter() -> Server:
    """Client 16 reads without proof, client 1 with HLS5, client 2 with a password."""
    from cosem.protected import METER, mechanism_5, protection

    own = protection(METER)
    return Server(
        device(),
        grants={
            PUBLIC: Grant(otherwise=Right.READ),
            GATEWAY: Grant(hls5=hls5(1), otherwise=Right.READ),
            LLS: Grant(authentication=Password(b"12345678"), otherwise=Right.READ),
            PROTECTED: Grant(hls5=mechanism_5(own), protection=own, otherwise=Right.READ),
        },
    )


async def serve_wrapper(server: Server, link: Link) -> None:
    """Answers until the far end closes."""
    decoder = wrapper.Decoder()
    while octets := await link.receive():
        for found in decoder.receive(octets):
            for answer in server.receive(found.source, found.apdu):
                await link.send(wrapper.encode(found.destination, found.source, answer))


def answer_datagram(server: Server, datagram: bytes) -> list[bytes]:
    """The same for one datagram; none for what is no wrapper."""
    try:
        found = wrapper.parse(datagram)
    except PeerError:
        return []
    answers = server.receive(found.source, found.apdu)
    return [wrapper.encode(found.destination, found.source, answer) for answer in answers]


async def serve_hdlc(
    server: Server,
    link: Link,
    lost: frozenset[int] = frozenset(),
    *,
    address: Address = SERVER,
    window: int = 1,
) -> None:
    """The same over HDLC; the pieces with these numbers never arrive."""
    end = HdlcLink(role="server", server_address=address, max_information=128, window=window)
    client, number = 0, -1
    while octets := await link.receive():
        number += 1
        if number in lost:
            continue
        for event in end.receive(octets):
            match event:
                case Connected():
                    client = event.client
                case Reply(reply):
                    await link.send(reply)
                case Apdu(request):
                    for answer in server.receive(client, request):
                        await link.send(b"".join(end.send(answer)))


class OpticalHead:
    """A meter behind an optical head: it hears nothing that comes at another speed than its own.

    Args:
        line: the near end of a pseudo-terminal.
        identification: what the meter says of itself.
        confirms: whether it confirms the new speed.
        deaf: so many requests stay without answer.
    """

    def __init__(
        self, line: PtyLink, identification: Identification, *, confirms: bool = True, deaf: int = 0
    ) -> None:
        self._line = line
        self._identification = identification
        self._confirms = confirms
        self._deaf = deaf
        self.speed = START_SPEED

    async def send(self, octets: bytes) -> None:
        """To the reader."""
        await self._line.send(octets)

    async def receive(self, limit: int = 65536) -> bytes:
        """What comes at the right speed."""
        octets = await self._line.receive(limit)
        # Behind its acknowledgement the reader is at the new speed; a pseudo-terminal forgets the old one.
        if not octets or octets.startswith(_ACKNOWLEDGE) or self._line.speed == self.speed:
            return octets
        return bytes(len(octets))

    async def close(self) -> None:
        """Ends the line."""
        await self._line.close()

    async def opened(self) -> None:
        """Returns once HDLC may begin."""
        opening = MeterOpening(self._identification)
        while octets := await self.receive():
            if self._deaf:
                self._deaf -= 1
                continue
            for event in opening.receive(octets):
                match event:
                    case Say(said) if self.speed == START_SPEED or self._confirms:
                        await self.send(said)
                    case Speed(baud):
                        self.speed = baud
                    case Opened():
                        return
