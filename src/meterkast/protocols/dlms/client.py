"""The client's half of DLMS by logical names: opens an association, asks, closes it."""

from collections.abc import Sequence

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    DataNotification,
    DataNotificationConfirm,
    MethodDescriptor,
    Selection,
)
from meterkast.protocols.dlms.apdu.access import AccessSpecification
from meterkast.protocols.dlms.association import MAX_PDU_SIZE, State
from meterkast.protocols.dlms.client_association import ClientAssociation
from meterkast.protocols.dlms.envelope import Protecting
from meterkast.protocols.dlms.event import Associated, Event, Send
from meterkast.protocols.dlms.exchange import RESULT_LIMIT, Exchange
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.hls import Authentication, Password
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.dlms.opening import Proposal


class Client:
    """One association with one server. Calls give APDUs to send; feed the answers to ``receive``.

    With an HLS mechanism the server must prove itself too: an association without that proof is refused,
    however willing the server is. With ``protection`` everything but the frame of AARQ and AARE is protected,
    and an answer in the clear is refused.

    Args:
        hls5: our side of mechanism 5; None for an association without security, as the public client has.
        authentication: the same for any other mechanism.
        protection: how we protect messages and how the server must: ``ciphering.Protection`` or
            ``general_protection.GeneralProtection``.
        dedicated_key: a key for this association alone, fresh each time.
        max_pdu_size: the longest APDU we take; longer answers come in blocks.
        result_limit: a longer answer in blocks is refused.
        blocks: proposes general block transfer. Then ``receive`` may give several ``Send`` at once.
    """

    def __init__(
        self,
        *,
        hls5: Hls5 | None = None,
        authentication: Authentication | Password | None = None,
        protection: Protecting | None = None,
        dedicated_key: bytes | None = None,
        max_pdu_size: int = MAX_PDU_SIZE,
        result_limit: int = RESULT_LIMIT,
        blocks: BlockTransfer | None = None,
    ) -> None:
        proposal = Proposal(
            proof=authentication or hls5,
            protection=protection,
            dedicated_key=dedicated_key,
            max_pdu_size=max_pdu_size,
            blocks=blocks,
        )
        self._association = ClientAssociation(proposal)
        self._result_limit = result_limit
        self._exchange = Exchange()

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

    def get(self, attribute: AttributeDescriptor, selection: Selection | None = None) -> bytes:
        """Asks for an attribute; answered by ``Result`` or ``Failed``."""
        return self._association.ask(self._open_exchange().get(attribute, selection))

    def get_list(self, attributes: Sequence[AttributeDescriptor]) -> bytes:
        """Asks for several attributes; answered by ``Results`` or ``Failed``."""
        return self._association.ask(self._open_exchange().get_list(attributes))

    def set(self, attribute: AttributeDescriptor, value: Data, selection: Selection | None = None) -> bytes:
        """Writes an attribute; answered by ``Result`` (null-data) or ``Failed``."""
        return self._association.ask(self._open_exchange().set(attribute, value, selection))

    def set_list(self, values: Sequence[tuple[AttributeDescriptor, Data]]) -> bytes:
        """Writes several attributes; answered by ``Results`` (a code for each) or ``Failed``."""
        return self._association.ask(self._open_exchange().set_list(values))

    def act(self, method: MethodDescriptor, parameters: Data | None = None) -> bytes:
        """Calls a method; answered by ``Result`` (what it returned) or ``Failed``."""
        return self._association.ask(self._open_exchange().act(method, parameters))

    def act_list(self, calls: Sequence[tuple[MethodDescriptor, Data]]) -> bytes:
        """Calls several methods; answered by ``Outcomes`` or ``Failed``."""
        return self._association.ask(self._open_exchange().act_list(calls))

    def access(self, wanted: Sequence[tuple[AccessSpecification, Data]]) -> bytes:
        """Reads, writes and calls in one message; answered by ``Accessed`` or ``Failed``."""
        return self._association.ask(self._open_exchange().access(wanted))

    def confirm(self, notification: DataNotification) -> bytes:
        """Tells the server that a notification has arrived, once it is safe; until then it may come again.

        Raises:
            LocalError: ``dlms-unconfirmed`` for one that asks for no confirmation.
        """
        if not notification.invoke.confirmed:
            raise LocalError("dlms-unconfirmed", "The notification asks for no confirmation.")
        return self._association.tell(DataNotificationConfirm(notification.invoke).encode())

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
            PeerError: ``apdu-…``, ``acse-…``, ``dlms-…``, ``gbt-…`` where the server does not keep to the
                protocol; a request under way is over then.
            TrustError: ``hls-…`` where it does not prove itself, ``security-…`` where a message is not
                protected as agreed. Before it has proved itself the association is closed then.
        """
        try:
            events, message = self._association.receive(octets)
        except PeerError:
            self._exchange.give_up()
            raise
        if any(isinstance(event, Associated) for event in events):
            self._exchange = Exchange(
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

    def _open_exchange(self) -> Exchange:
        self._association.check_open()
        return self._exchange
