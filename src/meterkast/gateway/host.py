"""The host of applications: one sandboxed process, started, served, watched and started again."""

import asyncio
import logging
import socket
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path

from meterkast.gateway.backoff import Backoff
from meterkast.gateway.desk import Desk
from meterkast.gateway.errand import COLLECTING, TELLING, Errand, refused
from meterkast.model.errors import LocalError, MeterkastError, PeerError, UnreachableError
from meterkast.outside.confinement import ConfinedProcess
from meterkast.outside.entropy import Entropy, system_entropy
from meterkast.protocols.broker import Answer, Decoder, Fields, Message, Refusal, Request, encode

_LOG = logging.getLogger("meterkast.gateway")
_COLLECTOR = "meterkast.applications.collector"
_CONSUMER_PORT = "meterkast.applications.consumer_port"
_TEXT = 200


class ApplicationHost:
    """Serves one application process for any number of gateways, one errand at a time.

    An application only ever reaches the gateway whose errand it is on. If it dies, talks nonsense or takes
    too long, it is ended and started again, and its errand fails; nothing else does.

    Args:
        module: the application, as ``python -m`` takes it.
        bundle: the folder of its code, where it does not come with this package.
        allow_unconfined: runs it even where the kernel grants no sandbox.
        grants: the methods that it may call.
        entropy: for the waits between starts.
    """

    def __init__(
        self,
        *,
        module: str = _COLLECTOR,
        bundle: Path | None = None,
        allow_unconfined: bool = False,
        grants: frozenset[str] = COLLECTING,
        entropy: Entropy = system_entropy,
    ) -> None:
        self._module = module
        self._grants = grants
        self._bundle = bundle
        self._allow_unconfined = allow_unconfined
        self._backoff = Backoff(entropy)
        self._waiting: asyncio.Queue[Errand] = asyncio.Queue()
        self._numbers = count(1)
        self._current: Errand | None = None
        self._process: ConfinedProcess | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    def of_consumer_port(cls, *, allow_unconfined: bool = False) -> "ApplicationHost":
        """The host of the consumer port, which may show an instant and hand in nothing."""
        return cls(module=_CONSUMER_PORT, allow_unconfined=allow_unconfined, grants=TELLING)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the sandbox in force; none while nothing runs."""
        return self._process.layers if self._process else ()

    @property
    def pid(self) -> int | None:
        """The process of the application, while one runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Starts the application.

        Raises:
            LocalError: ``sandbox-unavailable``.
        """
        reader = await self._launch()
        self._keeper = asyncio.create_task(self._keep(reader))

    async def run(self, desk: Desk, day: date) -> None:
        """Returns once the application has handed in this day and the gateway has journaled it.

        Raises:
            UnreachableError: ``application-gone`` where it died, gave up or took too long.
            PeerError, TrustError: what it handed in was refused.
            LocalError: ``application-stopped`` where none runs.
        """
        if self._keeper is None or self._keeper.done():
            raise LocalError("application-stopped", "No application runs.")
        done = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        await self._waiting.put(Errand(number=number, desk=desk, day=day, done=done, grants=self._grants))
        await done

    async def stop(self) -> None:
        """Ends the application; errands that wait fail."""
        if self._keeper:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        await self._end()
        while not self._waiting.empty():
            self._waiting.get_nowait().fail(_gone())

    async def _keep(self, reader: asyncio.StreamReader) -> None:
        """Serves the application, and after its end the next one."""
        while True:
            try:
                await self._serve(reader)
            except (MeterkastError, OSError) as error:
                _LOG.warning("application-ended %s", error)
            finally:
                await self._end()
            reader = await self._relaunch()

    async def _relaunch(self) -> asyncio.StreamReader:
        while True:
            await asyncio.sleep(self._backoff.next())
            try:
                return await self._launch()
            except (MeterkastError, OSError) as error:
                _LOG.warning("application-not-started %s", error)

    async def _launch(self) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = await ConfinedProcess.start(
                    self._module, theirs, bundle=self._bundle, allow_unconfined=self._allow_unconfined
                )
            except BaseException:
                ours.close()
                raise
        _LOG.info("application-started %s", ", ".join(self._process.layers))
        reader, self._writer = await asyncio.open_connection(sock=ours)
        return reader

    async def _end(self) -> None:
        process, self._process = self._process, None
        writer, self._writer = self._writer, None
        current, self._current = self._current, None
        if current:
            current.fail(_gone())
        if writer:
            writer.close()
        if process:
            await process.stop()

    async def _serve(self, reader: asyncio.StreamReader) -> None:
        """Answers until the application has nothing more to say.

        Raises:
            TimeoutError: its errand has taken too long.
            PeerError: it talks nonsense.
        """
        decoder = Decoder()
        while octets := await self._read(reader):
            for message in decoder.receive(octets):
                await self._reply(message)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        async with asyncio.timeout_at(self._deadline):
            await asyncio.sleep(0)  # time that has run out counts, even where octets wait already
            return await reader.read(65536)

    @property
    def _deadline(self) -> float | None:
        return self._current.deadline if self._current else None

    async def _reply(self, message: Message) -> None:
        if not isinstance(message, Request):
            raise PeerError("broker-out-of-turn", "An application asks; it has nothing to answer.")
        reply: Answer | Refusal
        try:
            reply = Answer(number=message.number, result=await self._answer(message))
        except MeterkastError as error:
            _LOG.info("%s %s", error.code, ascii(message.method[:_TEXT]))
            reply = Refusal(number=message.number, code=error.code)
        if self._writer:
            self._writer.write(encode(reply))
            async with asyncio.timeout_at(self._deadline):
                await self._writer.drain()

    async def _answer(self, request: Request) -> Fields:
        if request.method == "work.next":
            return await self._next_errand()
        if self._current is None:
            raise refused()
        return await self._current.answer(request)

    async def _next_errand(self) -> Fields:
        if self._current:
            self._current.fail(_gone())
            self._current = None
            self._backoff.reset()
        errand = await self._wait_for_errand()
        errand.deadline = asyncio.get_running_loop().time() + errand.desk.seconds
        self._current = errand
        return errand.describe()

    async def _wait_for_errand(self) -> Errand:
        """The next errand that somebody still waits for; an application that dies meanwhile gets none.

        Raises:
            ConnectionError: the application has ended.
        """
        if self._process is None:
            raise ConnectionError("no application runs")
        ended = asyncio.ensure_future(self._process.wait())
        try:
            while True:
                coming = asyncio.ensure_future(self._waiting.get())
                try:
                    await asyncio.wait((ended, coming), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    coming.cancel()
                if not coming.done():
                    raise ConnectionError("the application has ended")
                if not coming.result().done.done():
                    return coming.result()
        finally:
            ended.cancel()


def _gone() -> UnreachableError:
    return UnreachableError("application-gone", "The application has ended before it handed in.")
