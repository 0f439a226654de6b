"""A meter on a link, for the operator's reader: the small meter of the COSEM tests, behind either framing."""

from cosem.peers import GATEWAY, PUBLIC, device, hls5
from hdlc.frames import SERVER
from meterkast.outside.links import Link
from meterkast.protocols import wrapper
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls import Password
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.hdlc import Apdu, Connected, Reply
from meterkast.protocols.hdlc import Link as HdlcLink

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
            answer = server.receive(found.source, found.apdu)
            await link.send(wrapper.encode(found.destination, found.source, answer))


async def serve_hdlc(server: Server, link: Link, lost: frozenset[int] = frozenset()) -> None:
    """The same over HDLC; the pieces with these numbers never arrive."""
    end, client, number = HdlcLink(role="server", server_address=SERVER, max_information=128), 0, -1
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
                    await link.send(b"".join(end.send(server.receive(client, request))))
