"""A line to wired M-Bus devices: what a conversation says goes out, what is heard comes back."""

import asyncio
from collections.abc import Generator
from typing import TypeVar

from meterkast.model.errors import PeerError, UnreachableError
from meterkast.outside.links import Link
from meterkast.protocols.mbus.conversation import Heard, Quiet
from meterkast.protocols.mbus.frame import parse

_Result = TypeVar("_Result")
_GAP = 0.03
"""Seconds of quiet that end a whole frame: seven octets at 2400 baud. What follows sooner is another."""
_LONGEST = 4096


class MbusLine:
    """The master's end of a line.

    Args:
        link: where the octets go.
        patience: seconds without an octet after which nobody answers, or an answer has ended. The standard
            gives a device 330 bit times and 50 ms: 0.19 s at 2400 baud.
    """

    def __init__(self, link: Link, *, patience: float = 0.5) -> None:
        self._link = link
        self._patience = patience

    async def hold(self, conversation: Generator[bytes, Heard, _Result]) -> _Result:
        """Holds the conversation to its end and gives its result.

        Raises:
            UnreachableError: ``link-closed``, or as the conversation raises.
            PeerError: as the conversation raises.
        """
        octets = next(conversation)
        while True:
            await self._link.send(octets)
            try:
                octets = conversation.send(await self._hear())
            except StopIteration as ended:
                result: _Result = ended.value
                return result

    async def _hear(self) -> Heard:
        """The one frame that is heard; noise where octets are heard that are not exactly one frame."""
        octets = b""
        while more := await self._more(_GAP if _is_whole(octets) else self._patience):
            octets = (octets + more)[:_LONGEST]
        if not octets:
            return Quiet.SILENCE
        try:
            return parse(octets)
        except PeerError:
            return Quiet.NOISE

    async def _more(self, patience: float) -> bytes:
        """The next octets; none where the line stays quiet."""
        try:
            async with asyncio.timeout(patience):
                octets = await self._link.receive()
        except TimeoutError:
            return b""
        if not octets:
            raise UnreachableError("link-closed", "The far end has closed the line.")
        return octets


def _is_whole(octets: bytes) -> bool:
    try:
        parse(octets)
    except PeerError:
        return False
    return True
