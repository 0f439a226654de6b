"""The wrapper: known octets, any cut of the stream, datagrams, and what goes wrong."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols import wrapper
from meterkast.protocols.wrapper import Decoder, Wpdu

ports = st.integers(0, 0xFFFF)
wpdus = st.builds(Wpdu, source=ports, destination=ports, apdu=st.binary(max_size=200))


def octets_of(wpdu: Wpdu) -> bytes:
    return wrapper.encode(wpdu.source, wpdu.destination, wpdu.apdu)


def test_known_answer() -> None:
    # IEC 62056-47, 5.3.4: version 0001, source 0010 (public client), destination 0001, length
    assert wrapper.encode(0x10, 1, bytes.fromhex("C001C1")).hex() == "0001001000010003c001c1"


@given(st.lists(wpdus, max_size=5), st.integers(1, 9))
def test_any_cut_of_the_stream_gives_the_same(sent: list[Wpdu], size: int) -> None:
    stream = b"".join(map(octets_of, sent))
    decoder = Decoder()
    found = [wpdu for at in range(0, len(stream), size) for wpdu in decoder.receive(stream[at : at + size])]
    assert found == Decoder().receive(stream) == sent


@given(st.binary(max_size=64))
def test_garbage_raises_the_peer_error_and_nothing_else(octets: bytes) -> None:
    with suppress(PeerError):
        Decoder(limit=32).receive(octets)


@given(wpdus, st.binary(max_size=3))
def test_a_datagram_is_one_apdu_and_nothing_else(wpdu: Wpdu, rest: bytes) -> None:
    octets = octets_of(wpdu)
    assert wrapper.parse(octets) == wpdu
    for wrong, code in (
        (octets + b"x" + rest, "wrapper-length-wrong"),
        (octets[:-1] if wpdu.apdu else octets + b"x", "wrapper-length-wrong"),
        (b"\x00\x02" + octets[2:], "wrapper-version"),
        (octets[:7], "wrapper-incomplete"),
    ):
        with pytest.raises(PeerError) as refused:
            wrapper.parse(wrong)
        assert refused.value.code == code


@given(st.binary(max_size=40))
def test_garbage_in_a_datagram_raises_only_the_peer_error(octets: bytes) -> None:
    with suppress(PeerError):
        wrapper.parse(b"\x00\x01" + octets)


def test_what_was_whole_before_the_fault_comes_out_and_nothing_after_it() -> None:
    good = wrapper.encode(1, 1, b"x")
    decoder = Decoder()
    assert decoder.receive(good + b"\x00\x02garbage") == [Wpdu(source=1, destination=1, apdu=b"x")]
    for octets in (b"", good):
        with pytest.raises(PeerError, match="wrapper format"):
            decoder.receive(octets)


def test_too_long_is_refused_from_the_header_alone() -> None:
    with pytest.raises(PeerError, match="refused"):
        Decoder(limit=10).receive(wrapper.encode(1, 1, bytes(11))[:8])
    assert len(Decoder(limit=10).receive(wrapper.encode(1, 1, bytes(10)))) == 1


def test_what_does_not_fit_the_header_is_our_own_fault() -> None:
    for misfit in ((1 << 16, 1, b""), (1, -1, b""), (1, 1, bytes(1 << 16))):
        with pytest.raises(LocalError):
            wrapper.encode(*misfit)
