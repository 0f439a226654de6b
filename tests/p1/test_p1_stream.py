"""The stream reader: any pieces, any garbage, bounded; plain and encrypted."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError, TrustError
from meterkast.protocols.p1.encrypted import EncryptedTelegram
from meterkast.protocols.p1.stream import Event, Lost, TelegramStream
from meterkast.protocols.p1.telegram import MAXIMUM_SIZE, CrcVerdict, Telegram, emit

KEY, OTHER_KEY = bytes(range(16)), bytes(16)
TITLE = b"MKVTITLE"


def numbered(number: int) -> bytes:
    return emit("/MKV5TEST", [("1-0:1.8.1", [f"{number:06}.000*kWh"]), ("0-0:96.14.0", ["0001"])])


def sealed(number: int) -> bytes:
    return EncryptedTelegram.seal(numbered(number), KEY, system_title=TITLE, counter=number).encode()


def numbers(events: list[Event]) -> list[int]:
    return [int(event.objects[0].values[0][:6]) for event in events if isinstance(event, Telegram)]


def fed(stream: TelegramStream, octets: bytes, cuts: list[int]) -> list[Event]:
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    events = [event for start, end in pairwise(places) for event in stream.receive(octets[start:end])]
    return events + stream.end()


cuts = st.lists(st.integers(0, 600), max_size=12)
between = st.binary(max_size=20).filter(lambda octets: not {0xDB, ord("/")} & set(octets))


@given(cuts, st.lists(between, min_size=4, max_size=4))
def test_every_telegram_is_found_however_the_octets_come(pieces: list[int], noise: list[bytes]) -> None:
    octets = noise[0] + b"".join(numbered(n) + noise[n] for n in range(1, 4))
    events = fed(TelegramStream(), octets, pieces)
    assert numbers(events) == [1, 2, 3]
    assert all(event.crc is CrcVerdict.OK for event in events if isinstance(event, Telegram))
    assert sum(event.octets for event in events if isinstance(event, Lost)) == sum(map(len, noise))


@given(cuts, st.lists(between, min_size=4, max_size=4))
def test_every_frame_is_opened_however_the_octets_come(pieces: list[int], noise: list[bytes]) -> None:
    octets = noise[0] + b"".join(sealed(n) + noise[n] for n in range(1, 4))
    events = fed(TelegramStream(KEY), octets, pieces)
    assert numbers(events) == [1, 2, 3]


def test_octet_by_octet_gives_the_same() -> None:
    stream = TelegramStream()
    octets = b"end of one\r\n!1234\r\n" + numbered(1) + numbered(2)
    events = [event for octet in octets for event in stream.receive(bytes((octet,)))]
    assert numbers(events) == [1, 2]
    assert stream.end() == []


def test_a_telegram_that_loses_its_end_costs_itself_only() -> None:
    octets = numbered(1)[:-11] + b"\r\n" + numbered(2)
    first, second = fed(TelegramStream(), octets, [])
    assert isinstance(first, Telegram)
    assert (first.crc, [finding.code for finding in first.findings]) == (
        CrcVerdict.BAD,
        ["p1-bracket-missing", "p1-end-missing"],
    )
    assert numbers([second]) == [2]


def test_a_line_end_lost_behind_the_crc_costs_nothing() -> None:
    events = fed(TelegramStream(), numbered(1)[:-2] + numbered(2)[:-2], [])
    assert numbers(events) == [1, 2]
    assert all(event.crc is CrcVerdict.OK for event in events if isinstance(event, Telegram))


def test_what_never_ends_is_dropped_at_the_bound_and_the_next_is_found() -> None:
    stream = TelegramStream()
    events: list[Event] = []
    for _ in range(MAXIMUM_SIZE // 64 + 2):
        events += stream.receive(b"/" + b"x" * 63)
        assert len(stream._kept) <= MAXIMUM_SIZE + 64
    events += stream.receive(b"\r\n" + numbered(1))
    assert numbers(events) == [1]
    reasons = [event.error.code for event in events if isinstance(event, Lost) and event.error]
    # The rest of it, up to the next slash at the start of a line, is no telegram either.
    assert reasons == ["p1-too-long", "p1-end-missing"]


def test_another_key_opens_nothing_and_a_changed_frame_costs_itself_only() -> None:
    frames = [sealed(n) for n in (1, 2, 3)]
    events = fed(TelegramStream(OTHER_KEY), b"".join(frames), [])
    assert [type(event.error) for event in events if isinstance(event, Lost)] == [TrustError] * 3
    changed = frames[0] + frames[1][:-1] + bytes((frames[1][-1] ^ 1,)) + frames[2]
    assert numbers(fed(TelegramStream(KEY), changed, [])) == [1, 3]


def test_an_encrypted_port_without_a_key_is_said_at_once() -> None:
    with pytest.raises(DataError) as caught:
        TelegramStream().receive(b"noise" + sealed(1))
    assert caught.value.code == "key-needed"


def test_a_frame_in_the_middle_does_not_stop_the_search_for_a_header() -> None:
    octets = sealed(1)[40:] + b"\xdb\x08short" + b"\xdb\xdb" + sealed(2)
    assert numbers(fed(TelegramStream(KEY), octets, [])) == [2]


@given(
    st.lists(st.binary(max_size=120) | st.text("/!()0-:.1*\r\n", max_size=120).map(str.encode), max_size=8)
)
def test_garbage_is_lost_and_nothing_else(pieces: list[bytes]) -> None:
    for stream in (TelegramStream(), TelegramStream(KEY)):
        with suppress(DataError):
            for piece in pieces:
                stream.receive(piece)
            stream.end()
