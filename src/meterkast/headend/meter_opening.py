"""How a reader asks a meter on an optical head for HDLC: the opening of mode E on a serial line."""

import asyncio
from typing import Final

from meterkast.model.errors import UnreachableError
from meterkast.outside.links.serial import SerialLink
from meterkast.protocols.mode_e import Identification, Identified, Opened, Opening, Say, Speed

CONFIRMATION_WAIT: Final = 1.5
"""Seconds for the confirmation, which not every meter sends (reaction time, IEC 62056-21, 6.3.14)."""

_TRIES: Final = 3


async def open_meter(link: SerialLink, *, fastest: int = 19200, timeout: float = 10.0) -> Identification:
    """Asks until the meter names itself, and changes the speed of the line with it. HDLC may follow.

    Args:
        link: open at 300 baud.
        fastest: highest speed the line can do.
        timeout: seconds to wait for the meter to name itself, in all.

    Raises:
        UnreachableError: ``meter-silent``.
        PeerError: ``mode-e-…`` where it speaks, but no HDLC.
    """
    opening = Opening(fastest=fastest)
    for _ in range(_TRIES):
        try:
            async with asyncio.timeout(timeout / _TRIES):
                await link.send(opening.request())
                identification = await _identified(link, opening)
        except TimeoutError:
            continue
        await _confirmed(link, opening)
        return identification
    raise UnreachableError(
        "meter-silent",
        "The meter does not answer the opening.",
        hint="Check head and port. Without --mode-e HDLC begins at once.",
    )


async def _identified(link: SerialLink, opening: Opening) -> Identification:
    while octets := await link.receive():
        events = opening.receive(octets)
        for event in events:
            match event:
                case Say(said):
                    await link.send(said)
                case Speed(baud):
                    await link.change_speed(baud)
        for event in events:
            if isinstance(event, Identified):
                return event.identification
    raise UnreachableError("link-closed", "The serial line is gone.")


async def _confirmed(link: SerialLink, opening: Opening) -> None:
    try:
        async with asyncio.timeout(CONFIRMATION_WAIT):
            while octets := await link.receive():
                if any(isinstance(event, Opened) for event in opening.receive(octets)):
                    return
    except TimeoutError:
        return
