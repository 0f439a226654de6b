"""Whether a client gets its association: context, authentication, and what it proposes (Green Book 9.4.2)."""

from dataclasses import dataclass

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import (
    Aare,
    Aarq,
    AssociationResult,
    Diagnostic,
    Mechanism,
)
from meterkast.protocols.dlms.apdu import ConfirmedServiceError, Conformance, InitiateRequest
from meterkast.protocols.dlms.association import SMALLEST_PDU, Naming, offered
from meterkast.protocols.dlms.envelope import Envelope, open_initiate
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.hls import Handshake, Password

_INITIATE_ERROR, _INITIATE = 1, 6  # ConfirmedServiceError: initiateError, kind initiate
_VERSION_TOO_LOW, _INCOMPATIBLE, _PDU_TOO_SHORT, _REFUSED = 1, 2, 3, 4
_VERSION = 6


class NotAdmitted(Exception):
    """Why an AARQ is refused.

    Attributes:
        diagnostic: for the AARE.
        initiate_error: for its xDLMS part, where that is at fault.
        event: code of the security event, where it is one.
    """

    def __init__(
        self, diagnostic: Diagnostic, initiate_error: int | None = None, *, event: str | None = None
    ) -> None:
        super().__init__(diagnostic.name)
        self.diagnostic = diagnostic
        self.initiate_error = initiate_error
        self.event = event


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """An association that is granted.

    Attributes:
        naming: how it names objects.
        conformance: the services that both sides know.
        max_pdu_size: the longest APDU it takes; 0 where it sets no limit.
        handshake: the proof that is still to come; None where none is asked for.
        envelope: the protection of its messages; None in the clear.
        peer_title: system title that it shows.
    """

    naming: Naming
    conformance: Conformance
    max_pdu_size: int
    handshake: Handshake | None
    envelope: Envelope | None
    peer_title: bytes | None

    def acceptance(self, user_information: bytes) -> Aare:
        """The AARE that says so."""
        handshake, envelope = self.handshake, self.envelope
        return Aare(
            context=self.naming.context(ciphered=envelope is not None),
            result=AssociationResult.ACCEPTED,
            diagnostic=Diagnostic.AUTHENTICATION_REQUIRED if handshake else Diagnostic.NULL,
            responding_title=(handshake and handshake.title) or (envelope and envelope.title) or None,
            mechanism=handshake.mechanism if handshake else None,
            authentication=handshake.challenge if handshake else None,
            user_information=user_information,
        )


def admit(aarq: Aarq, grant: Grant, *, blocks: bool = False) -> Admission:
    """Admits the client.

    Args:
        aarq: what it asks for.
        grant: what it may have.
        blocks: whether we know general block transfer.

    Raises:
        NotAdmitted: where the grant does not cover what it asks for.
    """
    if aarq.context is not grant.naming.context(ciphered=grant.protection is not None):
        raise NotAdmitted(
            Diagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED, event=_lowered(by=grant.protection is not None)
        )
    handshake = _authentication(aarq, grant)
    envelope, information = None, aarq.user_information
    if grant.protection is not None:
        envelope = grant.protection.begin()
        try:
            envelope.meet(aarq.calling_title)
            information = open_initiate(envelope, information)
        except (TrustError, PeerError) as error:
            raise NotAdmitted(Diagnostic.AUTHENTICATION_FAILURE, event=error.code) from None
    initiate = _initiate_request(information, grant.naming)
    if initiate.dedicated_key is not None:
        _dedicate(initiate.dedicated_key, envelope, grant)
    return Admission(
        naming=grant.naming,
        conformance=initiate.conformance
        & offered(grant.naming, blocks=blocks, ciphered=envelope is not None),
        max_pdu_size=initiate.max_pdu_size,
        handshake=handshake,
        envelope=envelope,
        peer_title=aarq.calling_title,
    )


def rejection(refusal: NotAdmitted, grant: Grant) -> Aare:
    """The AARE that says no."""
    error = refusal.initiate_error
    fault = None if error is None else ConfirmedServiceError(_INITIATE_ERROR, _INITIATE, error).encode()
    return Aare(
        context=grant.naming.context(ciphered=grant.protection is not None),
        result=AssociationResult.REJECTED_PERMANENT,
        diagnostic=refusal.diagnostic,
        user_information=fault,
    )


def _lowered(*, by: bool) -> str | None:
    return "dlms-association-lowered" if by else None


def _authentication(aarq: Aarq, grant: Grant) -> Handshake | None:
    """Pass 1: the client must ask for just the mechanism that its grant demands, and present itself."""
    proof = grant.proof
    demanded = Mechanism.LOW if isinstance(proof, Password) else None if proof is None else proof.mechanism
    if demanded is None:
        if aarq.mechanism not in (None, Mechanism.LOWEST):
            raise NotAdmitted(Diagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED)
        return None
    event = _lowered(by=True)
    if aarq.mechanism is None:
        raise NotAdmitted(Diagnostic.AUTHENTICATION_MECHANISM_NAME_REQUIRED, event=event)
    if aarq.mechanism is not demanded:
        raise NotAdmitted(Diagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED, event=event)
    if isinstance(proof, Password):
        if not proof.check(aarq.authentication):
            raise NotAdmitted(Diagnostic.AUTHENTICATION_FAILURE, event="dlms-password-wrong")
        return None
    assert proof is not None
    handshake = Handshake(proof)
    try:
        handshake.meet(aarq.calling_title, aarq.authentication)
    except TrustError as error:
        raise NotAdmitted(Diagnostic.AUTHENTICATION_FAILURE, event=error.code) from None
    return handshake


def _initiate_request(information: bytes | None, naming: Naming) -> InitiateRequest:
    """What the client proposes, where it can be agreed to."""
    try:
        initiate = apdu.decode(information or b"")
    except PeerError:
        raise NotAdmitted(Diagnostic.NO_REASON_GIVEN, _REFUSED) from None
    if not isinstance(initiate, InitiateRequest):
        raise NotAdmitted(Diagnostic.NO_REASON_GIVEN, _REFUSED)
    if initiate.version < _VERSION:
        raise NotAdmitted(Diagnostic.NO_REASON_GIVEN, _VERSION_TOO_LOW)
    if not initiate.conformance & (Conformance.GET if naming is Naming.LOGICAL else Conformance.READ):
        raise NotAdmitted(Diagnostic.NO_REASON_GIVEN, _INCOMPATIBLE)
    if 0 < initiate.max_pdu_size < SMALLEST_PDU:
        raise NotAdmitted(Diagnostic.NO_REASON_GIVEN, _PDU_TOO_SHORT)
    return initiate


def _dedicate(key: bytes, envelope: Envelope | None, grant: Grant) -> None:
    """A key for this association alone; never taken in the clear."""
    if envelope is None or not grant.dedicated_keys:
        raise NotAdmitted(Diagnostic.NO_REASON_GIVEN, _REFUSED)
    try:
        envelope.dedicate(key)
    except TrustError as error:
        raise NotAdmitted(Diagnostic.NO_REASON_GIVEN, _REFUSED, event=error.code) from None
