"""Telegrams from a line that may break, or from a file."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from meterkast.console.cli.line import open_line
from meterkast.gateway.backoff import Backoff
from meterkast.model.errors import DataError, PeerError, TrustError, UnreachableError
from meterkast.outside.entropy import system_entropy
from meterkast.outside.links import Link
from meterkast.outside.links.serial import SerialLink
from meterkast.protocols.p1.stream import Event, Lost, TelegramStream
from meterkast.protocols.p1.telegram import Telegram

_SINCE_DSMR_4 = 115200
_SEVEN_BITS = bytes(octet & 0x7F for octet in range(256))
_REFUSALS = 3
"""So many frames in a row that do not open, and none before them that did: the key is wrong."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where octets come from.

    Attributes:
        where: serial port, HOST:PORT, file, or ``-``.
        speed: baud, on a serial port. Below 115200, before DSMR 4, an octet is seven bits and their parity.
        live: it goes on; where it breaks it is opened again.
        patient: a line that is not there yet is waited for.
        tell: takes a sentence for people when the line goes away.
    """

    where: str
    speed: int
    live: bool
    patient: bool
    tell: Callable[[str], None]

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Octets as they come, across every reopening; none at all where the line broke or ended.

        Raises:
            UnreachableError: ``peer-unreachable`` or ``serial-unavailable``, the first time.
            DataError: ``file-unreadable``.
        """
        backoff = Backoff(system_entropy)
        opened = False
        while True:
            try:
                link = await self._open()
            except UnreachableError:
                if not opened and not self.patient:
                    raise
            else:
                opened = True
                try:
                    while octets := await link.receive():
                        backoff.reset()
                        yield octets if self.speed >= _SINCE_DSMR_4 else octets.translate(_SEVEN_BITS)
                finally:
                    await link.close()
                yield b""
                if not self.live:
                    return
            wait = backoff.next()
            self.tell(f"{self.where} is away; trying again in {wait:.0f} s")
            await asyncio.sleep(wait)

    async def _open(self) -> Link:
        if self.live:
            return await open_line(self.where, speed=self.speed)
        try:
            # A file or a pipe is read as a serial line is: without ever blocking.
            return SerialLink(os.dup(0) if self.where == "-" else os.open(self.where, os.O_RDONLY))
        except OSError as error:
            raise DataError(
                "file-unreadable", f"The file cannot be read: {error.strerror}.", where=self.where
            ) from error


async def telegrams(
    stream: TelegramStream, line: Line, tell: Callable[[str], None]
) -> AsyncGenerator[Telegram, None]:
    """Every telegram of the line. What gives none is told, but for the rest of one that began before us.

    Raises:
        UnreachableError: the line cannot be opened.
        DataError: ``key-needed`` or ``file-unreadable``.
        TrustError: ``p1-tag-wrong`` where the key opens nothing.
        PeerError: ``p1-start-missing`` where the line ends without a telegram.
    """
    found = 0
    refusal: TrustError | None = None
    refused = 0
    async for event in _events(stream, line):
        if isinstance(event, Telegram):
            found += 1
            yield event
            continue
        if isinstance(event.error, TrustError):
            refusal = event.error
            refused += 1
            if refused >= _REFUSALS and not found:
                raise refusal
        if found or event.error is not None:
            tell(f"{event.octets} octets gave no telegram{_because(event)}")
    if not found:
        raise refusal or PeerError("p1-start-missing", "There is no P1 telegram.", where=line.where)


async def _events(stream: TelegramStream, line: Line) -> AsyncGenerator[Event, None]:
    async with aclosing(line.pieces()) as pieces:
        async for octets in pieces:
            for event in stream.receive(octets) if octets else stream.end():
                yield event


def _because(lost: Lost) -> str:
    return "" if lost.error is None else f": {lost.error.message} [{lost.error.code}]"
