"""General block transfer: whole messages over a line that loses, doubles and delays blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import GeneralBlockTransfer
from meterkast.protocols.dlms.general_block import (
    HEADER,
    TRANSITIONS,
    Action,
    BlockTransfer,
    GeneralBlocks,
    Signal,
    State,
)


def part(octets: bytes) -> GeneralBlockTransfer:
    message = apdu.decode(octets)
    assert isinstance(message, GeneralBlockTransfer)
    return message


def blocks(size: int, window: int = 1, limit: int = 1 << 20, most: int = 0xFFFF) -> GeneralBlocks:
    return GeneralBlocks(BlockTransfer(window=window, octets=limit, blocks=most), size=size)


class Line:
    """Two sides and a line that loses the blocks with these numbers, counted over both directions."""

    def __init__(self, one: GeneralBlocks, other: GeneralBlocks, lost: frozenset[int] = frozenset()) -> None:
        self.sides = (one, other)
        self.lost = lost
        self.sent = 0

    def carry(self, sender: int, message: bytes) -> bytes:
        """Sends a message to the other side and gives what arrives; a silent line is woken by the sender."""
        pending = [(1 - sender, octets) for octets in self.sides[sender].send(message)]
        while True:
            while pending:
                receiver, octets = pending.pop(0)
                number, self.sent = self.sent, self.sent + 1
                if number in self.lost:
                    continue
                replies, whole = self.sides[receiver].receive(part(octets))
                if whole is not None:
                    assert receiver == 1 - sender
                    return whole
                pending += [(1 - receiver, reply) for reply in replies]
            pending = [(1 - sender, octets) for octets in self.sides[sender].repeat()]


@given(st.binary(min_size=1, max_size=300), st.integers(1, 5), st.integers(1, 5), st.integers(1, 40))
def test_messages_of_every_length_arrive(message: bytes, window: int, other: int, size: int) -> None:
    one, two = blocks(HEADER + size, window), blocks(HEADER + size, other)
    assert Line(one, two).carry(0, message) == message


@given(st.frozensets(st.integers(0, 25), max_size=5), st.integers(1, 6))
def test_lost_blocks_are_sent_again(lost: frozenset[int], window: int) -> None:
    message = bytes(range(120))
    one, two = blocks(HEADER + 10), blocks(HEADER + 10, window)
    assert Line(one, two, lost).carry(0, message) == message


def test_a_question_and_its_answer_share_one_transfer() -> None:
    one, two = blocks(HEADER + 10, 3), blocks(HEADER + 10, 3)
    line = Line(one, two)
    assert line.carry(0, bytes(55)) == bytes(55)
    assert line.carry(1, b"a long answer to a long question") == b"a long answer to a long question"
    assert two.is_said
    assert one.is_confirmed


def test_a_window_is_never_exceeded() -> None:
    one = blocks(HEADER + 10)
    assert len(one.send(bytes(100))) == 1
    more, _ = one.receive(
        GeneralBlockTransfer(last=True, streaming=False, window=4, block_number=0, acknowledged=1, octets=b"")
    )
    assert [part(each).block_number for each in more] == [2, 3, 4, 5]
    assert [part(each).streaming for each in more] == [True, True, True, False]


def block(number: int, acknowledged: int = 0, octets: bytes = b"x") -> GeneralBlockTransfer:
    return GeneralBlockTransfer(
        last=False, streaming=False, window=1, block_number=number, acknowledged=acknowledged, octets=octets
    )


def test_what_was_never_sent_cannot_be_acknowledged() -> None:
    with pytest.raises(PeerError):
        blocks(100).receive(block(1, acknowledged=1))


def test_a_message_without_end_is_refused() -> None:
    side = blocks(100, limit=1000)
    for number in range(1, 101):
        side.receive(block(number, octets=bytes(10)))
    with pytest.raises(PeerError) as refusal:
        side.receive(block(101, octets=bytes(10)))
    assert refusal.value.code == "gbt-limit"


def test_a_peer_that_only_repeats_itself_is_left() -> None:
    side = blocks(100)
    side.receive(block(1))
    for _ in range(16):
        side.receive(block(1))
    with pytest.raises(PeerError) as refusal:
        side.receive(block(1))
    assert refusal.value.code == "gbt-repeats"


@pytest.mark.parametrize(("size", "window"), [(HEADER, 1), (100, 0), (100, 64)])
def test_settings_without_sense_are_our_own_mistake(size: int, window: int) -> None:
    with pytest.raises(LocalError):
        blocks(size, window)


@given(
    st.lists(
        st.builds(
            GeneralBlockTransfer,
            last=st.booleans(),
            streaming=st.booleans(),
            window=st.integers(0, 63),
            block_number=st.integers(0, 5),
            acknowledged=st.integers(0, 5),
            octets=st.binary(max_size=20),
        ),
        max_size=20,
    )
)
def test_any_blocks_move_or_are_refused(parts: list[GeneralBlockTransfer]) -> None:
    side = blocks(HEADER + 10, limit=100)
    side.send(bytes(30))
    try:
        for each in parts:
            replies, _ = side.receive(each)
            assert len(replies) <= 63
    except PeerError:
        pass


def test_every_block_has_a_meaning_in_every_state() -> None:
    """The table is whole: whatever the other side sends, and silence, has an entry."""
    for state, row in TRANSITIONS.items():
        missing = set(Signal) - row.keys()
        assert missing <= {Signal.SPEAK, Signal.END}, state
    assert Signal.SPEAK in TRANSITIONS[State.QUIET]
    assert {action for row in TRANSITIONS.values() for _, action in row.values()} == set(Action)
    assert {state for row in TRANSITIONS.values() for state, _ in row.values()} == set(State)


def test_a_message_that_takes_more_blocks_than_there_are_numbers_is_not_begun() -> None:
    with pytest.raises(LocalError) as refusal:
        blocks(HEADER + 1).send(bytes(0x10000))
    assert refusal.value.code == "gbt-too-long"


def test_nothing_is_sent_while_a_message_comes_in() -> None:
    side = blocks(100)
    side.receive(block(1))
    with pytest.raises(LocalError) as refusal:
        side.send(b"message")
    assert refusal.value.code == "gbt-out-of-turn"


def test_octets_before_all_of_ours_is_confirmed_are_no_answer() -> None:
    side = blocks(HEADER + 10)
    side.send(bytes(30))
    assert side.receive(block(1, acknowledged=1))[1] is None
    assert not side.first
