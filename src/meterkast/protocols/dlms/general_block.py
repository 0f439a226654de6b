"""General block transfer: a message of any length, in windows of blocks, with lost ones sent again.

One ``GeneralBlocks`` is one side of one exchange: at most one message each way (Green Book 9.3.9, 9.4.6.13).
A sender streams as many blocks as the other side takes unconfirmed and then lets it speak; the other side
says up to where it has everything, and the sender goes on behind that, which also heals losses. What has
nothing to carry is a numbered block without octets. After silence the side that waits speaks once more
(``repeat``).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.dlms.apdu import GeneralBlockTransfer

HEADER: Final = 1 + 1 + 2 + 2 + 3  # tag, control, number, acknowledged, length
LARGEST_WINDOW: Final = 63
TRANSFER_LIMIT: Final = 1 << 20
LAST_NUMBER: Final = 0xFFFF
_MOST_REPEATS: Final = 8


class State(StrEnum):
    """Where one side of an exchange stands."""

    QUIET = "quiet"
    SENDING = "sending"  # our message is on its way, or confirmed and not answered yet
    TAKING = "taking"  # the other side's message is coming in
    TAKEN = "taken"  # it is here as a whole, and ours to answer


class Signal(StrEnum):
    """What happens to it, by our doing (speak) or by a block of the other side."""

    SPEAK = "a message of ours"
    STREAM = "a block, more follow at once"
    TURN = "a block, it is ours to speak"
    CONFIRM = "all of ours confirmed, nothing new"
    END = "the last block, all of ours confirmed"
    SILENCE = "nothing for too long"


class Action(StrEnum):
    """What is done about it."""

    SAY = "send the next window, or confirm"
    LISTEN = "send nothing"
    DELIVER = "hand the message over"


TRANSITIONS: dict[State, dict[Signal, tuple[State, Action]]] = {
    State.QUIET: {
        Signal.SPEAK: (State.SENDING, Action.SAY),
        Signal.STREAM: (State.TAKING, Action.LISTEN),
        Signal.TURN: (State.TAKING, Action.SAY),
        Signal.CONFIRM: (State.QUIET, Action.LISTEN),
        Signal.END: (State.TAKEN, Action.DELIVER),
        Signal.SILENCE: (State.QUIET, Action.SAY),
    },
    State.SENDING: {
        Signal.STREAM: (State.SENDING, Action.LISTEN),
        Signal.TURN: (State.SENDING, Action.SAY),
        Signal.CONFIRM: (State.SENDING, Action.LISTEN),
        Signal.END: (State.TAKEN, Action.DELIVER),
        Signal.SILENCE: (State.SENDING, Action.SAY),
    },
    State.TAKING: {
        Signal.STREAM: (State.TAKING, Action.LISTEN),
        Signal.TURN: (State.TAKING, Action.SAY),
        Signal.CONFIRM: (State.TAKING, Action.LISTEN),
        Signal.END: (State.TAKEN, Action.DELIVER),
        Signal.SILENCE: (State.TAKING, Action.SAY),
    },
    State.TAKEN: {
        Signal.SPEAK: (State.SENDING, Action.SAY),
        Signal.STREAM: (State.TAKEN, Action.LISTEN),
        Signal.TURN: (State.TAKEN, Action.LISTEN),
        Signal.CONFIRM: (State.TAKEN, Action.LISTEN),
        Signal.SILENCE: (State.TAKEN, Action.LISTEN),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTransfer:
    """How one side takes long messages; with it, general block transfer is offered or accepted.

    Attributes:
        window: how many blocks we take unconfirmed, 1 to 63. On a line where the peer cannot send twice in a
            row, such as HDLC, it is 1.
        octets: a longer message is refused.
        blocks: so is one in more blocks.
    """

    window: int = 1
    octets: int = TRANSFER_LIMIT
    blocks: int = LAST_NUMBER

    def __post_init__(self) -> None:
        if not 1 <= self.window <= LARGEST_WINDOW or not 0 < self.blocks <= LAST_NUMBER:
            raise LocalError("gbt-settings", "A window has 1 to 63 blocks, and a message up to 65,535.")


class GeneralBlocks:
    """One side.

    Args:
        taking: how we take what comes.
        size: the longest APDU the other side takes.
        asked: whether our message went out before, whole; then only the answer comes in blocks.
    """

    def __init__(self, taking: BlockTransfer, *, size: int, asked: bool = False) -> None:
        if size <= HEADER:
            raise LocalError("gbt-settings", "A block has no room for its header.")
        self._taking = taking
        self._size = size - HEADER
        self._state = State.QUIET
        self._blocks: list[bytes] = []
        self._message_end = 0
        self._spoken = asked
        self._said = self._acknowledged = 0
        self._peer_window = 1
        self._incoming = bytearray()
        self._received = 0
        self._first = b""
        self._complete = False
        self._repeats = 0

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._state

    @property
    def is_confirmed(self) -> bool:
        """Whether the other side has all that we wanted to send."""
        return self._acknowledged >= self._message_end

    @property
    def is_said(self) -> bool:
        """Whether all that we wanted to send has left at least once."""
        return self._said >= self._message_end

    @property
    def first(self) -> bytes:
        """What the first block of the other side's message held; empty while it is not here."""
        return self._first

    def send(self, message: bytes) -> list[bytes]:
        """Begins to send a message; the APDUs that may go now.

        Raises:
            LocalError: ``gbt-out-of-turn`` where it is not ours to speak, ``gbt-too-long`` where the message
                takes more blocks than there are numbers.
        """
        step = TRANSITIONS[self._state].get(Signal.SPEAK)
        if step is None:
            raise LocalError("gbt-out-of-turn", "Another message is still on its way.")
        blocks = [message[at : at + self._size] for at in range(0, len(message), self._size)]
        if len(self._blocks) + len(blocks) > LAST_NUMBER:
            raise LocalError("gbt-too-long", "The message takes more blocks than there are numbers.")
        self._blocks += blocks
        self._message_end, self._spoken = len(self._blocks), True
        self._state, _ = step
        return self._say()

    def receive(self, part: GeneralBlockTransfer) -> tuple[list[bytes], bytes | None]:
        """What to send now, and the message once it is here as a whole; then it is ours to answer.

        Raises:
            PeerError: ``gbt-acknowledged`` for what was never sent, ``gbt-limit`` beyond the limits,
                ``gbt-repeats`` where nothing moves any more.
        """
        self._peer_window = max(1, part.window)
        moved = self._note_acknowledged(part.acknowledged) | self._note_block(part)
        self._count_repeats(moved=moved)
        self._state, action = TRANSITIONS[self._state][self._signal(part)]
        if action is Action.DELIVER:
            message = bytes(self._incoming)
            self._incoming.clear()
            return [], message
        return self._say() if action is Action.SAY else [], None

    def repeat(self) -> list[bytes]:
        """After silence: what the other side has not confirmed, or up to where we have everything.

        Raises:
            PeerError: ``gbt-repeats`` where it was said often enough.
        """
        self._state, action = TRANSITIONS[self._state][Signal.SILENCE]
        if action is Action.LISTEN:
            return []
        self._count_repeats(moved=False)
        return self._say()

    def _signal(self, part: GeneralBlockTransfer) -> Signal:
        if part.streaming and not part.last:
            return Signal.STREAM
        if not self.is_confirmed or self._state is State.TAKEN:
            return Signal.TURN
        if self._complete and self._incoming:
            return Signal.END
        return Signal.TURN if self._incoming or part.octets else Signal.CONFIRM

    def _note_acknowledged(self, number: int) -> bool:
        if number > self._said:
            raise PeerError("gbt-acknowledged", "A block is acknowledged that was never sent.")
        moved = number > self._acknowledged
        self._acknowledged = max(self._acknowledged, number)
        return moved

    def _note_block(self, part: GeneralBlockTransfer) -> bool:
        """Takes the block that is next; one that came before or comes too soon says nothing new.

        A block without octets confirms and no more, unless it is the end of a message that has begun. Octets
        that come before all of ours is confirmed are no answer to it.
        """
        answers = part.acknowledged >= self._message_end
        if part.block_number != self._received + 1 or (part.octets and (self._complete or not answers)):
            return False
        if len(self._incoming) + len(part.octets) > self._taking.octets:
            raise PeerError("gbt-limit", f"The message exceeds {self._taking.octets} octets.")
        if part.block_number > self._taking.blocks:
            raise PeerError("gbt-limit", f"The message exceeds {self._taking.blocks} blocks.")
        self._incoming += part.octets
        self._received = part.block_number
        self._first = part.octets if part.block_number == 1 else self._first
        self._complete = self._complete or (part.last and bool(self._incoming))
        return True

    def _count_repeats(self, *, moved: bool) -> None:
        self._repeats = 0 if moved else self._repeats + 1
        if self._repeats > _MOST_REPEATS * (1 + self._taking.window):
            raise PeerError("gbt-repeats", "The other side repeats itself without end.")

    def _say(self) -> list[bytes]:
        """The next window of blocks; where there are none, one without octets that confirms."""
        if self._acknowledged == len(self._blocks):
            if self._acknowledged == LAST_NUMBER:
                raise PeerError("gbt-limit", "There are no numbers left for another block.")
            self._blocks.append(b"")
        first = self._acknowledged
        window = self._blocks[first : first + self._peer_window]
        end = first + len(window)
        self._said = max(self._said, end)
        return [self._part(number, octets, end) for number, octets in enumerate(window, first + 1)]

    def _part(self, number: int, octets: bytes, end: int) -> bytes:
        return GeneralBlockTransfer(
            last=self._spoken and number >= self._message_end,
            streaming=number != end,
            window=self._taking.window,
            block_number=number,
            acknowledged=self._received,
            octets=octets,
        ).encode()
