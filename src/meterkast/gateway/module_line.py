"""The gateway's talk with the measurement module: one APDU there, one back, and nothing takes it down."""

import asyncio
import logging

from meterkast.gateway.framing import Framing, Heard, framing
from meterkast.gateway.line import Line
from meterkast.gateway.module_state import Signal, State, follow
from meterkast.gateway.settings import ModulePort
from meterkast.model.errors import MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.outside.links import Link
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Associated, Send
from meterkast.protocols.dlms.hls import Authentication

_LOG = logging.getLogger("meterkast.gateway")
_MAX_GARBAGE = 16
_GET_RESPONSE = 0xC4
_TRIES = 2


class ModuleLine:
    """Owns framing and association; connects when first asked, and again after every trouble.

    Trouble is a TrustError, PeerError or UnreachableError with one of five codes: ``module-silent``,
    ``module-flood``, ``module-garbage``, ``module-untrusted``, ``module-swapped``.

    Args:
        port: what is known of the module.
        line: where it is.
        proof: our side of the mutual authentication, with the pairing key.
    """

    def __init__(self, port: ModulePort, line: Line, proof: Authentication) -> None:
        self._port = port
        self._line = line
        self._proof = proof
        self._framing: Framing = framing(port)
        self._turn = asyncio.Lock()
        self.state = State.IDLE

    async def exchange(self, apdu: bytes) -> bytes:
        """The module's answer to a GET, checked for being one.

        Raises:
            UnreachableError: ``module-silent``.
            PeerError: ``module-flood`` or ``module-garbage``.
            TrustError: ``module-untrusted`` or ``module-swapped``.
            LocalError: ``module-quarantined``; then the line is left alone.
        """
        async with self._turn:
            try:
                return await self._ask_associated(apdu)
            except BaseException as error:
                self._follow(Signal.FAILED)
                if isinstance(error, MeterkastError):
                    _LOG.warning("%s %s: %s", error.code, self._port.name, error)
                raise

    async def close(self) -> None:
        """Hangs up."""
        await self._line.close()

    async def _ask_associated(self, apdu: bytes) -> bytes:
        """Asks over an open association; where the module has forgotten it, opens another and asks again."""
        for _ in range(_TRIES):
            if self.state is not State.ASSOCIATED:
                await self._associate()
            answer = await self._ask(self._framing.wrap(apdu))
            if answer is None:
                self._follow(Signal.ENDED)
                await self._line.restart()
            elif answer[:1] == bytes((_GET_RESPONSE,)):
                return answer
            else:
                raise _garbage()
        raise _silent()

    async def _associate(self) -> None:
        """Connects and proves the pairing key, both ways; after trouble, on a line that is clean."""
        client = Client(authentication=self._proof)
        asked = client.aarq()
        if self.state is State.DEGRADED:
            await self._line.restart()
        self._framing = framing(self._port)
        if (opening := self._framing.open()) and await self._ask(opening, opening=True) is None:
            raise _silent()
        self._follow(Signal.CONNECTED)
        while True:
            answer = await self._ask(self._framing.wrap(asked))
            if answer is None:
                raise _silent()
            match _read(client, answer):
                case [Send(apdu=following)]:
                    asked = following
                case [Associated()]:
                    self._follow(Signal.PAIRED)
                    return
                case _:
                    raise _untrusted()

    async def _ask(self, octets: bytes, *, opening: bool = False) -> bytes | None:
        """Sends and waits for one APDU, or where ``opening``, for the connection.

        None means that there is no connection any more. After half of its time a framing that can lose
        frames says the last one again.
        """
        link = await self._linked()
        spent = _Spent(self._port.flood_octets)
        for attempt in range(_TRIES):
            try:
                async with asyncio.timeout(self._port.request_seconds / _TRIES):
                    await link.send(self._framing.repeat() if attempt else octets)
                    return await self._hear(link, spent, opening=opening)
            except TimeoutError:
                continue
            except UnreachableError:
                return None
        raise _garbage() if spent.garbage else _silent()

    async def _hear(self, link: Link, spent: "_Spent", *, opening: bool) -> bytes | None:
        while True:
            octets = await link.receive()
            if not octets:
                return None
            spent.count(len(octets))
            heard = self._hear_framed(octets)
            spent.count_garbage(heard.garbage)
            if heard.reply:
                await link.send(heard.reply)
            if heard.closed:
                return None
            if opening and heard.opened:
                return b""
            if heard.apdus and not opening:
                return heard.apdus[0]

    def _hear_framed(self, octets: bytes) -> Heard:
        try:
            return self._framing.hear(octets)
        except PeerError as error:
            raise _garbage() from error

    async def _linked(self) -> Link:
        try:
            return await self._line.link()
        except UnreachableError as error:
            raise _silent() from error

    def _follow(self, signal: Signal) -> None:
        self.state = follow(self.state, signal)


class _Spent:
    """How much of its allowance the module has used up for one answer."""

    def __init__(self, flood_octets: int) -> None:
        self._left = flood_octets
        self.garbage = 0

    def count(self, octets: int) -> None:
        self._left -= octets
        if self._left < 0:
            raise PeerError("module-flood", "The module sends without end.")

    def count_garbage(self, pieces: int) -> None:
        self.garbage += pieces
        if self.garbage > _MAX_GARBAGE:
            raise _garbage()


def _read(client: Client, answer: bytes) -> list[object]:
    try:
        return list(client.receive(answer))
    except PeerError as error:
        raise _garbage() from error
    except TrustError as error:
        if error.code == "module-swapped":
            raise
        raise _untrusted() from error


def _silent() -> UnreachableError:
    return UnreachableError("module-silent", "The module does not answer.")


def _garbage() -> PeerError:
    return PeerError("module-garbage", "The module sends what makes no sense.")


def _untrusted() -> TrustError:
    return TrustError("module-untrusted", "The module does not prove the pairing key.")
