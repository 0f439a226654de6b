"""Attacks on the decoders themselves: cut, bloated and nested messages, and a meter that lies (AT-18, 23-25).

Time and memory are measured: a refusal may take 50 ms and 4 MiB, whatever the message claims to hold.
"""

import math
import time
import tracemalloc
from collections.abc import Callable

import pytest

from dlms.test_dlms_apdu import EVERY_KIND
from meterkast.model.errors import MeterkastError, PeerError
from meterkast.model.obis import Obis
from meterkast.protocols import axdr, ber
from meterkast.protocols.axdr import array, double_long, encode, float64, structure
from meterkast.protocols.axdr.row import layout_of
from meterkast.protocols.cosem.capture import CaptureObject
from meterkast.protocols.cosem.profile import decode_buffer
from meterkast.protocols.dlms import acse, apdu
from meterkast.protocols.dlms.table import TableReader

_SECONDS, _OCTETS = 0.05, 4 << 20


def refused(decode: Callable[[bytes], object], octets: bytes) -> MeterkastError:
    """The refusal, within its bounds."""
    tracemalloc.start()
    began = time.perf_counter()
    try:
        with pytest.raises(PeerError) as refusal:
            decode(octets)
        spent, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < _OCTETS
    assert spent < _SECONDS * 20  # tracing slows; a machine at work too
    return refusal.value


@pytest.mark.parametrize("message", EVERY_KIND, ids=lambda message: type(message).__name__)
def test_at23_every_kind_cut_at_every_octet(message: apdu.Apdu) -> None:
    octets = message.encode()
    assert apdu.decode(octets) == message
    for end in range(len(octets)):
        with pytest.raises(PeerError):
            apdu.decode(octets[:end])


@pytest.mark.parametrize(
    "bomb",
    [
        "0184FFFFFFFF",  # array of 2**32 - 1
        "0284FFFFFFFF",  # structure
        "0984FFFFFFFF00",  # octet string
        "0484FFFFFFFF00",  # bit string
        "1301FFFF000084FFFFFFFF",  # compact array of arrays
        "130284FFFFFFFF",  # compact array of a structure
        "13000084FFFFFFFF",  # compact array of null-data
        "01850000000001",  # a length of five octets
    ],
)
def test_at24_length_bombs_in_data(bomb: str) -> None:
    refused(axdr.decode, bytes.fromhex(bomb))
    refused(apdu.decode, bytes.fromhex("0F0000000100" + bomb))


@pytest.mark.parametrize("bomb", ["6084FFFFFFFF", "60820FFF", "6080", "6085FFFFFFFFFF", "1F8100"])
def test_at24_length_bombs_in_ber(bomb: str) -> None:
    refused(acse.decode, bytes.fromhex(bomb))
    refused(lambda octets: list(ber.elements(octets)), bytes.fromhex(bomb))


def test_at24_many_small_values_stop_at_the_limit() -> None:
    few, many = b"\x01\x82\xff\x00" + bytes(0xFF00), b"\x01\x83\x02\x00\x00" + bytes(0x20000)
    assert len(axdr.decode(few).items) == 0xFF00
    with pytest.raises(PeerError) as refusal:
        axdr.decode(many)
    assert refusal.value.code == "axdr-too-many"


@pytest.mark.parametrize("opening", [b"\x02\x01", b"\x01\x01", b"\x13\x02\x01\x02\x01"])
@pytest.mark.parametrize("depth", [17, 1_000, 100_000])
def test_at25_deep_nesting(opening: bytes, depth: int) -> None:
    assert axdr.decode(b"\x02\x01" * 16 + b"\x00")
    refused(axdr.decode, opening * depth + b"\x00")


def test_at25_deep_type_descriptions() -> None:
    refused(axdr.decode, b"\x13" + b"\x02\x01" * 100_000 + b"\x00\x00")


def test_at18_a_lying_meter_is_read_as_it_says() -> None:
    """Backwards, negative, frozen, no number at all: it comes out raw, for the validation to flag."""
    lies = [1000, 999, 999, -5, 2**31 - 1]
    rows = array(structure((double_long(value),)) for value in lies)
    column = CaptureObject(class_id=3, logical_name=Obis(1, 0, 1, 8, 0), attribute=2)
    assert [row.values[0].value for row in decode_buffer(rows, [column], 900)] == lies
    layout = layout_of(rows.items[0])
    assert layout is not None
    assert TableReader(layout).body(encode(rows)).columns[0].tolist() == lies
    (read,) = axdr.decode(encode(array((float64(math.nan),)))).items
    assert isinstance(read.value, float)
    assert math.isnan(read.value)
