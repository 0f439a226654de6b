"""Attacks on an association that opens: lowered, mirrored, proved in another form (AT-05, AT-06, AT-14)."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cosem.peers import GATEWAY, ask, bare, device
from cosem.protected import CLIENT, METER, House, mechanism_5, protection
from dlms.refusal import bounded
from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.axdr import octets
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import Aare, Aarq, ApplicationContext, AssociationResult, Mechanism
from meterkast.protocols.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    ActionResult,
    InitiateRequest,
)
from meterkast.protocols.dlms.association import SERVICES, State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Associated, Send
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.hls import REPLY_TO_CHALLENGE
from meterkast.protocols.dlms.hls_signed import HlsSigned
from meterkast.protocols.dlms.security_event import SecurityEvent
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.signature import signer


def aarq(context: ApplicationContext, mechanism: Mechanism | None) -> Aarq:
    return Aarq(
        context=context,
        calling_title=SystemTitle.of("MKM", CLIENT).octets,
        mechanism=mechanism,
        authentication=bytes(range(16)),
        user_information=InitiateRequest(conformance=SERVICES, max_pdu_size=1024).encode(),
    )


@pytest.mark.parametrize("mechanism", [None, *Mechanism])
@pytest.mark.parametrize("context", ApplicationContext)
def test_at05_a_lower_association(context: ApplicationContext, mechanism: Mechanism | None) -> None:
    house = House()
    full = (context, mechanism) == (ApplicationContext.LN_CIPHERING, Mechanism.HLS_GMAC)
    with bounded():
        answer = apdu.decode(house.carry(aarq(context, mechanism).encode()))
    assert isinstance(answer, Aare)
    assert answer.result is AssociationResult.REJECTED_PERMANENT
    assert (answer.responding_title, answer.authentication, answer.user_information) == (None, None, None)
    (event,) = house.events
    assert event.code == ("security-policy" if full else "dlms-association-lowered")
    assert (event.client, event.claimed) == (GATEWAY, SystemTitle.of("MKM", CLIENT).octets.hex().upper())
    assert (house.server.state(GATEWAY), house.own.gate.last) == (State.IDLE, -1)
    assert house.client().state is State.ASSOCIATED


@pytest.mark.parametrize("what", ["challenge", "title"])
def test_at06_a_mirror_is_refused_by_the_meter(what: str) -> None:
    own, other = mechanism_5(protection(METER)), mechanism_5(protection(CLIENT))
    fixed = replace(own, new_challenge=lambda: bytes(16))
    mirror = (
        replace(other, new_challenge=lambda: bytes(16))
        if what == "challenge"
        else replace(other, title=own.title)
    )
    events: list[SecurityEvent] = []
    server = Server(device(), grants={GATEWAY: Grant(hls5=fixed)}, on_security=events.append)
    client = Client(hls5=mirror)
    with bounded():
        answer = apdu.decode(bare(server, GATEWAY)(client.aarq()))
    assert isinstance(answer, Aare)
    assert answer.result is AssociationResult.REJECTED_PERMANENT
    assert (answer.authentication, server.state(GATEWAY)) == (None, State.IDLE)
    assert [(event.code, event.client) for event in events] == [("hls-refused", GATEWAY)]
    control = Client(hls5=other)
    assert isinstance(ask(control, bare(server, GATEWAY), control.aarq()), Associated)


def mirrored(client: Client, answer: Aare) -> None:
    """Gives the client its association, and its own proof back where it shows one."""
    (event,) = client.receive(answer.encode())
    assert isinstance(event, Send)
    proof = apdu.decode(event.apdu)
    assert isinstance(proof, ActionRequestNormal)
    client.receive(ActionResponseNormal(proof.invoke, ActionResult.SUCCESS, proof.parameters).encode())


@pytest.mark.parametrize("what", ["challenge", "title", "proof"])
def test_at06_a_mirror_is_refused_by_the_client(what: str) -> None:
    """The meter throws back the client's own challenge, title or proof."""
    own, other = mechanism_5(protection(CLIENT)), mechanism_5(protection(METER))
    client = Client(hls5=own)
    server = Server(device(), grants={GATEWAY: Grant(hls5=other)})
    shown = apdu.decode(client.aarq())
    assert isinstance(shown, Aarq)
    answer = apdu.decode(bare(server, GATEWAY)(shown.encode()))
    assert isinstance(answer, Aare)
    if what == "challenge":
        answer = replace(answer, authentication=shown.authentication)
    elif what == "title":
        answer = replace(answer, responding_title=shown.calling_title)
    with bounded(), pytest.raises(TrustError) as refusal:
        mirrored(client, answer)
    assert (refusal.value.code, client.state) == ("hls-refused", State.IDLE)
    control = Client(hls5=own)
    assert isinstance(ask(control, bare(server, GATEWAY), control.aarq()), Associated)


ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNATURES: Final[dict[str, Callable[[bytes, bytes], bytes]]] = {
    "r is 0": lambda _, s: bytes(32) + s,
    "s is 0": lambda r, _: r + bytes(32),
    "both are 0": lambda _, __: bytes(64),
    "r is the order": lambda _, s: ORDER.to_bytes(32, "big") + s,
    "high s": lambda r, s: r + (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big"),
    "DER": lambda r, s: encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big")),
    "one octet more": lambda r, s: r + s + b"\0",
    "one octet less": lambda r, s: (r + s)[:-1],
    "swapped": lambda r, s: s + r,
    "none": lambda _, __: b"",
}


@pytest.mark.parametrize("change", SIGNATURES.values(), ids=SIGNATURES)
def test_at14_a_signature_in_another_form(change: Callable[[bytes, bytes], bytes]) -> None:
    keys = {serial: ec.generate_private_key(ec.SECP256R1()) for serial in (METER, CLIENT)}
    challenges = count(1 << 200)

    def side(serial: int) -> HlsSigned:
        return HlsSigned(
            title=SystemTitle.of("MKM", serial),
            signer=signer(keys[serial]),
            peer_key=keys[METER + CLIENT - serial].public_key(),
            new_challenge=lambda: next(challenges).to_bytes(32, "big"),
        )

    events: list[SecurityEvent] = []
    server = Server(device(), grants={GATEWAY: Grant(authentication=side(METER))}, on_security=events.append)
    carry = bare(server, GATEWAY)
    client = Client(authentication=side(CLIENT))
    (event,) = client.receive(carry(client.aarq()))
    assert isinstance(event, Send)
    proof = apdu.decode(event.apdu)
    assert isinstance(proof, ActionRequestNormal)
    assert proof.parameters is not None
    signature = proof.parameters.value
    assert isinstance(signature, bytes)
    forged = replace(proof, parameters=octets(change(signature[:32], signature[32:])))
    with bounded():
        answer = carry(forged.encode())
    assert answer == ActionResponseNormal(proof.invoke, ActionResult.OTHER_REASON).encode()
    assert server.state(GATEWAY) is State.IDLE
    assert [(event.code, event.client) for event in events] == [("hls-refused", GATEWAY)]
    control = Client(authentication=side(CLIENT))
    assert isinstance(ask(control, carry, control.aarq()), Associated)
    assert proof.method == REPLY_TO_CHALLENGE
