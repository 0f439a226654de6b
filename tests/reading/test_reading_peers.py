"""Agreed with by a stranger: the client of pydlms-client, in a process of its own, talks to a meter of ours.

What it can and cannot do, and where the two disagree, is on ``docs/standards/dlms.md``.
"""

from typing import Any, Final

import pytest

from cosem.peers import QUARTER, ROWS, START
from cosem.protected import CLIENT, protection
from meterkast.protocols.axdr import octets
from meterkast.protocols.datetime import from_unix_local
from meterkast.protocols.dlms.general_block import BlockTransfer
from reading.stranger import ENERGY, LOAD, LONG, NOTE, STRANGER, keys, listening, peer
from reading.stranger_meter import (
    CLEAR,
    CLIENT_KEY,
    ECDSA,
    GMAC,
    METER_KEY,
    SECRET,
    SECRET_3,
    SECRET_4,
    SECRET_6,
    SHORT,
    SHOWN,
    SIGNED,
    meter,
)

pytestmark = STRANGER

OTHER: Final = bytes(reversed(LONG))


SIGNING: Final = {"mechanism": 7, "private": CLIENT_KEY, "peer": METER_KEY}
NAMED: Final = {"title": protection(CLIENT).title.octets.hex(), "secret": SECRET.hex()}
WAYS: Final[dict[str, dict[str, Any]]] = {
    "clear": {"client": CLEAR},
    "password": {"client": SHOWN, "mechanism": 1, "secret": SECRET.hex()},
    "hls3": {"client": SECRET_3, "mechanism": 3, "secret": SECRET.hex()},
    "hls4": {"client": SECRET_4, "mechanism": 4, "secret": SECRET.hex()},
    "hls6": {"client": SECRET_6, "mechanism": 6, **NAMED},
    "hls7": {"client": SIGNED, **SIGNING, "suite": 1, "title": NAMED["title"]},
    **{f"hls5 suite {suite}": {"client": GMAC[suite], "mechanism": 5, **keys(suite)} for suite in GMAC},
    **{f"hls7 suite {suite}": {"client": ECDSA[suite], **SIGNING, **keys(suite)} for suite in ECDSA},
    "general-glo": {"client": GMAC[0], "mechanism": 5, **keys(0), "protection": "general-glo"},
    "dedicated": {"client": GMAC[0], "mechanism": 5, **keys(0), "use_dedicated_key": True},
    "general-ded": {
        "client": GMAC[0],
        "mechanism": 5,
        **keys(0),
        "protection": "general-glo",
        "use_dedicated_key": True,
    },
}


@pytest.mark.parametrize("hdlc", [False, True], ids=["wrapper", "hdlc"])
@pytest.mark.parametrize("way", WAYS)
async def test_it_reads_writes_and_calls(way: str, hdlc: bool) -> None:
    """All in blocks, since neither side takes more than 256 octets."""
    server, note = meter(max_pdu_size=256)
    steps = [
        ["register", ENERGY],
        ["objects"],
        ["rows", LOAD],
        ["set", NOTE, 1, 2, LONG.hex()],
        ["act", NOTE, 1, 2, OTHER.hex()],
        ["act", NOTE, 1, 1, b"short".hex()],
        ["fails", "set_wrong", NOTE, 1, 2],
        ["get_many", [ENERGY, 3, 2], [NOTE, 1, 2], ["1.0.9.9.9.255", 3, 2]],
    ]
    async with listening(server, hdlc=hdlc) as port:
        task = {**WAYS[way], "port": port, "hdlc": hdlc, "pdu": 256, "steps": steps}
        register, objects, rows, _, length, echo, refused, many = await peer("peer_client.py", task)
    assert register.startswith("1234567")
    assert (objects, len(rows)) == (8, len(ROWS))
    assert (note.value, length) == (octets(OTHER), len(OTHER))
    assert echo == b"short".hex()
    assert "TYPE_UNMATCHED" in refused
    assert many == [1_234_567, OTHER.hex(), "OBJECT_UNDEFINED"]


@pytest.mark.parametrize("way", ["clear", "hls5 suite 0"])
async def test_it_reads_part_of_a_profile(way: str) -> None:
    server, _ = meter(max_pdu_size=256)
    first, last = (from_unix_local(START + QUARTER * number).encode().hex() for number in (2, 5))
    steps = [["entries", LOAD, 3, 6], ["between", LOAD, first, last], ["entries", LOAD, 90, 0]]
    async with listening(server) as port:
        entries, between, rest = await peer("peer_client.py", {**WAYS[way], "port": port, "steps": steps})
    assert entries == between
    assert [row[2] for row in entries] == [1_000_000 + 17 * number for number in (2, 3, 4, 5)]
    assert entries[0][0] == first
    assert len(rest) == len(ROWS) - 89


@pytest.mark.parametrize("split", [True, False], ids=["lists", "one list in blocks"])
async def test_it_writes_and_calls_in_lists(split: bool) -> None:
    server, note = meter(max_pdu_size=256)
    values = [bytes((number,)) * 120 for number in range(3)]
    items = [[NOTE, 1, 2, value.hex()] for value in values]
    steps = [["set_many", split, *items], ["act_many", split, *items]]
    async with listening(server) as port:
        task = {**WAYS["clear"], "port": port, "pdu": 256, "steps": steps}
        written, called = await peer("peer_client.py", task)
    assert written == ["SUCCESS"] * 3
    assert called == [120] * 3
    assert note.value == octets(values[-1])


@pytest.mark.parametrize("way", ["clear", "hls5 suite 0", "hls7 suite 1"])
async def test_it_does_several_things_in_one_access(way: str) -> None:
    server, note = meter()
    steps = [["access", [ENERGY, 3, 2], [NOTE, 1, 2], LONG[:100].hex()]]
    async with listening(server) as port:
        task = {**WAYS[way], "port": port, "propose_access": True, "steps": steps}
        (outcomes,) = await peer("peer_client.py", task)
    assert outcomes == [["SUCCESS", 1_234_567], ["SUCCESS", None], ["SUCCESS", LONG[:100].hex()]]
    assert note.value == octets(LONG[:100])


@pytest.mark.parametrize("way", ["clear", "hls5 suite 0"])
async def test_long_messages_in_general_blocks(way: str) -> None:
    """Also what it reads differently in blocks of the service: here the whole answer is cut.

    Its block 1 of a second long request still acknowledges the answer to the first; one of them each, then.
    """
    server, note = meter(max_pdu_size=256, blocks=BlockTransfer(window=3))
    task = {**WAYS[way], "pdu": 256, "propose_gbt": True, "gbt_window": 3}
    steps = [["rows", LOAD], ["set", NOTE, 1, 2, LONG.hex()]]
    async with listening(server) as port:
        rows, _ = await peer("peer_client.py", {**task, "port": port, "steps": steps})
        steps = [["act", NOTE, 1, 1, OTHER.hex()]]
        (echo,) = await peer("peer_client.py", {**task, "port": port, "counter": 1000, "steps": steps})
    assert len(rows) == len(ROWS)
    assert (note.value, echo) == (octets(LONG), OTHER.hex())


@pytest.mark.parametrize("window", [1, 3, 7])
async def test_frames_in_windows(window: int) -> None:
    server, note = meter()
    steps = [["rows", LOAD], ["set", NOTE, 1, 2, LONG.hex()]]
    async with listening(server, hdlc=True, window=window) as port:
        task = {**WAYS["hls5 suite 0"], "port": port, "hdlc": True, "window": window, "steps": steps}
        rows, _ = await peer("peer_client.py", task)
    assert len(rows) == len(ROWS)
    assert note.value == octets(LONG)


async def test_it_reads_by_short_names() -> None:
    """A value in blocks it expects alone; our blocks hold the list of results, the only form READ has."""
    server, _ = meter()
    steps = [["register", ENERGY], ["fails", "rows", LOAD]]
    async with listening(server) as port:
        task = {"client": SHORT, "logical_names": False, "port": port, "pdu": 1024, "steps": steps}
        register, refused = await peer("peer_client.py", task)
    assert register.startswith("1234567")
    assert "trailing octets after block-transferred data" in refused


async def test_a_long_return_value_is_read_differently() -> None:
    """We send the result and what was returned, as jDLMS does; it expects the returned value alone."""
    server, _ = meter(max_pdu_size=256)
    async with listening(server) as port:
        task = {
            **WAYS["clear"],
            "port": port,
            "pdu": 256,
            "steps": [["fails", "act", NOTE, 1, 1, LONG.hex()]],
        }
        (said,) = await peer("peer_client.py", task)
    assert "trailing octets after ACTION return data" in said


@pytest.mark.parametrize(
    ("way", "changed"),
    [
        ("password", {"secret": b"wrong".hex()}),
        ("hls6", {"secret": b"wrong".hex()}),
        ("hls7", {"private": CLIENT_KEY + 1}),
        ("hls5 suite 0", {"key": bytes(16).hex()}),
        ("hls5 suite 1", {"suite": 0}),
        ("hls7 suite 2", {"private": CLIENT_KEY + 1}),
        ("clear", {"client": 99}),
    ],
)
async def test_with_anything_wrong_it_does_not_get_in(way: str, changed: dict[str, Any]) -> None:
    server, _ = meter()
    async with listening(server) as port:
        task = {**WAYS[way], **changed, "port": port, "steps": []}
        with pytest.raises(AssertionError, match="Error"):
            await peer("peer_client.py", task)
        control = {**WAYS[way], "port": port, "counter": 1000, "steps": []}
        assert await peer("peer_client.py", control) == []
