"""The document: a known answer, round trips, the schema as a second opinion, and everything that is none."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.x1 import LINE_LIMIT
from meterkast.protocols.x1.document import Document, Gas
from meterkast.protocols.x1.quantity import QUANTITIES
from meterkast.protocols.x1.reading import decode
from meterkast.protocols.x1.schema import schema
from meterkast.protocols.x1.stream import Lines

AT = int(datetime(2026, 3, 29, 1, 0, 1, tzinfo=UTC).timestamp())
"""One second after the clocks went forward."""
DOCUMENT = Document(
    at=AT,
    equipment="KFM5000000000017",
    rate=2,
    values={"1-0:1.8.1": Decimal(1_234_567), "1-0:1.7.0": Decimal(482), "1-0:32.7.0": Decimal("231.4")},
    gas={1: Gas(equipment="MKM12345678", indexes=((AT - 301, 4_321_090), (AT - 1, 4_321_098)))},
)
LINE = (
    b'{"profile":"meterkast-x1/0","objects":{"0-0:1.0.0":{"value":"2026-03-29T03:00:01+02:00"},'
    b'"0-0:96.1.1":{"value":"KFM5000000000017"},"0-0:96.14.0":{"value":2},'
    b'"1-0:1.8.1":{"value":1234.567,"unit":"kWh"},"1-0:1.7.0":{"value":0.482,"unit":"kW"},'
    b'"1-0:32.7.0":{"value":231.4,"unit":"V"},"0-1:24.1.0":{"value":3},"0-1:96.1.0":{"value":"MKM12345678"},'
    b'"0-1:24.2.1":{"value":4321.098,"unit":"m3","at":"2026-03-29T03:00:00+02:00",'
    b'"before":[{"value":4321.09,"at":"2026-03-29T01:55:00+01:00"}]}}}\n'
)
"""Written by hand from ``docs/standards/x1.md``."""

VALIDATOR = Draft202012Validator(schema())
_WATTS = st.decimals(min_value=0, max_value=99_999, places=0)
_TENTHS = st.decimals(min_value=0, max_value="998.9", places=1)
_LITRES = st.integers(0, 99_999_999)
_NAMES = st.from_regex(r"\A[A-Z]{3}[0-9]{8,13}\Z")


def _value(code: str) -> st.SearchStrategy[Decimal]:
    return _WATTS if QUANTITIES[code].unit in {"kW", "kWh"} else _TENTHS


DOCUMENTS = st.builds(
    Document,
    at=st.integers(0, 4_000_000_000),
    equipment=_NAMES,
    rate=st.none() | st.integers(0, 9999),
    values=st.fixed_dictionaries({}, optional={code: _value(code) for code in QUANTITIES}),
    gas=st.dictionaries(
        st.integers(1, 4),
        st.builds(
            Gas,
            equipment=_NAMES,
            indexes=st.lists(st.tuples(st.integers(0, 4_000_000_000), _LITRES), min_size=1, max_size=12).map(
                tuple
            ),
        ),
        max_size=4,
    ),
)


def test_the_known_answer() -> None:
    assert DOCUMENT.encode() == LINE
    assert decode(LINE) == DOCUMENT
    VALIDATOR.validate(json.loads(LINE))


@given(DOCUMENTS)
def test_there_and_back_and_as_the_schema_says(document: Document) -> None:
    line = document.encode()
    assert decode(line) == document
    assert decode(line).encode() == line
    VALIDATOR.validate(json.loads(line))


def test_the_schema_is_a_schema_and_knows_every_code() -> None:
    Draft202012Validator.check_schema(schema())
    full = Document(at=AT, equipment="X", values=dict.fromkeys(QUANTITIES, Decimal(1)))
    VALIDATOR.validate(json.loads(full.encode()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("meterkast-x1/0", "meterkast-x1/1"),
        ("1-0:1.8.1", "1-0:1.8.3"),
        ('"kWh"', '"Wh"'),
        ("1234.567", "1234.5678"),
        ("1234.567", '"1234.567"'),
        ("1234.567", "-1"),
        ("1234.567", "1000000"),
        ("1234.567", "1e3"),
        ("1234.567", "true"),
        ("1234.567", "NaN"),
        ('{"value":2}', '{"value":2.5}'),
        ('{"value":2}', '{"value":2,"unit":"A"}'),
        ("2026-03-29T03:00:01+02:00", "2026-03-29T03:00:01"),
        ("2026-03-29T03:00:01+02:00", "2026-13-29T03:00:01+02:00"),
        ("2026-03-29T03:00:01+02:00", "2026-03-29T02:00:01+01:00"),
        ('"0-1:24.1.0":{"value":3}', '"0-1:24.1.0":{"value":7}'),
        ('"0-1:24.1.0":{"value":3},', ""),
        ('"0-1:96.1.0":{"value":"MKM12345678"},', ""),
        ('"before":[', '"before":[{},'),
        ('"before":[{"value":4321.09,"at":"2026-03-29T01:55:00+01:00"}]', '"before":{}'),
        ("KFM5000000000017", "KFM5\\u0000"),
        ("KFM5000000000017", ""),
        ('"0-0:96.1.1":{"value":"KFM5000000000017"},', ""),
        ('"profile":"meterkast-x1/0",', ""),
        ('"objects":{', '"objects":{"more":{},'),
        ('{"profile"', '{"more":1,"profile"'),
        ('{"profile"', '{"profile":1,"profile"'),
        ("}}}", "}}"),
        ("}}}", "}}}}"),
    ],
)
def test_what_is_no_document(old: str, new: str) -> None:
    changed = LINE.decode().replace(old, new, 1)
    assert changed != LINE.decode()
    with pytest.raises(PeerError) as caught:
        decode(changed.encode())
    assert caught.value.code == (
        "x1-profile-other" if "profile" in old and "/1" in new else caught.value.code
    )
    assert caught.value.code in {"x1-malformed", "x1-profile-other"}


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_garbage_is_refused_as_such(octets: bytes) -> None:
    with pytest.raises(PeerError):
        decode(octets)


@given(st.data())
def test_a_changed_octet_is_read_or_refused(data: st.DataObject) -> None:
    octets = bytearray(LINE)
    octets[data.draw(st.integers(0, len(LINE) - 1))] = data.draw(st.integers(0, 255))
    try:
        document = decode(bytes(octets))
    except PeerError:
        return
    VALIDATOR.validate(json.loads(document.encode()))


@pytest.mark.parametrize(
    "octets", [b"[" * 8000, b'{"profile":' * 700, b" " * (LINE_LIMIT + 1), b'{"a":' + b"9" * 8000 + b"}"]
)
def test_bounds_hold(octets: bytes) -> None:
    with pytest.raises(PeerError):
        decode(octets)


@pytest.mark.parametrize(
    "document",
    [
        Document(at=AT, equipment="with\nline"),
        Document(at=AT, equipment="X", rate=-1),
        Document(at=AT, equipment="X", values={"1-0:1.8.1": Decimal(-1)}),
        Document(at=AT, equipment="X", values={"1-0:9.9.9": Decimal(1)}),
        Document(at=AT, equipment="X", gas={5: Gas(equipment="G", indexes=((AT, 1),))}),
        Document(at=AT, equipment="X", gas={1: Gas(equipment="G", indexes=())}),
        Document(at=AT, equipment="X", gas={1: Gas(equipment="G", indexes=((AT, 1),) * 13)}),
        Document(at=AT, equipment="X", gas={1: Gas(equipment="G", indexes=((AT, 10**8),))}),
    ],
)
def test_what_does_not_fit_is_not_written(document: Document) -> None:
    with pytest.raises(LocalError) as caught:
        document.encode()
    assert caught.value.code == "x1-value-range"


@given(st.lists(st.integers(1, 40), max_size=30))
def test_lines_come_whole_whatever_the_pieces(cuts: list[int]) -> None:
    octets, lines = LINE * 3, Lines()
    found: list[bytes] = []
    for cut in cuts:
        found += lines.receive(octets[:cut])
        octets = octets[cut:]
    found += lines.receive(octets)
    assert found == [LINE[:-1]] * 3


def test_a_line_without_end_is_not_kept() -> None:
    lines = Lines()
    assert list(lines.receive(b"x" * (LINE_LIMIT - 1))) == []
    with pytest.raises(PeerError) as caught:
        list(lines.receive(b"x"))
    assert caught.value.code == "x1-too-long"
