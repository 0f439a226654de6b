"""The module at the end of a line: answers whoever asks, and stays up whatever comes."""

import asyncio
import logging

from meterkast.model.errors import PeerError, UnreachableError
from meterkast.module.framing import FRAMINGS, Framing, FramingKind
from meterkast.module.module import Module
from meterkast.outside.links import Link

INACTIVITY = 300.0
"""Seconds of silence after which a conversation is forgotten (P3 companion standard 4.2.2)."""

_LOG = logging.getLogger("meterkast.module")


async def serve(module: Module, link: Link, framing: FramingKind = "hdlc") -> None:
    """Answers on a link until the far end closes it or sends what the wrapper cannot recover from."""
    conversation: Framing = FRAMINGS[framing](module)
    try:
        while True:
            try:
                async with asyncio.timeout(INACTIVITY):
                    octets = await link.receive()
            except TimeoutError:
                conversation = FRAMINGS[framing](module)
                continue
            if not octets:
                return
            if answer := conversation.receive(octets):
                await link.send(answer)
            await asyncio.sleep(0)  # whoever floods one line must not starve the others
    except PeerError as error:
        _LOG.warning("%s %s: %s", error.code, module.name, error)
    except UnreachableError:
        return
    finally:
        await link.close()
