"""General block transfer: a message of any length, in windows of blocks, with lost ones sent again.

One ``GeneralBlocks`` is one side of one exchange, both ways (Green Book 9.3.9). A sender streams as many
blocks as the other side takes unconfirmed and then lets it speak; the other side says up to where it has
everything, and the sender goes on behind that, which also heals losses. After silence the side that waits
says its last word again (``repeat``).
"""

from typing import Final

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.dlms.apdu import GeneralBlockTransfer

HEADER: Final = 1 + 1 + 2 + 2 + 3  # tag, control, number, acknowledged, length
LARGEST_WINDOW: Final = 63
TRANSFER_LIMIT: Final = 1 << 20
_MOST_REPEATS: Final = 8


class GeneralBlocks:
    """One side.

    Args:
        size: the longest APDU the other side takes.
        window: how many blocks we take unconfirmed, 1 to 63.
        limit: a longer message is refused.
    """

    def __init__(self, *, size: int, window: int = 1, limit: int = TRANSFER_LIMIT) -> None:
        if not 1 <= window <= LARGEST_WINDOW or size <= HEADER:
            raise LocalError("gbt-settings", "A window has 1 to 63 blocks, and a block room for its header.")
        self._size = size - HEADER
        self._window = window
        self._limit = limit
        self._blocks: list[bytes] = []
        self._acknowledged = 0
        self._peer_window = 1
        self._incoming = bytearray()
        self._received = 0
        self._complete = False
        self._repeats = 0
        self._last_said: list[bytes] = []

    @property
    def is_sent(self) -> bool:
        """Whether the other side has all that we wanted to send."""
        return self._acknowledged == len(self._blocks)

    def send(self, message: bytes) -> list[bytes]:
        """Begins to send a message; the APDUs that may go now."""
        if not self.is_sent:
            raise LocalError("gbt-out-of-turn", "Another message is still on its way.")
        self._blocks += [message[at : at + self._size] for at in range(0, len(message), self._size)] or [b""]
        return self._say()

    def receive(self, part: GeneralBlockTransfer) -> tuple[list[bytes], bytes | None]:
        """What to send now, and the message once it is here as a whole; then it is ours to answer.

        Raises:
            PeerError: ``gbt-acknowledged`` for what was never sent, ``gbt-limit`` beyond the limit,
                ``gbt-repeats`` where nothing moves any more.
        """
        self._peer_window = max(1, part.window)
        moved = self._note_acknowledged(part.acknowledged) | self._note_block(part)
        self._count_repeats(moved=moved)
        if part.streaming:
            return [], None
        if self._complete and self.is_sent:
            message, self._complete = bytes(self._incoming), False
            self._incoming.clear()
            return [], message
        return self._say(), None

    def repeat(self) -> list[bytes]:
        """Our last word once more, after silence.

        Raises:
            PeerError: ``gbt-repeats`` where it was said often enough.
        """
        self._count_repeats(moved=False)
        return self._last_said

    def _note_acknowledged(self, number: int) -> bool:
        if number > len(self._blocks):
            raise PeerError("gbt-acknowledged", "A block is acknowledged that was never sent.")
        moved = number > self._acknowledged
        self._acknowledged = max(self._acknowledged, number)
        return moved

    def _note_block(self, part: GeneralBlockTransfer) -> bool:
        """Takes the block that is next; one that came before or comes too soon says nothing new."""
        if part.block_number != self._received + 1 or self._complete or not (part.octets or part.last):
            return False
        if len(self._incoming) + len(part.octets) > self._limit:
            raise PeerError("gbt-limit", f"The message exceeds {self._limit} octets.")
        self._incoming += part.octets
        self._received = part.block_number
        self._complete = part.last
        return True

    def _count_repeats(self, *, moved: bool) -> None:
        self._repeats = 0 if moved else self._repeats + 1
        if self._repeats > _MOST_REPEATS * (1 + self._window):
            raise PeerError("gbt-repeats", "The other side repeats itself without end.")

    def _say(self) -> list[bytes]:
        """The next window of blocks, or where there are none, what we have received."""
        first = self._acknowledged
        blocks = list(enumerate(self._blocks[first : first + self._peer_window], first + 1))
        self._last_said = [
            self._part(number, octets, streaming=number != blocks[-1][0]) for number, octets in blocks
        ] or [self._part(len(self._blocks), b"", streaming=False)]
        return self._last_said

    def _part(self, number: int, octets: bytes, *, streaming: bool) -> bytes:
        return GeneralBlockTransfer(
            last=number == len(self._blocks),
            streaming=streaming,
            window=self._window,
            block_number=number,
            acknowledged=self._received,
            octets=octets,
        ).encode()
