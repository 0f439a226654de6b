"""An errand: one day of one house on its way through an application, and what it may ask for meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

from meterkast.gateway.desk import Desk
from meterkast.model.errors import MeterkastError, TrustError
from meterkast.protocols.broker import Fields, Request

_LOG = logging.getLogger("meterkast.gateway")
_TEXT = 200
_READING = frozenset({"module.exchange", "clock.now", "log"})
COLLECTING = _READING | {"gas.telegrams", "block.hand_in"}
"""What the collector may ask for: to read, gas by the hour, and to hand in a day."""
TELLING = _READING | {"gas.indexes", "port.show"}
"""What the consumer port may ask for: to read, gas by five minutes, and to show an instant in the house."""


@dataclass(slots=True, kw_only=True)
class Errand:
    """One day of one house.

    Attributes:
        number: by which the application hands it in.
        desk: the gateway it is for; the application reaches no other.
        day: the local day.
        done: set once it is journaled or shown, or has failed.
        grants: the methods that the application may call.
        deadline: in the event loop's time, from the moment the application has it.
    """

    number: int
    desk: Desk
    day: date
    done: asyncio.Future[None] = field(repr=False)
    grants: frozenset[str] = COLLECTING
    deadline: float | None = None

    def describe(self) -> Fields:
        """What the application is told."""
        return Fields(
            {
                "task": self.number,
                "gateway": self.desk.title,
                "day": self.day.isoformat(),
                "module": self.desk.module,
                "gas_meter": self.desk.gas_meter,
            }
        )

    def fail(self, error: MeterkastError) -> None:
        """Ends it with an error, where it has not ended yet."""
        if not self.done.done():
            self.done.set_exception(error)

    async def answer(self, request: Request) -> Fields:
        """What the application gets for a request.

        Raises:
            TrustError: ``grant-refused`` for another gateway, an unknown method or something not granted.
            PeerError: ``broker-field`` for a malformed request, or what was handed in is malformed.
            UnreachableError: the module, as ``ModuleLine.exchange`` says.
            TimeoutError: the deadline has passed.
        """
        method = _METHODS.get(request.method)
        try:
            if (
                method is None
                or request.method not in self.grants
                or request.params.text("gateway") != self.desk.title
            ):
                raise refused()
            async with asyncio.timeout_at(self.deadline):
                return await method(self, request.params)
        except TrustError as error:
            self.desk.note(error)
            raise


def refused() -> TrustError:
    """The one answer to everything that was not granted."""
    return TrustError("grant-refused", "The application asks for what it was not granted.")


async def _exchange(errand: Errand, params: Fields) -> Fields:
    answer = await errand.desk.exchange(params.octets("apdu"))
    return Fields({"apdu": answer.hex()})


async def _gas_telegrams(errand: Errand, params: Fields) -> Fields:
    return Fields({"hours": errand.desk.gas_hours(params.number("start"), params.number("end"))})


async def _gas_indexes(errand: Errand, _params: Fields) -> Fields:
    return Fields({"indexes": errand.desk.gas_indexes()})


async def _now(errand: Errand, _params: Fields) -> Fields:
    return Fields({"now": errand.desk.now()})


async def _hand_in(errand: Errand, params: Fields) -> Fields:
    return _finish(errand, params, lambda: errand.desk.hand_in(errand.day, params.octets("payload")))


async def _show(errand: Errand, params: Fields) -> Fields:
    return _finish(
        errand, params, lambda: errand.desk.show(params.octets("telegram"), params.octets("document"))
    )


def _finish(errand: Errand, params: Fields, deed: Callable[[], None]) -> Fields:
    """Ends the errand with what the application hands over, once and for the errand it was given."""
    if params.number("task") != errand.number or errand.done.done():
        raise refused()
    try:
        deed()
    except MeterkastError as error:
        errand.fail(error)
        raise
    errand.done.set_result(None)
    return Fields()


async def _log(_errand: Errand, params: Fields) -> Fields:
    _LOG.info("application-says %s", ascii(params.text("text")[:_TEXT]))
    return Fields()


_METHODS: dict[str, Callable[[Errand, Fields], Awaitable[Fields]]] = {
    "module.exchange": _exchange,
    "gas.telegrams": _gas_telegrams,
    "gas.indexes": _gas_indexes,
    "clock.now": _now,
    "block.hand_in": _hand_in,
    "port.show": _show,
    "log": _log,
}
