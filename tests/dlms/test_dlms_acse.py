"""Association messages: known octets of the Green Book, unknown elements kept, faults refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import PeerError
from meterkast.protocols import ber
from meterkast.protocols.ber import Element
from meterkast.protocols.dlms import acse
from meterkast.protocols.dlms.acse import (
    Aare,
    Aarq,
    ApplicationContext,
    AssociationResult,
    Diagnostic,
    Mechanism,
    Rlre,
    Rlrq,
)

INITIATE = bytes.fromhex("01000000065F1F0400007E1F04B0")
RESPONSE = bytes.fromhex("0800065F1F040000501F01F40007")

KNOWN: list[tuple[str, Aarq | Aare | Rlrq | Rlre]] = [
    (  # Green Book 11.4, HLS with GMAC
        "6036A1090607608574050801018A0207808B0760857405080205AC0A80084B35366956616759BE10040E"
        "01000000065F1F0400007E1F04B0",
        Aarq(
            context=ApplicationContext.LN_NO_CIPHERING,
            mechanism=Mechanism.HLS_GMAC,
            authentication=b"K56iVagY",
            user_information=INITIATE,
        ),
    ),
    (
        "6142A109060760857405080101A203020100A305A10302010E88020780890760857405080205AA0A8008"
        "503677524A323146BE10040E0800065F1F040000501F01F40007",
        Aare(
            context=ApplicationContext.LN_NO_CIPHERING,
            result=AssociationResult.ACCEPTED,
            diagnostic=Diagnostic.AUTHENTICATION_REQUIRED,
            mechanism=Mechanism.HLS_GMAC,
            authentication=b"P6wRJ21F",
            user_information=RESPONSE,
        ),
    ),
    ("6203800100", Rlrq(reason=0)),
    ("6303800100", Rlre(reason=0)),
    ("6200", Rlrq()),
]


@pytest.mark.parametrize(("octets", "message"), KNOWN, ids=lambda case: type(case).__name__)
def test_known_messages_both_ways(octets: str, message: Aarq | Aare | Rlrq | Rlre) -> None:
    assert acse.decode(bytes.fromhex(octets)) == message
    assert message.encode().hex().upper() == octets


def test_titles_and_provider_diagnostics_survive() -> None:
    request = Aarq(context=ApplicationContext.LN_CIPHERING, calling_title=b"MKG\0\0\0\0\1")
    answer = Aare(
        context=ApplicationContext.LN_CIPHERING,
        result=AssociationResult.REJECTED_TRANSIENT,
        diagnostic=Diagnostic.NO_REASON_GIVEN,
        provider=True,
        responding_title=b"MKM\0\0\0\0\2",
    )
    assert acse.decode(request.encode()) == request
    assert acse.decode(answer.encode()) == answer


def test_elements_without_a_field_are_kept_in_their_place() -> None:
    version, calling_entity = Element(0x80, bytes.fromhex("0780")), Element(0xA9, bytes.fromhex("020101"))
    message = Aarq(
        context=ApplicationContext.LN_NO_CIPHERING,
        user_information=INITIATE,
        others=(version, calling_entity),
    )
    octets = message.encode()
    assert [element.tag for element in ber.elements(octets[2:])] == [0x80, 0xA1, 0xA9, 0xBE]
    assert acse.decode(octets) == message


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("", "ber-malformed"),
        ("6005", "ber-malformed"),
        ("60800000", "ber-malformed"),
        ("6001A1", "ber-malformed"),
        ("60041F010000", "ber-malformed"),
        ("60021F00", "ber-malformed"),
        ("6000FF", "ber-malformed"),
        ("6400", "acse-tag-unknown"),
        ("6000", "acse-element-missing"),
        ("6016A109060760857405080101A109060760857405080101", "acse-element-twice"),
        ("600BA109060760857405080109", "acse-name-unknown"),
        ("600BA109060760857405080201", "acse-name-unknown"),
        ("6100", "acse-element-missing"),
        ("611CA109060760857405080101A203020107A30AA103020100", "ber-malformed"),
        ("6117A109060760857405080101A203020107A305A103020100", "acse-value-unknown"),
        ("6117A109060760857405080101A203020100A305A303020100", "acse-value-unknown"),
        ("620480020000", "acse-value-unknown"),
    ],
)
def test_faults_have_their_codes(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        acse.decode(bytes.fromhex(octets))
    assert refusal.value.code == code


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=4))
def test_elements_survive_the_wire(pairs: list[tuple[int, bytes]]) -> None:
    sequence = [Element(tag, contents) for tag, contents in pairs if tag & 0x1F != 0x1F]
    octets = b"".join(element.encode() for element in sequence)
    assert list(ber.elements(octets)) == sequence
