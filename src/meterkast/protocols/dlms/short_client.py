"""The client's half of DLMS by short names, for reading old meters."""

from collections.abc import Sequence

from meterkast.model.errors import PeerError
from meterkast.protocols.dlms.apdu import VariableAccess
from meterkast.protocols.dlms.association import MAX_PDU_SIZE, Naming, State
from meterkast.protocols.dlms.base_names import OBJECT_LIST
from meterkast.protocols.dlms.client_association import ClientAssociation
from meterkast.protocols.dlms.envelope import Protecting
from meterkast.protocols.dlms.event import Associated, Event, Send
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.hls import Password
from meterkast.protocols.dlms.opening import Proposal
from meterkast.protocols.dlms.pending import RESULT_LIMIT
from meterkast.protocols.dlms.short_exchange import ShortExchange


class ShortClient:
    """One association with one server. Calls give APDUs to send; feed the answers to ``receive``.

    What the meter has is found with ``objects`` and ``base_names.decode_base_names``; each object then names
    its attributes. Old meters are read: nothing is written and no method is called by short names, and there
    is no mutual proof, which would take a method.

    Args:
        password: for mechanism 1; None for an association without security.
        protection: how we protect messages and how the server must.
        max_pdu_size: the longest APDU we take; longer answers come in blocks.
        result_limit: a longer answer in blocks is refused.
        blocks: proposes general block transfer. Then ``receive`` may give several ``Send`` at once.
    """

    def __init__(
        self,
        *,
        password: Password | None = None,
        protection: Protecting | None = None,
        max_pdu_size: int = MAX_PDU_SIZE,
        result_limit: int = RESULT_LIMIT,
        blocks: BlockTransfer | None = None,
    ) -> None:
        proposal = Proposal(
            naming=Naming.SHORT,
            proof=password,
            protection=protection,
            max_pdu_size=max_pdu_size,
            blocks=blocks,
        )
        self._association = ClientAssociation(proposal)
        self._result_limit = result_limit
        self._exchange = ShortExchange()

    @property
    def state(self) -> State:
        """Where the association stands."""
        return self._association.state

    def aarq(self) -> bytes:
        """Asks for the association; answered by ``Associated`` or ``Refused``.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        return self._association.aarq()

    def objects(self) -> bytes:
        """Asks for the list of objects; answered by ``Results`` of one or ``Failed``."""
        return self.read([OBJECT_LIST])

    def read(self, variables: Sequence[VariableAccess]) -> bytes:
        """Asks for variables; answered by ``Results``, in their order, or ``Failed``.

        Raises:
            LocalError: ``association-out-of-turn``, ``dlms-out-of-turn``, ``dlms-not-agreed``,
                ``dlms-request-too-long``.
        """
        self._association.check_open()
        return self._association.ask(self._exchange.read(variables))

    def repeat(self) -> list[bytes]:
        """What to send after silence, so that lost blocks come again; nothing without general blocks.

        A message that went out whole is not repeated: that is for the layer below.

        Raises:
            PeerError: ``gbt-repeats`` where it was sent often enough.
        """
        return self._association.repeat(waiting=self._exchange.is_waiting)

    def release(self) -> bytes:
        """Closes the association; answered by ``Released``.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        return self._association.release()

    def receive(self, octets: bytes) -> list[Event]:
        """Reads what the server sends.

        Raises:
            PeerError, TrustError: as for ``Client.receive``.
        """
        try:
            events, message = self._association.receive(octets)
        except PeerError:
            self._exchange.give_up()
            raise
        if any(isinstance(event, Associated) for event in events):
            self._exchange = ShortExchange(
                max_request=self._association.room,
                result_limit=self._result_limit,
                conformance=self._association.conformance,
            )
        if message is None:
            return events
        return [*events, *map(self._sent, self._exchange.answered(message))]

    def lose(self) -> None:
        """The layer below is gone, and the association with it."""
        self._association.lose()

    def _sent(self, event: Event) -> Event:
        return Send(self._association.ask(event.apdu)) if isinstance(event, Send) else event
