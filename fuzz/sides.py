"""The two sides of a conversation as targets: whatever the other one says, they keep their invariant."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from fuzz import dialogue
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import GeneralBlockTransfer
from meterkast.protocols.dlms.association import State
from meterkast.protocols.dlms.event import Send
from meterkast.protocols.dlms.general_block import BlockTransfer, GeneralBlocks

_DEVICE: Final = dialogue.device()
_OPENINGS: Final = {
    dialogue.CLEAR: dialogue.client(protected=False, blocks=True).aarq(),
    dialogue.SHORT: dialogue.old_client().aarq(),
}


def server(octets: bytes) -> None:
    """A server under one APDU after another, each behind an octet with its length: it answers all.

    The first octet says which client speaks; those in the clear have an association, with general blocks.
    """
    peer = dialogue.server(_DEVICE)
    client = (dialogue.PROTECTED, dialogue.CLEAR, dialogue.SHORT)[octets[0] % 3 if octets else 0]
    if client in _OPENINGS:
        peer.receive(client, _OPENINGS[client])
    for message in chained(octets[1:]):
        for answer in peer.receive(client, message):
            apdu.decode(answer)


def client(octets: bytes) -> None:
    """A client under one answer after another to one of each request."""
    side = dialogue.client(protected=octets[:1] < b"\x80", blocks=octets[:1] > b"\x81")
    side.aarq()
    waiting = dialogue.requests(side)
    for message in chained(octets[1:]):
        try:
            events = side.receive(message)
        except (PeerError, TrustError):
            continue
        busy = any(isinstance(event, Send) for event in events)
        if waiting and not busy and side.state is State.ASSOCIATED:
            with suppress(LocalError):
                waiting.pop(0)()


def chained(octets: bytes) -> Iterator[bytes]:
    """The messages of a chain."""
    at = 0
    while at < len(octets):
        end = at + 1 + octets[at]
        yield octets[at + 1 : end]
        at = end


def blocks(octets: bytes) -> None:
    """General block transfer: parts of eight octets each, the first of which is the control octet."""
    side = GeneralBlocks(BlockTransfer(window=3, octets=64), size=40)
    side.send(bytes(70))
    for at in range(0, len(octets), 8):
        control, number, acknowledged, *rest = octets[at : at + 8].ljust(3, b"\0")
        part = GeneralBlockTransfer(
            last=bool(control & 0x80),
            streaming=bool(control & 0x40),
            window=control & 0x3F,
            block_number=number % 8,
            acknowledged=acknowledged % 4,
            octets=bytes(rest),
        )
        try:
            side.receive(part)
        except PeerError:
            return
