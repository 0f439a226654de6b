"""The broker codec: known lines, round trip, any bytes either a message or PeerError, bounded."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import PeerError
from meterkast.protocols.broker import Answer, Decoder, Fields, Message, Refusal, Request, decode, encode

_NUMBERS = st.integers(-(1 << 63), (1 << 64) - 1)
_VALUES = st.one_of(st.none(), st.booleans(), _NUMBERS, st.text(), st.lists(st.lists(_NUMBERS, max_size=3)))
_FIELDS = st.dictionaries(st.text(), _VALUES, max_size=4).map(Fields)
_MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Request, number=_NUMBERS, method=st.text(), params=_FIELDS),
    st.builds(Answer, number=_NUMBERS, result=_FIELDS),
    st.builds(Refusal, number=_NUMBERS, code=st.text()),
)


def test_lines_are_those_of_json_rpc() -> None:
    """Literals written from the JSON-RPC 2.0 specification, sections 4 and 5."""
    request = Request(number=7, method="module.exchange", params=Fields({"apdu": "c001"}))
    assert encode(request) == (
        b'{"jsonrpc":"2.0","id":7,"method":"module.exchange","params":{"apdu":"c001"}}\n'
    )
    assert encode(Answer(number=7, result=Fields({"now": 12}))) == (
        b'{"jsonrpc":"2.0","id":7,"result":{"now":12}}\n'
    )
    assert encode(Refusal(number=7, code="module-silent")) == (
        b'{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"refused","data":{"code":"module-silent"}}}\n'
    )


@given(_MESSAGES)
def test_round_trip(message: Message) -> None:
    assert decode(encode(message)[:-1]) == message


@given(st.lists(_MESSAGES, max_size=4), st.integers(1, 50))
def test_pieces_equal_the_whole(messages: list[Message], piece: int) -> None:
    octets = b"".join(map(encode, messages))
    decoder = Decoder()
    pieces = (octets[start : start + piece] for start in range(0, len(octets), piece))
    assert [message for part in pieces for message in decoder.receive(part)] == messages


@given(st.binary(max_size=200))
def test_garbage_is_the_peers_fault(octets: bytes) -> None:
    with suppress(PeerError):
        decode(octets)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"[" * 100_000, "broker-malformed"),
        (b'{"a":' * 100_000, "broker-malformed"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"v":1.5}}', "broker-malformed"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"v":NaN}}', "broker-malformed"),
        (b'{"jsonrpc":"2.0","id":1,"result":{"v":' + b"9" * 5000 + b"}}", "broker-malformed"),
        (b'{"jsonrpc":"2.0","id":18446744073709551616,"result":{}}', "broker-malformed"),
        (b'{"jsonrpc":"2.0","id":1,"id":1,"result":{}}', "broker-malformed"),
        (b'{"jsonrpc":"1.0","id":1,"result":{}}', "broker-malformed"),
        (b'{"jsonrpc":"2.0","id":1,"method":"x","result":{}}', "broker-malformed"),
        (b'{"jsonrpc":"2.0","id":true,"result":{}}', "broker-field"),
        (b'{"jsonrpc":"2.0","id":1,"result":[]}', "broker-field"),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}', "broker-field"),
    ],
)
def test_refused_lines(line: bytes, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        decode(line)
    assert caught.value.code == code


def test_an_endless_line_is_cut_off() -> None:
    decoder = Decoder(limit=1000)
    assert list(decoder.receive(b"x" * 1000)) == []
    with pytest.raises(PeerError) as caught:
        list(decoder.receive(b"x"))
    assert caught.value.code == "broker-line-too-long"


@pytest.mark.parametrize("text", ["abc", "zz", "ab cd", "é0", "0x10"])
def test_octets_are_hexadecimal_only(text: str) -> None:
    with pytest.raises(PeerError) as caught:
        Fields({"apdu": text}).octets("apdu")
    assert caught.value.where == "apdu"


def test_typed_access() -> None:
    fields = Fields({"day": "2026-03-29", "task": 3, "yes": True, "rows": [[1, 2], [3, 4]], "apdu": "C001"})
    assert (fields.text("day"), fields.number("task")) == ("2026-03-29", 3)
    assert fields.rows("rows", 2) == ((1, 2), (3, 4))
    assert fields.octets("apdu") == b"\xc0\x01"
    for misread in (
        lambda: fields.number("yes"),
        lambda: fields.text("task"),
        lambda: fields.rows("rows", 3),
        lambda: fields.rows("day", 1),
        lambda: fields.text("absent"),
    ):
        with pytest.raises(PeerError):
            misread()
