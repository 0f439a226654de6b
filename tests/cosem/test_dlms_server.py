"""What a server makes of clients that do not keep to the rules."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import GATEWAY, IMPORT, NAME, PROFILE, PUBLIC, ask, bare, hls5, server
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, octets, unsigned
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import ApplicationContext, AssociationResult, Diagnostic, Mechanism
from meterkast.protocols.dlms.apdu import (
    Aare,
    Aarq,
    ActionRequestNormal,
    ActionResponseNormal,
    ActionResult,
    AttributeDescriptor,
    ConfirmedServiceError,
    Conformance,
    DataAccessResult,
    EntrySelection,
    ExceptionResponse,
    GetRequestNext,
    GetRequestNormal,
    GetResponseNormal,
    GetResponseWithBlock,
    InitiateRequest,
    InvokeId,
    Rlrq,
    SetRequestNormal,
    SetResponseNormal,
)
from meterkast.protocols.dlms.association import SERVICES, State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.hls import REPLY_TO_CHALLENGE
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.dlms.security import hls5_response
from meterkast.protocols.dlms.server import Server

LN = ApplicationContext.LN_NO_CIPHERING
INVOKE = InvokeId(1)
NAME_REQUEST = GetRequestNormal(INVOKE, AttributeDescriptor(1, NAME, 2))
BUFFER_REQUEST = GetRequestNormal(INVOKE, AttributeDescriptor(7, PROFILE, 2))
TITLE = hls5(2).title.octets


def initiate(conformance: Conformance = SERVICES, **changes: object) -> bytes:
    fields: dict[str, object] = {"conformance": conformance, "max_pdu_size": 1024, **changes}
    return InitiateRequest(**fields).encode()  # type: ignore[arg-type]


def aarq(**changes: object) -> Aarq:
    fields: dict[str, object] = {"context": LN, "user_information": initiate(), **changes}
    return Aarq(**fields)  # type: ignore[arg-type]


def aarq_hls(title: bytes | None = TITLE, challenge: bytes | None = b"C" * 16) -> Aarq:
    return aarq(mechanism=Mechanism.HLS_GMAC, calling_title=title, authentication=challenge)


def exchange(peer: Server, client_id: int, request: apdu.Apdu) -> apdu.Apdu:
    (answer,) = peer.receive(client_id, request.encode())
    return apdu.decode(answer)


def open_public(peer: Server, request: Aarq | None = None) -> None:
    answer = exchange(peer, PUBLIC, request or aarq())
    assert isinstance(answer, Aare)
    assert answer.result is AssociationResult.ACCEPTED


@pytest.mark.parametrize(
    ("request_", "diagnostic"),
    [
        (aarq(), Diagnostic.AUTHENTICATION_MECHANISM_NAME_REQUIRED),
        (aarq(mechanism=Mechanism.LOWEST), Diagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED),
        (
            aarq(mechanism=Mechanism.LOW, authentication=b"12345678"),
            Diagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED,
        ),
        (aarq_hls(title=None), Diagnostic.AUTHENTICATION_FAILURE),
        (aarq_hls(title=b"short"), Diagnostic.AUTHENTICATION_FAILURE),
        (aarq_hls(title=hls5(1).title.octets), Diagnostic.AUTHENTICATION_FAILURE),
        (aarq_hls(challenge=None), Diagnostic.AUTHENTICATION_FAILURE),
        (aarq_hls(challenge=b"7 octet"), Diagnostic.AUTHENTICATION_FAILURE),
        (aarq_hls(challenge=b"C" * 65), Diagnostic.AUTHENTICATION_FAILURE),
        (aarq(context=ApplicationContext.LN_CIPHERING), Diagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED),
    ],
)
def test_less_than_mechanism_5_is_turned_away(request_: Aarq, diagnostic: Diagnostic) -> None:
    peer = server()
    answer = exchange(peer, GATEWAY, request_)
    assert isinstance(answer, Aare)
    assert (answer.result, answer.diagnostic) == (AssociationResult.REJECTED_PERMANENT, diagnostic)
    assert answer.authentication is None
    assert peer.state(GATEWAY) is State.IDLE


def test_our_own_challenge_thrown_back_is_turned_away() -> None:
    challenge = b"S" * 16
    peer = server(own=hls5(1, challenge=challenge))
    answer = exchange(peer, GATEWAY, aarq_hls(challenge=challenge))
    assert isinstance(answer, Aare)
    assert answer.diagnostic is Diagnostic.AUTHENTICATION_FAILURE


@pytest.mark.parametrize(
    ("user_information", "error"),
    [
        (initiate(version=5), 1),
        (initiate(Conformance.SET), 2),
        (initiate(max_pdu_size=63), 3),
        (initiate(dedicated_key=bytes(16)), 4),
        (b"garbage", 4),
        (None, 4),
        (NAME_REQUEST.encode(), 4),
    ],
)
def test_proposals_that_cannot_be_agreed_to(user_information: bytes | None, error: int) -> None:
    answer = exchange(server(), PUBLIC, aarq(user_information=user_information))
    assert isinstance(answer, Aare)
    assert answer.result is AssociationResult.REJECTED_PERMANENT
    assert answer.user_information == ConfirmedServiceError(1, 6, error).encode()


def test_a_public_client_with_a_password_is_turned_away() -> None:
    answer = exchange(server(), PUBLIC, aarq(mechanism=Mechanism.LOW, authentication=b"12345678"))
    assert isinstance(answer, Aare)
    assert answer.diagnostic is Diagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED
    open_public(server(), aarq(mechanism=Mechanism.LOWEST))


def test_an_unknown_client_gets_nothing() -> None:
    peer = server()
    answer = exchange(peer, 102, aarq())
    assert isinstance(answer, Aare)
    assert answer.result is AssociationResult.REJECTED_PERMANENT
    assert isinstance(exchange(peer, 102, NAME_REQUEST), ExceptionResponse)
    peer.disconnect(102)
    assert peer.state(102) is State.IDLE


def proof(own: Hls5, challenge: bytes, title: bytes | None = None) -> Data:
    return octets(hls5_response(own.encryption_key, own.authentication_key, title or TITLE, 1, challenge))


def challenged(peer: Server) -> bytes:
    """Passes 1 and 2; gives the server's challenge."""
    answer = exchange(peer, GATEWAY, aarq_hls())
    assert isinstance(answer, Aare)
    assert answer.authentication is not None
    assert peer.state(GATEWAY) is State.CHALLENGED
    return answer.authentication


def test_before_the_proof_there_is_no_service() -> None:
    peer = server()
    challenge = challenged(peer)
    for request in (
        NAME_REQUEST,
        BUFFER_REQUEST,
        SetRequestNormal(INVOKE, NAME_REQUEST.attribute, None, unsigned(0)),
    ):
        assert exchange(peer, GATEWAY, request) == ExceptionResponse(1, 1)
    answer = exchange(
        peer, GATEWAY, ActionRequestNormal(INVOKE, REPLY_TO_CHALLENGE, proof(hls5(2), challenge))
    )
    assert isinstance(answer, ActionResponseNormal)
    assert answer.result is ActionResult.SUCCESS
    assert isinstance(exchange(peer, GATEWAY, NAME_REQUEST), GetResponseNormal)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda _: None,
        lambda _: unsigned(1),
        lambda _: octets(b""),
        lambda _: octets(b"\x10" + bytes(16)),
        lambda challenge: proof(hls5(2, key=b"another key here"), challenge),
        lambda challenge: proof(hls5(2), challenge[::-1]),
        lambda challenge: proof(hls5(2), challenge, title=hls5(1).title.octets),
        octets,
    ],
)
def test_a_proof_that_does_not_hold_ends_the_association(wrong: Callable[[bytes], Data | None]) -> None:
    peer = server()
    challenge = challenged(peer)
    answer = exchange(peer, GATEWAY, ActionRequestNormal(INVOKE, REPLY_TO_CHALLENGE, wrong(challenge)))
    assert answer == ActionResponseNormal(INVOKE, ActionResult.OTHER_REASON)
    assert peer.state(GATEWAY) is State.IDLE
    good = ActionRequestNormal(INVOKE, REPLY_TO_CHALLENGE, proof(hls5(2), challenge))
    assert exchange(peer, GATEWAY, good) == ExceptionResponse(1, 1)


def test_a_recorded_proof_is_worthless_the_next_time() -> None:
    peer = server()
    recorded = ActionRequestNormal(INVOKE, REPLY_TO_CHALLENGE, proof(hls5(2), challenged(peer)))
    assert exchange(peer, GATEWAY, recorded) != ActionResponseNormal(INVOKE, ActionResult.OTHER_REASON)
    challenged(peer)
    assert exchange(peer, GATEWAY, recorded) == ActionResponseNormal(INVOKE, ActionResult.OTHER_REASON)


def test_nothing_is_answered_before_or_after_the_association() -> None:
    peer = server()
    for request in (NAME_REQUEST, Rlrq(reason=0)):
        assert exchange(peer, PUBLIC, request) == ExceptionResponse(1, 1)
    open_public(peer)
    exchange(peer, PUBLIC, Rlrq(reason=0))
    assert exchange(peer, PUBLIC, NAME_REQUEST) == ExceptionResponse(1, 1)


def test_only_what_was_agreed_is_served() -> None:
    peer = server()
    open_public(peer, aarq(user_information=initiate(Conformance.GET)))
    request = SetRequestNormal(INVOKE, NAME_REQUEST.attribute, None, unsigned(0))
    assert exchange(peer, PUBLIC, request) == ExceptionResponse(1, 2)
    unconfirmed = GetRequestNormal(InvokeId(1, confirmed=False), NAME_REQUEST.attribute)
    assert exchange(peer, PUBLIC, unconfirmed) == ExceptionResponse(1, 2)
    assert exchange(peer, PUBLIC, Aare(context=LN, result=AssociationResult.ACCEPTED)) == ExceptionResponse(
        2, 2
    )


def associated(max_pdu_size: int = 256) -> Server:
    peer = server(max_pdu_size=max_pdu_size)
    client = Client(hls5=hls5(2))
    ask(client, bare(peer, GATEWAY), client.aarq())
    return peer


def test_blocks_out_of_order_end_the_long_get() -> None:
    peer = associated()
    no_long_get = GetResponseWithBlock(INVOKE, True, 1, DataAccessResult.NO_LONG_GET_IN_PROGRESS)
    assert exchange(peer, GATEWAY, GetRequestNext(INVOKE, 1)) == no_long_get
    assert isinstance(exchange(peer, GATEWAY, BUFFER_REQUEST), GetResponseWithBlock)
    wrong = GetResponseWithBlock(INVOKE, True, 2, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
    assert exchange(peer, GATEWAY, GetRequestNext(INVOKE, 2)) == wrong
    assert exchange(peer, GATEWAY, GetRequestNext(INVOKE, 1)) == no_long_get
    exchange(peer, GATEWAY, BUFFER_REQUEST)
    exchange(peer, GATEWAY, NAME_REQUEST)
    assert exchange(peer, GATEWAY, GetRequestNext(INVOKE, 1)) == no_long_get


def test_a_set_with_a_selection_is_refused() -> None:
    request = SetRequestNormal(INVOKE, AttributeDescriptor(3, IMPORT, 2), EntrySelection(1), unsigned(0))
    refused = SetResponseNormal(INVOKE, DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)
    assert exchange(associated(), GATEWAY, request) == refused


def test_an_apdu_longer_than_agreed_is_refused() -> None:
    peer = associated()
    assert peer.receive(GATEWAY, bytes(257)) == [ExceptionResponse(1, 4).encode()]


@given(st.binary(max_size=80), st.sampled_from((PUBLIC, GATEWAY, 3)), st.booleans())
def test_any_octets_get_an_answer_that_can_be_read(garbage: bytes, client_id: int, admitted: bool) -> None:
    peer = associated() if admitted else server()
    for octets_ in (garbage, NAME_REQUEST.encode()[:3] + garbage, bytes.fromhex("C001C1000F") + garbage):
        for answer in peer.receive(client_id, octets_):
            apdu.decode(answer)


def test_a_class_that_does_not_fit_the_name_is_undefined() -> None:
    request = GetRequestNormal(INVOKE, AttributeDescriptor(70, Obis(0, 0, 96, 3, 10), 2))
    assert exchange(associated(), GATEWAY, request) == GetResponseNormal(
        INVOKE, DataAccessResult.OBJECT_UNDEFINED
    )
