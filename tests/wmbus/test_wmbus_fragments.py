"""Messages in fragments: put together, and refused where something is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import PeerError
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.wmbus.authentication import Authentication
from meterkast.protocols.wmbus.fragments import Fragments, Message


def sender(number: int = 1) -> Identity:
    return Identity(manufacturer="MKM", identification=f"{number:08d}", version=1, device_type=3)


def pieces(message: bytes, size: int) -> list[tuple[Authentication, bytes]]:
    """The fragments of a message, with counter and length in the first and the code in the last."""
    cuts = [message[begin : begin + size] for begin in range(0, len(message), size)]
    fragments = []
    for number, octets in enumerate(cuts, 1):
        last = number == len(cuts)
        layer = Authentication(
            fragment=number,
            more=not last,
            control=0x25,
            counter=7 if number == 1 else None,
            message_length=len(message) if number == 1 else None,
            mac=bytes(8) if last else None,
        )
        fragments.append((layer, octets))
    return fragments


@given(st.binary(min_size=2, max_size=600), st.integers(1, 90))
def test_a_message_comes_back_whole(message: bytes, size: int) -> None:
    fragments = Fragments()
    answers = [fragments.add(sender(), *piece) for piece in pieces(message, size)]
    whole = answers[-1]
    assert isinstance(whole, Message)
    assert answers[:-1] == [None] * (len(answers) - 1)
    assert (whole.octets, whole.fragments) == (message, len(answers))
    assert (whole.authentication.counter, whole.authentication.mac) == (7, bytes(8))


def test_two_senders_at_once_do_not_mix() -> None:
    fragments = Fragments()
    first, second = pieces(b"first!", 3), pieces(b"second", 3)
    fragments.add(sender(1), *first[0])
    fragments.add(sender(2), *second[0])
    one, two = fragments.add(sender(1), *first[1]), fragments.add(sender(2), *second[1])
    assert one is not None
    assert two is not None
    assert (one.octets, two.octets) == (b"first!", b"second")


@pytest.mark.parametrize("heard", [[1], [0, 2], [0, 0, 2], [2, 1, 0, 2], [0, 1, 1]])
def test_a_fragment_that_is_missing_is_said(heard: list[int]) -> None:
    parts, fragments = pieces(b"123456789", 3), Fragments()

    def hear() -> list[Message | None]:
        return [fragments.add(sender(), *parts[number]) for number in heard]

    with pytest.raises(PeerError) as caught:
        hear()
    assert caught.value.code == "wmbus-fragment-missing"


def test_a_sender_may_begin_anew() -> None:
    parts, fragments = pieces(b"123456789", 3), Fragments()
    whole = [fragments.add(sender(), *parts[number]) for number in (0, 1, 0, 1, 2)][-1]
    assert whole is not None
    assert whole.octets == b"123456789"


def test_a_length_that_does_not_hold_is_refused() -> None:
    parts, fragments = pieces(b"123456", 3), Fragments()
    fragments.add(sender(), *parts[0])
    with pytest.raises(PeerError) as caught:
        fragments.add(sender(), parts[1][0], b"45")
    assert caught.value.code == "wmbus-length-wrong"


def test_memory_is_bounded() -> None:
    fragments = Fragments()
    for number in range(200):
        fragments.add(sender(number), *pieces(b"123456", 3)[0])
    assert len(fragments._unfinished) == 64

    def endless() -> None:
        for number in range(1, 255):
            fragments.add(sender(), Authentication(fragment=number, more=True), bytes(200))

    with pytest.raises(PeerError) as caught:
        endless()
    assert caught.value.code == "wmbus-fragments-long"
