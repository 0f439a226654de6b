"""The pairing without sockets: who has the code, who sees other certificates, and what is no message."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.x1.pairing import (
    ALPHABET,
    Application,
    Confirmation,
    Invitation,
    Meeting,
    code_key,
    new_code,
)

SALT = bytes(range(16))
KEY = bytes(range(32))
MEETING = Meeting(key=KEY, gateway=b"the gateway's", client=b"the client's", name="Home Assistant")


def test_both_sides_prove_the_same_meeting() -> None:
    application = Application.parse(Application.of(MEETING).encode())
    seen = application.meeting(KEY, MEETING.gateway)
    assert seen == MEETING
    Confirmation.parse(Confirmation(proof=seen.gateway_proof()).encode()).require(MEETING)


@pytest.mark.parametrize(
    "other",
    [
        replace(MEETING, key=bytes(32)),
        replace(MEETING, gateway=b"somebody in between"),
        replace(MEETING, client=b"somebody in between"),
        replace(MEETING, name="Homo Assistant"),
    ],
)
def test_whoever_sees_another_meeting_is_refused(other: Meeting) -> None:
    proof = Application.of(MEETING).proof
    application = Application(certificate=other.client, name=other.name, proof=proof)
    with pytest.raises(TrustError) as caught:
        application.meeting(other.key, other.gateway)
    assert caught.value.code == "x1-pairing-refused"
    with pytest.raises(TrustError) as caught:
        Confirmation(proof=other.gateway_proof()).require(MEETING)
    assert caught.value.code == "x1-gateway-unproven"


def test_one_proof_is_not_the_other() -> None:
    with pytest.raises(TrustError):
        Confirmation(proof=MEETING.client_proof()).require(MEETING)


def test_the_code_is_read_as_people_type_it() -> None:
    key = code_key("K7QM-3XPT", SALT)
    assert code_key(" k7qm 3xpt ", SALT) == key
    assert code_key("K7QM-3XPU", SALT) != key
    assert code_key("K7QM-3XPT", SALT[::-1]) != key


def test_the_key_is_scrypt() -> None:
    """The cost is what stands between a caught proof and the code: 32 MiB, as OpenSSL reckons it."""
    from hashlib import scrypt

    assert code_key("K7QM-3XPT", SALT) == scrypt(
        b"K7QM3XPT", salt=SALT, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32
    )


@pytest.mark.parametrize("code", ["", "K7QM-3XP", "K7QM-3XPTT", "K7QM-3XP0", "K7QM-3XPI", "ÄÖÜ"])
def test_what_is_no_code(code: str) -> None:
    with pytest.raises(LocalError) as caught:
        code_key(code, SALT)
    assert caught.value.code == "x1-code-malformed"


@given(st.binary(min_size=5, max_size=5))
def test_codes_use_all_their_forty_bits(octets: bytes) -> None:
    code = new_code(lambda count: octets[:count])
    digits = [ALPHABET.index(each) for each in code.replace("-", "")]
    assert sum(digit << 5 * place for place, digit in enumerate(digits)) == int.from_bytes(octets)


_MESSAGES = {
    Invitation: Invitation(salt=SALT).encode(),
    Application: Application.of(MEETING).encode(),
    Confirmation: Confirmation(proof=KEY).encode(),
}


@pytest.mark.parametrize("kind", _MESSAGES)
def test_messages_there_and_back(kind: type[Invitation | Application | Confirmation]) -> None:
    assert kind.parse(_MESSAGES[kind]).encode() == _MESSAGES[kind]


@given(st.sampled_from(sorted(_MESSAGES, key=str)), st.data())
def test_anything_is_a_message_or_refused(
    kind: type[Invitation | Application | Confirmation], data: st.DataObject
) -> None:
    octets = bytearray(_MESSAGES[kind])
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    for line in (bytes(octets), data.draw(st.binary(max_size=60))):
        with suppress(PeerError):
            assert kind.parse(line).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 41},
        {"name": "two\nlines"},
        {"name": "\ud800"},
        {"name": 5},
        {"certificate": "not base64!"},
        {"certificate": ""},
        {"certificate": "A" * 4000},
        {"proof": "00"},
        {"proof": "zz" * 32},
        {"profile": "meterkast-x1/1"},
        {"more": 1},
        {"name": ["deep"]},
    ],
)
def test_what_is_no_application(change: dict[str, object]) -> None:
    fields = json.loads(_MESSAGES[Application]) | change
    with pytest.raises(PeerError) as caught:
        Application.parse(json.dumps(fields).encode())
    assert caught.value.code == "x1-pairing-malformed"
