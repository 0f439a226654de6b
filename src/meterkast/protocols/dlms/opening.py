"""How a client opens an association: what it asks for, and what the answer settles (Green Book 9.4.2)."""

from dataclasses import dataclass, field

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import Aare, Aarq, Diagnostic, Mechanism
from meterkast.protocols.dlms.apdu import Conformance, InitiateRequest, InitiateResponse
from meterkast.protocols.dlms.association import MAX_PDU_SIZE, SMALLEST_PDU, Naming, offered
from meterkast.protocols.dlms.channel import Channel
from meterkast.protocols.dlms.envelope import Protecting, open_initiate
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.hls import Authentication, Handshake, Password


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a client asks for, each time it opens an association.

    Attributes:
        naming: how objects are named.
        proof: how it proves itself; None for an association without security, as the public client has.
        protection: how it protects messages and how the server must.
        dedicated_key: a key for this association alone, fresh each time.
        max_pdu_size: the longest APDU it takes.
        blocks: how it takes longer messages in general blocks; None where it does not.
    """

    naming: Naming = Naming.LOGICAL
    proof: Authentication | Password | None = None
    protection: Protecting | None = None
    dedicated_key: bytes | None = field(default=None, repr=False)
    max_pdu_size: int = MAX_PDU_SIZE
    blocks: BlockTransfer | None = None

    @property
    def conformance(self) -> Conformance:
        """The services it can use. Differences in profiles are restored by ``cosem.profile``."""
        services = offered(self.naming, blocks=self.blocks is not None, ciphered=self.protection is not None)
        return services | Conformance.DELTA_VALUE_ENCODING


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What both sides agreed on.

    Attributes:
        conformance: the services.
        max_pdu_size: the longest APDU the server takes.
        channel: the way to it.
    """

    conformance: Conformance
    max_pdu_size: int
    channel: Channel


class Opening:
    """One attempt."""

    def __init__(self, proposal: Proposal) -> None:
        self._proposal = proposal
        self._envelope = None if proposal.protection is None else proposal.protection.begin()
        proof = proposal.proof
        self.handshake = None if proof is None or isinstance(proof, Password) else Handshake(proof)

    def aarq(self) -> bytes:
        """Asks for the association."""
        proof, handshake, envelope = self._proposal.proof, self.handshake, self._envelope
        title = None if envelope is None else envelope.title
        mechanism, shown = None, None
        if isinstance(proof, Password):
            mechanism, shown = Mechanism.LOW, proof.secret
        elif handshake is not None:
            mechanism, shown = handshake.mechanism, handshake.challenge
            title = handshake.title or title
        return Aarq(
            context=self._proposal.naming.context(ciphered=envelope is not None),
            calling_title=title,
            mechanism=mechanism,
            authentication=shown,
            user_information=self.initiate(),
        ).encode()

    def initiate(self) -> bytes:
        """The InitiateRequest, protected where messages are."""
        request = InitiateRequest(
            conformance=self._proposal.conformance,
            max_pdu_size=self._proposal.max_pdu_size,
            dedicated_key=self._proposal.dedicated_key,
        ).encode()
        return request if self._envelope is None else self._envelope.seal(request, initiating=True)

    def settle(self, answer: Aare) -> Settled:
        """What an AARE that accepts settles on.

        Raises:
            PeerError: ``dlms-initiate`` where it is not an answer to what was proposed, ``dlms-unexpected``
                where the server asks for a proof that was not offered.
            TrustError: ``hls-…`` where the server does not prove itself though it must, ``security-…``.
        """
        response = self._response(answer)
        if response.conformance & ~self._proposal.conformance:
            raise PeerError("dlms-initiate", "The server accepts something else than was proposed.")
        if response.max_pdu_size < SMALLEST_PDU:
            raise PeerError("dlms-initiate", "The server takes no APDU long enough to ask for anything.")
        self._meet(answer)
        in_blocks = Conformance.GENERAL_BLOCK_TRANSFER in response.conformance
        channel = Channel(
            self._envelope,
            size=response.max_pdu_size,
            blocks=self._proposal.blocks if in_blocks else None,
            asks=True,
        )
        return Settled(conformance=response.conformance, max_pdu_size=response.max_pdu_size, channel=channel)

    def _response(self, answer: Aare) -> InitiateResponse:
        """The server's InitiateResponse; from then on the dedicated key is in force."""
        octets, envelope = answer.user_information or b"", self._envelope
        if envelope is not None:
            envelope.meet(answer.responding_title)
            octets = open_initiate(envelope, octets)
            if self._proposal.dedicated_key is not None:
                envelope.dedicate(self._proposal.dedicated_key)
        response = apdu.decode(octets)
        if not isinstance(response, InitiateResponse):
            raise PeerError("dlms-initiate", "The server accepts something else than was proposed.")
        return response

    def _meet(self, answer: Aare) -> None:
        """Pass 2 of the mutual proof, where there is one."""
        challenged = answer.diagnostic is Diagnostic.AUTHENTICATION_REQUIRED
        if self.handshake is None:
            if challenged:
                raise PeerError("dlms-unexpected", "The server asks for a proof that was not offered.")
            return
        if not challenged or answer.mechanism is not self.handshake.mechanism:
            raise TrustError("hls-missing", "The server opens the association without proving itself.")
        self.handshake.meet(answer.responding_title, answer.authentication)
