"""Agreed with by a stranger: a client of ours talks to the simulated meter of pydlms-client.

What it can and cannot do, and where the two disagree, is on ``docs/standards/dlms.md``.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import pytest

from cosem.protected import CLIENT, METER, mechanism_5, protection
from meterkast.model.errors import PeerError, TrustError
from meterkast.model.obis import Obis
from meterkast.outside.links import tcp
from meterkast.protocols.axdr import Data, double_long_unsigned, null, octets, structure, unsigned
from meterkast.protocols.dlms.acse import Mechanism
from meterkast.protocols.dlms.apdu import (
    AccessAction,
    AccessGet,
    AccessSet,
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    DataNotification,
    EntrySelection,
    LongInvokeId,
    MethodDescriptor,
    RangeSelection,
)
from meterkast.protocols.dlms.base_names import decode_base_names
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import (
    Accessed,
    Associated,
    Event,
    Failed,
    Outcomes,
    Released,
    Result,
    Results,
)
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.hls import Password
from meterkast.protocols.dlms.short_client import ShortClient
from reading.stranger import LONG, STRANGER, StrangerMeter, keys, stranger_meter
from reading.stranger_line import StrangerLine
from reading.stranger_meter import CLIENT_KEY, METER_KEY, SECRET, digest, signed

pytestmark = STRANGER

ADDRESS: Final = 1
PROFILE = AttributeDescriptor(7, Obis(1, 0, 99, 1, 0), 2)
ENERGY = AttributeDescriptor(3, Obis(1, 0, 1, 8, 0), 2)
NOTE = AttributeDescriptor(1, Obis(0, 0, 96, 13, 0), 2)
ECHO, COUNT = (MethodDescriptor(1, NOTE.instance, number) for number in (1, 2))
MIDNIGHT: Final = 1_714_521_600  # 2024-05-01 00:00 UTC, where the example profile begins

SIGNING: Final = {"mechanism": 7, "private": METER_KEY, "peer": CLIENT_KEY}
MAC: Final = {"mechanism": 6, "secret": SECRET.hex()}
GMAC: Final = {"mechanism": 5}

Making = Callable[[], dict[str, Any]]
"""What the client of a way is made with."""


def _gmac(suite: int = 0, *, general: bool = False) -> dict[str, Any]:
    own = protection(CLIENT, suite, general=general)
    return {"hls5": mechanism_5(own), "protection": own}


def _named(sort: int, suite: int | None = None) -> dict[str, Any]:
    proof = signed(CLIENT, suite or 1) if sort == 7 else digest(Mechanism(sort), CLIENT)
    return {"authentication": proof, "protection": None if suite is None else protection(CLIENT, suite)}


WAYS: Final[dict[str, tuple[dict[str, Any], Making]]] = {
    "clear": ({"mechanism": 0}, dict),
    "password": (
        {"mechanism": 1, "secret": SECRET.hex()},
        lambda: {"authentication": Password(SECRET)},
    ),
    **{f"hls{sort}": ({**MAC, "mechanism": sort}, partial(_named, sort)) for sort in (3, 4, 6)},
    "hls7": ({**SIGNING, "suite": 1}, partial(_named, 7)),
    "hls5 suite 0": ({**GMAC, **keys(0)}, _gmac),
    "general-glo": ({**GMAC, **keys(0)}, partial(_gmac, general=True)),
    "dedicated": ({**GMAC, **keys(0)}, lambda: {**_gmac(), "dedicated_key": bytes(range(16))}),
    **{f"hls6 suite {suite}": ({**MAC, **keys(suite)}, partial(_named, 6, suite)) for suite in (1, 2)},
    **{f"hls7 suite {suite}": ({**SIGNING, **keys(suite)}, partial(_named, 7, suite)) for suite in (1, 2)},
}
NUMBERED: Final = {
    f"hls5 suite {suite}": ({**GMAC, **keys(suite)}, partial(_gmac, suite)) for suite in (1, 2)
}


@asynccontextmanager
async def talking(
    way: str, *, window: int = 0, blocks: BlockTransfer | None = None, **task: object
) -> AsyncIterator[tuple[StrangerLine, StrangerMeter]]:
    """A client of ours, associated with its meter; over HDLC where there is a window."""
    settings, make = (WAYS | NUMBERED)[way]
    title = protection(METER).title.octets.hex()
    own = {"client": ADDRESS, "meter_title": title, "pdu": 256, "hdlc": bool(window), "window": window or 1}
    own |= {"blocks": 0 if blocks is None else blocks.window}
    async with stranger_meter({**own, **settings, **task}) as meter:
        client = Client(**make(), max_pdu_size=256, blocks=blocks)
        link = await tcp.connect("127.0.0.1", meter.port)
        line = StrangerLine(link, client, address=ADDRESS, window=window)
        await line.open()
        assert isinstance(await line.ask(client.aarq()), Associated)
        yield line, meter
        assert await line.ask(client.release()) == Released()
        await line.close()


def rows(event: Event) -> list[object]:
    assert isinstance(event, Result)
    return [row.items[1].value for row in event.data.items]


@pytest.mark.parametrize("window", [0, 1, 3], ids=["wrapper", "hdlc", "hdlc in windows"])
@pytest.mark.parametrize("way", WAYS)
async def test_we_read_write_and_call(way: str, window: int) -> None:
    """All in blocks, since neither side takes more than 256 octets."""
    async with talking(way, window=window) as (line, _):
        client = line.client
        assert isinstance(client, Client)
        assert await line.ask(client.get(ENERGY)) == Result(double_long_unsigned(12_345_678))
        assert rows(await line.ask(client.get(PROFILE))) == [1000 + 7 * number for number in range(96)]
        assert await line.ask(client.set(NOTE, octets(LONG))) == Result(null())
        assert await line.ask(client.get(NOTE)) == Result(octets(LONG))
        assert await line.ask(client.act(COUNT, octets(LONG))) == Result(double_long_unsigned(len(LONG)))
        assert await line.ask(client.act(ECHO, octets(b"short"))) == Result(octets(b"short"))
        unknown = AttributeDescriptor(3, Obis(1, 0, 9, 9, 9), 2)
        assert await line.ask(client.get(unknown)) == Failed(DataAccessResult.OBJECT_UNDEFINED)


async def test_we_read_part_of_a_profile() -> None:
    async with talking("clear") as (line, _):
        assert isinstance(line.client, Client)
        by_entry = await line.ask(line.client.get(PROFILE, EntrySelection(3, 6)))
        between = RangeSelection(MIDNIGHT + 2 * 900, MIDNIGHT + 5 * 900)
        assert rows(by_entry) == [1014, 1021, 1028, 1035]
        assert rows(await line.ask(line.client.get(PROFILE, between))) == rows(by_entry)


@pytest.mark.parametrize("way", ["clear", "hls7 suite 2"])
async def test_we_do_much_at_once(way: str) -> None:
    async with talking(way) as (line, _):
        client = line.client
        assert isinstance(client, Client)
        assert await line.ask(client.set_list(((NOTE, octets(bytes(90))), (NOTE, octets(LONG))))) == Results(
            (DataAccessResult.SUCCESS, DataAccessResult.SUCCESS)
        )
        read = await line.ask(client.get_list((ENERGY, NOTE)))
        assert read == Results((double_long_unsigned(12_345_678), octets(LONG)))
        called = await line.ask(client.act_list(((COUNT, octets(bytes(90))), (COUNT, octets(LONG)))))
        assert called == Outcomes(
            tuple((ActionResult.SUCCESS, double_long_unsigned(length)) for length in (90, len(LONG)))
        )
        wanted = (
            (AccessGet(ENERGY), null()),
            (AccessSet(NOTE), octets(b"1")),
            (AccessAction(COUNT), octets(b"22")),
        )
        assert await line.ask(client.access(wanted)) == Accessed(
            (double_long_unsigned(12_345_678), null(), double_long_unsigned(2)),
            (DataAccessResult.SUCCESS, DataAccessResult.SUCCESS, ActionResult.SUCCESS),
        )


@pytest.mark.parametrize("lost", [[], [2, 5]], ids=["all arrive", "some are lost"])
@pytest.mark.parametrize("way", ["clear", "hls5 suite 0"])
async def test_long_messages_in_general_blocks(way: str, lost: list[int]) -> None:
    async with talking(way, blocks=BlockTransfer(window=3), lost=lost) as (line, _):
        client = line.client
        assert isinstance(client, Client)
        assert rows(await line.ask(client.get(PROFILE))) == [1000 + 7 * number for number in range(96)]
        assert await line.ask(client.set(NOTE, octets(LONG))) == Result(null())
        assert await line.ask(client.act(ECHO, octets(LONG))) == Result(octets(LONG))


async def test_we_read_an_old_meter_by_short_names() -> None:
    task = {"client": ADDRESS, "meter_title": "", "pdu": 1024, "hdlc": False, "mechanism": 0, "short": True}
    async with stranger_meter(task) as meter:
        client = ShortClient()
        line = StrangerLine(await tcp.connect("127.0.0.1", meter.port), client, address=ADDRESS)
        assert isinstance(await line.ask(client.aarq()), Associated)
        listed = await line.ask(client.objects())
        assert isinstance(listed, Results)
        (found,) = listed.results
        assert isinstance(found, Data)
        named = {each.logical_name: each for each in decode_base_names(found)}
        energy, profile = (named[each.instance].attribute(2) for each in (ENERGY, PROFILE))
        assert await line.ask(client.read([energy])) == Results((double_long_unsigned(12_345_678),))
        with pytest.raises(PeerError):  # its blocks hold the value alone; we expect the list of results
            await line.ask(client.read([profile]))
        assert await line.ask(client.release()) == Released()
        await line.close()


async def test_a_long_return_value_is_written_differently() -> None:
    """It sends the returned value alone in blocks; we expect the result in front of it, as jDLMS sends it."""
    async with talking("clear") as (line, _):
        assert isinstance(line.client, Client)
        with pytest.raises(PeerError):
            await line.ask(line.client.act(ECHO, octets(LONG)))


@pytest.mark.parametrize("way", ["clear", "hls5 suite 0"])
async def test_what_it_pushes_in_between_is_kept(way: str) -> None:
    body: Data = structure((unsigned(1), octets(b"alarm")))
    push = DataNotification(LongInvokeId(7, confirmed=False), None, body)
    protected = None if way == "clear" else "general-glo"
    async with talking(way) as (line, meter):
        assert isinstance(line.client, Client)
        await meter.say({"apdu": push.encode().hex(), "protection": protected})
        assert await line.ask(line.client.get(ENERGY)) == Result(double_long_unsigned(12_345_678))
        (pushed,) = line.pushed
        assert pushed.message == push


@pytest.mark.parametrize("way", NUMBERED)
async def test_its_meter_proves_with_the_number_of_another_suite(way: str) -> None:
    """The simulator answers mechanism 5 with security control 10h in every suite; it should be 11h, 12h."""
    with pytest.raises(TrustError) as refusal:
        async with talking(way):
            pass
    assert refusal.value.code == "hls-refused"
