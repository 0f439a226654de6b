"""What a client makes of servers that do not keep to the rules."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import GATEWAY, IMPORT, PUBLIC, ask, bare, hls5, server
from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.axdr import null, octets, unsigned
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import ApplicationContext, AssociationResult, Diagnostic, Mechanism
from meterkast.protocols.dlms.apdu import (
    Aare,
    ActionResponseNormal,
    ActionResult,
    AttributeDescriptor,
    Conformance,
    DataAccessResult,
    ExceptionResponse,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
    InitiateResponse,
    InvokeId,
    SetResponseNormal,
)
from meterkast.protocols.dlms.association import SERVICES, State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Failed, Refused, Send
from meterkast.protocols.dlms.hls import Handshake
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.dlms.hls_signed import HlsSigned
from meterkast.protocols.dlms.signature import signer

REGISTER = AttributeDescriptor(3, IMPORT, 2)
ACCEPTED = Aare(
    context=ApplicationContext.LN_NO_CIPHERING,
    result=AssociationResult.ACCEPTED,
    user_information=InitiateResponse(conformance=SERVICES, max_pdu_size=1024).encode(),
)
CHALLENGE = replace(
    ACCEPTED,
    diagnostic=Diagnostic.AUTHENTICATION_REQUIRED,
    mechanism=Mechanism.HLS_GMAC,
    responding_title=hls5(1).title.octets,
    authentication=b"S" * 16,
)


def asking() -> Client:
    """A public client that waits for the answer to its first request, which has invoke-id 1."""
    client = Client()
    ask(client, bare(server(), PUBLIC), client.aarq())
    client.get(REGISTER)
    return client


@pytest.mark.parametrize(
    "answer",
    [
        ACCEPTED,
        replace(CHALLENGE, diagnostic=Diagnostic.NULL),
        replace(CHALLENGE, mechanism=Mechanism.LOW),
        replace(CHALLENGE, mechanism=None),
        replace(CHALLENGE, responding_title=None),
        replace(CHALLENGE, responding_title=hls5(2).title.octets),
        replace(CHALLENGE, authentication=None),
        replace(CHALLENGE, authentication=b"short"),
    ],
)
def test_a_server_that_does_not_prove_itself_is_refused(answer: Aare) -> None:
    client = Client(hls5=hls5(2))
    client.aarq()
    with pytest.raises(TrustError):
        client.receive(answer.encode())
    assert client.state is State.IDLE


def test_a_server_that_takes_no_message_as_long_as_our_proof_is_left() -> None:
    initiate = InitiateResponse(conformance=Conformance.GET | Conformance.ACTION, max_pdu_size=64)
    key = ec.generate_private_key(ec.SECP256R1())
    proof = HlsSigned(
        title=SystemTitle.of("MKM", 2),
        signer=signer(key),
        peer_key=key.public_key(),
        new_challenge=lambda: bytes(32),
    )
    client = Client(authentication=proof)
    client.aarq()
    with pytest.raises(PeerError) as refusal:
        client.receive(
            replace(CHALLENGE, mechanism=Mechanism.HLS_ECDSA, user_information=initiate.encode()).encode()
        )
    assert refusal.value.code == "dlms-initiate"
    assert client.state is State.IDLE


def test_our_own_challenge_thrown_back_is_refused() -> None:
    client = Client(hls5=hls5(2, challenge=b"S" * 16))
    client.aarq()
    with pytest.raises(TrustError):
        client.receive(CHALLENGE.encode())
    assert client.state is State.IDLE


@pytest.mark.parametrize(
    "answer",
    [
        ActionResponseNormal(InvokeId(1), ActionResult.SUCCESS, octets(b"\x10" + bytes(16))),
        ActionResponseNormal(InvokeId(1), ActionResult.SUCCESS, octets(b"")),
        ActionResponseNormal(InvokeId(1), ActionResult.SUCCESS, null()),
        ActionResponseNormal(InvokeId(1), ActionResult.SUCCESS),
        ActionResponseNormal(InvokeId(1), ActionResult.OTHER_REASON),
        ExceptionResponse(1, 1),
    ],
)
def test_a_server_whose_proof_does_not_hold_is_refused(answer: apdu.Apdu) -> None:
    client = Client(hls5=hls5(2))
    client.aarq()
    (event,) = client.receive(CHALLENGE.encode())
    assert isinstance(event, Send)
    with pytest.raises(TrustError):
        client.receive(answer.encode())
    assert client.state is State.IDLE


def test_a_server_with_another_key_is_refused() -> None:
    client = Client(hls5=hls5(2))
    carry = bare(server(own=hls5(1, key=b"another key here")), GATEWAY)
    with pytest.raises(TrustError):
        ask(client, carry, client.aarq())
    assert client.state is State.IDLE


def test_counters_are_used_once() -> None:
    used: list[int] = []

    def next_counter() -> int:
        used.append(len(used))
        return used[-1]

    counting = replace(hls5(2), next_counter=next_counter)
    for _ in range(3):
        client = Client(hls5=counting)
        ask(client, bare(server(), GATEWAY), client.aarq())
    assert used == [0, 1, 2]


def test_a_handshake_with_the_numbers_of_the_green_book() -> None:
    # Green Book 8.1, table 43, as in captures/vectors.json gb-hls5-gmac
    keys = (bytes(range(16)), bytes(range(0xD0, 0xE0)))
    client_title, server_title = bytes.fromhex("4D4D4D0000000001"), bytes.fromhex("4D4D4D0000BC614E")

    def side(title: bytes, counter: int, challenge: str) -> Handshake:
        return Handshake(
            Hls5(
                title=SystemTitle(title),
                encryption_key=keys[0],
                authentication_key=keys[1],
                next_counter=lambda: counter,
                new_challenge=challenge.encode,
            )
        )

    near, far = side(client_title, 1, "K56iVagY"), side(server_title, 0x01234567, "P6wRJ21F")
    near.meet(far.title, far.challenge)
    far.meet(near.title, near.challenge)
    assert near.prove() == octets(bytes.fromhex("10000000011A52FE7DD3E72748973C1E28"))
    assert far.prove() == octets(bytes.fromhex("1001234567FE1466AFB3DBCD4F9389E2B7"))
    far.verify(near.prove())
    near.verify(far.prove())
    with pytest.raises(TrustError):
        near.verify(near.prove())


def test_keys_do_not_show() -> None:
    own = hls5(1, key=b"0123456789abcdef")
    assert "0123456789abcdef" not in repr(own)


def test_a_rejection_is_an_answer() -> None:
    client = Client()
    client.aarq()
    rejected = replace(
        ACCEPTED, result=AssociationResult.REJECTED_PERMANENT, diagnostic=Diagnostic.NO_REASON_GIVEN
    )
    assert client.receive(rejected.encode()) == [Refused(Diagnostic.NO_REASON_GIVEN)]
    client.aarq()
    assert client.receive(ExceptionResponse(1, 1).encode()) == [Refused(Diagnostic.NO_REASON_GIVEN)]
    assert client.state is State.IDLE


@pytest.mark.parametrize(
    "answer",
    [
        replace(ACCEPTED, user_information=None),
        replace(ACCEPTED, user_information=b"garbage"),
        replace(ACCEPTED, user_information=InitiateResponse(conformance=SERVICES, max_pdu_size=63).encode()),
        replace(ACCEPTED, user_information=ExceptionResponse(1, 1).encode()),
        replace(
            ACCEPTED,
            user_information=InitiateResponse(
                conformance=SERVICES | Conformance.WRITE, max_pdu_size=1024
            ).encode(),
        ),
        CHALLENGE,
    ],
)
def test_an_acceptance_of_something_else_is_refused(answer: Aare) -> None:
    client = Client()
    client.aarq()
    with pytest.raises(PeerError):
        client.receive(answer.encode())
    assert client.state is State.IDLE


@pytest.mark.parametrize(
    "answer",
    [
        GetResponseNormal(InvokeId(2), unsigned(1)),
        GetResponseNormal(InvokeId(1, high_priority=False), unsigned(1)),
        SetResponseNormal(InvokeId(1), DataAccessResult.SUCCESS),
        GetResponseWithList(InvokeId(1), (unsigned(1),)),
        GetResponseWithBlock(InvokeId(1), False, 2, b"x"),
        GetResponseWithBlock(InvokeId(1), False, 1, b""),
        GetResponseWithBlock(InvokeId(1), True, 1, b"\x11"),
        ACCEPTED,
    ],
)
def test_answers_to_something_else_are_refused(answer: apdu.Apdu) -> None:
    client = asking()
    with pytest.raises(PeerError):
        client.receive(answer.encode())
    with pytest.raises(PeerError):
        client.receive(GetResponseNormal(InvokeId(1), unsigned(1)).encode())


def test_a_list_of_another_length_is_refused() -> None:
    client = asking()
    client.receive(GetResponseNormal(InvokeId(1), unsigned(1)).encode())
    client.get_list([REGISTER, REGISTER])
    with pytest.raises(PeerError):
        client.receive(GetResponseWithList(InvokeId(2), (unsigned(1),)).encode())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ExceptionResponse(1, 2), ExceptionResponse(1, 2)),
        (GetResponseNormal(InvokeId(1), DataAccessResult.HARDWARE_FAULT), DataAccessResult.HARDWARE_FAULT),
        (
            GetResponseWithBlock(InvokeId(1), True, 1, DataAccessResult.LONG_GET_ABORTED),
            DataAccessResult.LONG_GET_ABORTED,
        ),
    ],
)
def test_a_refused_request_leaves_the_association_open(answer: apdu.Apdu, reason: object) -> None:
    client = asking()
    assert client.receive(answer.encode()) == [Failed(reason)]  # type: ignore[arg-type]
    assert client.state is State.ASSOCIATED
    client.get(REGISTER)


def test_blocks_without_end_are_refused() -> None:
    client = Client(result_limit=1000)
    ask(client, bare(server(), PUBLIC), client.aarq())
    client.get(REGISTER)
    for number in range(1, 11):
        (event,) = client.receive(GetResponseWithBlock(InvokeId(1), False, number, bytes(100)).encode())
        assert isinstance(event, Send)
    with pytest.raises(PeerError) as refusal:
        client.receive(GetResponseWithBlock(InvokeId(1), False, 11, bytes(100)).encode())
    assert refusal.value.code == "dlms-block-limit"


STATES: dict[State, Callable[[], Client]] = {
    State.IDLE: Client,
    State.REQUESTED: lambda: _requested(Client(hls5=hls5(2))),
    State.ASSOCIATED: asking,
}


def _requested(client: Client) -> Client:
    client.aarq()
    return client


@given(
    st.binary(max_size=60), st.sampled_from(sorted(STATES)), st.sampled_from(("", "61", "C401C1", "C402C1"))
)
def test_garbage_raises_the_peer_or_trust_error_and_nothing_else(
    garbage: bytes, state: State, start: str
) -> None:
    with suppress(PeerError, TrustError):
        STATES[state]().receive(bytes.fromhex(start) + garbage)
