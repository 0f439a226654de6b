"""One side's way between a message and the line: protected first, then in blocks where it is long.

The order is the standard's: blocks carry pieces of the protected message and are not protected themselves
(Green Book 9.3.5, 9.4.6.13). A message that begins in blocks is answered in blocks.
"""

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import Apdu, GeneralBlockTransfer
from meterkast.protocols.dlms.envelope import Envelope
from meterkast.protocols.dlms.general_block import TRANSFER_LIMIT, BlockTransfer, GeneralBlocks, State


class Channel:
    """The channel of one association.

    Args:
        envelope: how messages are protected; None in the clear.
        size: the longest APDU the other side takes.
        blocks: how we take long messages; None where general block transfer was not agreed.
        asks: whether this is the side that asks. Where both begin to send blocks at once, it goes first.
    """

    def __init__(
        self, envelope: Envelope | None, *, size: int, blocks: BlockTransfer | None = None, asks: bool
    ) -> None:
        self._envelope = envelope
        self._size = size
        self._blocks = blocks
        self._asks = asks
        self._transfer: GeneralBlocks | None = None

    @property
    def room(self) -> int:
        """Octets of the longest message before protection that the other side takes."""
        size = self._size if self._blocks is None else TRANSFER_LIMIT
        return size - (0 if self._envelope is None else self._envelope.overhead)

    def ask(self, message: bytes) -> list[bytes]:
        """A message that begins an exchange; what was under way in blocks is over."""
        self._transfer = None
        return self._send(self._seal(message))

    def answer(self, message: bytes) -> list[bytes]:
        """The answer to the message that came last."""
        sealed, transfer = self._seal(message), self._transfer
        if transfer is not None and transfer.state is State.TAKEN:
            return transfer.send(sealed)
        return self._send(sealed)

    def tell(self, message: bytes) -> list[bytes]:
        """A message that nobody asked for.

        Raises:
            LocalError: ``gbt-out-of-turn`` where it needs blocks while others are still on their way,
                ``dlms-message-too-long`` where it needs blocks that were not agreed.
        """
        sealed, transfer = self._seal(message), self._transfer
        if len(sealed) > self._size and transfer is not None and not _is_over(transfer):
            raise LocalError("gbt-out-of-turn", "Another message is still on its way.")
        return self._send(sealed)

    def assemble(self, message: Apdu) -> tuple[list[bytes], Apdu | None]:
        """What to send now, and the message itself once it is here as a whole.

        Raises:
            PeerError: ``gbt-not-agreed`` for blocks that were not agreed, ``gbt-…`` as in ``general_block``,
                ``apdu-…`` where the blocks hold no message.
        """
        if not isinstance(message, GeneralBlockTransfer):
            return [], message
        if self._blocks is None:
            raise PeerError("gbt-not-agreed", "The other side sends blocks that were not agreed.")
        if self._transfer is None or self._begins(message, self._transfer):
            self._transfer = GeneralBlocks(self._blocks, size=self._size, asked=self._asks)
        try:
            replies, whole = self._transfer.receive(message)
        except PeerError:
            self._transfer = None
            raise
        if whole is None:
            return replies, None
        inner = apdu.decode(whole)
        if isinstance(inner, GeneralBlockTransfer):
            raise PeerError("gbt-nested", "Blocks hold blocks.")
        return replies, inner

    def open(self, message: Apdu) -> Apdu:
        """The message without its protection.

        Raises:
            TrustError, PeerError: as for ``Envelope.open``, and ``apdu-…`` where no message is inside.
        """
        return message if self._envelope is None else apdu.decode(self._envelope.open(message))

    def repeat(self, *, waiting: bool) -> list[bytes]:
        """What to send after silence: blocks once more, or a block that asks for those of the answer.

        Args:
            waiting: whether an answer is awaited, which may be lost.

        Raises:
            PeerError: ``gbt-repeats`` where it was sent often enough.
        """
        if self._transfer is None and waiting and self._blocks is not None:
            self._transfer = GeneralBlocks(self._blocks, size=self._size, asked=True)
        return [] if self._transfer is None else self._transfer.repeat()

    def _seal(self, message: bytes) -> bytes:
        return message if self._envelope is None else self._envelope.seal(message)

    def _send(self, sealed: bytes) -> list[bytes]:
        if len(sealed) <= self._size:
            return [sealed]
        if self._blocks is None:
            raise LocalError("dlms-message-too-long", f"The other side takes {self._size} octets at most.")
        self._transfer = GeneralBlocks(self._blocks, size=self._size)
        return self._transfer.send(sealed)

    def _begins(self, part: GeneralBlockTransfer, under_way: GeneralBlocks) -> bool:
        """Whether a block is the first of another exchange, and not of this one again."""
        if part.block_number != 1 or part.acknowledged or part.octets in (b"", under_way.first):
            return False
        return not self._asks or under_way.state is not State.SENDING


def _is_over(transfer: GeneralBlocks) -> bool:
    return transfer.state is not State.TAKING and transfer.is_said
