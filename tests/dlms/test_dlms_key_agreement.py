"""Suites 1 and 2: the standard's example where there is one, our own two sides where there is none.

No public known answer exists for suite 2, general-signing, HLS6 and HLS7: those tests show that our two sides
agree and that every change is refused, not that the field agrees.
"""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from captures import captures_dir
from dlms.test_dlms_security import octets
from meterkast.model.errors import LocalError, MeterkastError, PeerError, TrustError
from meterkast.protocols.axdr import Kind
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.aead import Aead
from meterkast.protocols.dlms.apdu import (
    AgreedKey,
    GeneralCiphering,
    GeneralSigning,
    Header,
    IdentifiedKey,
    KeyInfo,
    WrappedKey,
)
from meterkast.protocols.dlms.general_ciphering import (
    Associated,
    Correspondent,
    Party,
    open_general,
    seal_all_static,
    seal_identified,
    seal_one_ephemeral,
)
from meterkast.protocols.dlms.general_signing import Signed, sign_message, signed_content
from meterkast.protocols.dlms.key_agreement import (
    KeyId,
    Parties,
    agree,
    derive,
    offer,
    point,
    public_key,
    taken,
)
from meterkast.protocols.dlms.key_transfer import transfer, transferred, unwrap, wrap
from meterkast.protocols.dlms.signature import signer, verify
from meterkast.protocols.dlms.suite import SUITE_0, SUITE_1, SUITE_2, Suite

CLIENT, SERVER = b"MKC\0\0\0\0\1", b"MKS\0\0\0\0\2"
ASYMMETRIC = pytest.mark.parametrize("suite", [SUITE_1, SUITE_2], ids=["suite-1", "suite-2"])


def known(name: str) -> dict[str, Any]:
    vectors = json.loads((captures_dir() / "vectors.json").read_text())
    found: dict[str, Any] = next(vector for vector in vectors if vector["id"] == name)
    return found


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(text, 16), ec.SECP256R1())


@pytest.mark.captures
def test_green_book_0e2s() -> None:
    """The static keys of tables C.1 and C.2 give the key of table C.3, with the transaction of C.2."""
    example, answer = known("gb-s1-c2-onepass-general-ciphering"), known("gb-s1-c2-onepass-server-to-client")
    client, server = private(answer["ka_private_client"]), private(example["static_private_server"])
    parties = Parties(octets(example["originator"]), octets(example["recipient"]))
    transaction = octets(example["transaction_id"])
    expected = octets(known("gb-s1-c3-static-unified-0e2s-cipher")["key"])
    assert agree(SUITE_1, client, server.public_key(), parties, transaction=transaction) == expected
    assert agree(SUITE_1, server, client.public_key(), parties, transaction=transaction) == expected
    assert agree(SUITE_1, server, client.public_key(), parties) != expected


@pytest.mark.captures
def test_green_book_2e0s() -> None:
    vector = known("gb-s1-c1-ephemeral-unified-2e0s")
    server = private(vector["eph_private_server"])
    assert point(server.public_key()) == octets(vector["eph_public_server"])
    client = public_key(SUITE_1, octets(vector["eph_public_client"]))
    parties = Parties(octets("4D4D4D0000BC614E"), octets("4D4D4D0000000001"))
    assert server.exchange(ec.ECDH(), client) == octets(vector["Z"])
    assert agree(SUITE_1, server, client, parties) == octets(vector["key_computed"])
    signed = known("gb-s1-c1-ephemeral-signature")
    signing = public_key(SUITE_1, octets(signed["signing_public_client"]))
    key_data = octets(signed["data"])[1:] + octets(signed["signature"])
    assert taken(SUITE_1, KeyId.GLOBAL_UNICAST, key_data, signing, high_s=True) == client
    with pytest.raises(TrustError):
        taken(SUITE_1, KeyId.GLOBAL_BROADCAST, key_data, signing, high_s=True)


@pytest.mark.captures
def test_green_book_1e1s_message_opens_but_for_its_printed_tag() -> None:
    vector = known("gb-s1-c2-onepass-general-ciphering")
    message = apdu.decode(octets(vector["apdu"]))
    assert isinstance(message, GeneralCiphering)
    assert message.encode() == octets(vector["apdu"])
    assert isinstance(message.key_info, AgreedKey)
    parties = Parties(octets(vector["originator"]), octets(vector["recipient"]))
    assert (message.header.originator, message.header.recipient) == (parties.originator, parties.recipient)
    ephemeral = public_key(SUITE_1, message.key_info.data[:64])
    key = agree(SUITE_1, private(vector["static_private_server"]), ephemeral, parties)
    assert key == octets(vector["key"]) == derive(SUITE_1, octets(vector["Z"]), parties)
    nonce = message.header.originator + message.counter.to_bytes(4, "big")
    plaintext = Aead(key).stream(nonce, message.payload[:-12])
    assert plaintext == octets(vector["plaintext"])
    assert vector["tag_reproduced"] is False
    for layout in Associated:  # the day one of them reproduces the printed tag, it becomes the default
        associated = b"\x31" + octets(vector["ak"]) + layout.octets(message.header)
        assert Aead(key).seal(nonce, plaintext, associated) != message.payload
    assert isinstance(apdu.decode(plaintext), apdu.AccessRequest)


@pytest.mark.captures
def test_green_book_1e1s_answer() -> None:
    vector = known("gb-s1-c2-onepass-server-to-client")
    ephemeral = public_key(SUITE_1, octets(vector["eph_public_server"]))
    parties = Parties(octets("4D4D4D0000000001"), octets("4D4D4D0000BC614E"))
    assert agree(SUITE_1, private(vector["ka_private_client"]), ephemeral, parties) == octets(vector["key"])
    signing = public_key(SUITE_1, octets(vector["signing_public_server"]))
    signature = octets(vector["signature_over_eph_public"])
    verify(signing, signature, octets(vector["eph_public_server"]), high_s=True)


@pytest.mark.captures
def test_green_book_0e2s_ciphertext() -> None:
    vector = known("gb-s1-c3-static-unified-0e2s-cipher")
    sealed = octets(vector["ciphertext_tag"])
    assert vector["tag_reproduced"] is False
    plaintext = Aead(octets(vector["key"])).stream(octets(vector["iv"]), sealed[:-12])
    assert plaintext == octets(vector["plaintext"])


@pytest.mark.captures
@pytest.mark.parametrize("name", ["rfc3394-128", "rfc3394-256"])
def test_key_wrap(name: str) -> None:
    vector = known(name)
    kek, key, wrapped = octets(vector["kek"]), octets(vector["key"]), octets(vector["wrapped"])
    assert wrap(kek, key) == wrapped
    assert unwrap(kek, wrapped) == key


def test_transferred_keys_arrive_whole_or_not_at_all() -> None:
    master, keys = bytes(16), {KeyId.GLOBAL_UNICAST: bytes(range(16)), KeyId.AUTHENTICATION: bytes(16)}
    sent = transfer(master, keys)
    assert transferred(master, sent) == keys
    with pytest.raises(TrustError):
        transferred(bytes(15) + b"\1", sent)
    twice = sent._replace(value=sent.items + sent.items[:1])
    for malformed in (None, twice, sent._replace(value=()), sent._replace(kind=Kind.STRUCTURE)):
        with pytest.raises(PeerError):
            transferred(master, malformed)


@ASYMMETRIC
def test_both_sides_of_2e0s_get_the_same_key(suite: Suite) -> None:
    assert suite.curve is not None
    ephemeral = [ec.generate_private_key(suite.curve) for _ in range(2)]
    signing = [ec.generate_private_key(suite.curve) for _ in range(2)]
    sent = [
        offer(KeyId.GLOBAL_UNICAST, own.public_key(), signer(key))
        for own, key in zip(ephemeral, signing, strict=True)
    ]
    parties = Parties(CLIENT, SERVER)
    keys = [
        agree(
            suite,
            ephemeral[own],
            taken(suite, KeyId.GLOBAL_UNICAST, sent[peer], signing[peer].public_key()),
            parties,
        )
        for own, peer in ((0, 1), (1, 0))
    ]
    assert keys[0] == keys[1]
    assert len(keys[0]) == suite.key_length


@pytest.mark.parametrize("text", ["00" * 64, "FF" * 64, "01" * 64, "00" * 63, "00" * 65, ""])
def test_points_off_the_curve_are_refused(text: str) -> None:
    with pytest.raises(TrustError) as refused:
        public_key(SUITE_1, octets(text))
    assert refused.value.code == "key-point"


def test_suite_0_has_no_key_agreement() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(LocalError):
        agree(SUITE_0, key, key.public_key(), Parties(CLIENT, SERVER))


class Pair:
    """Two sides that know each other's public keys."""

    def __init__(self, suite: Suite, layout: Associated = Associated.ENCODED_HEADER) -> None:
        assert suite.curve is not None
        self.signing = ec.generate_private_key(suite.curve)
        agreement = {title: ec.generate_private_key(suite.curve) for title in (CLIENT, SERVER)}
        self.sides = {
            title: Party(
                suite=suite,
                title=title,
                authentication_key=bytes(range(suite.key_length)),
                global_key=bytes(suite.key_length),
                master_key=bytes(reversed(range(suite.key_length))),
                agreement_key=key,
                associated=layout,
            )
            for title, key in agreement.items()
        }
        self.known = {
            title: Correspondent(
                title=title, agreement_key=key.public_key(), signing_key=self.signing.public_key()
            )
            for title, key in agreement.items()
        }

    def sealed(self, form: str, plaintext: bytes) -> GeneralCiphering:
        own, peer = self.sides[CLIENT], self.known[SERVER]
        if form == "1e1s":
            assert own.suite.curve is not None
            ephemeral = ec.generate_private_key(own.suite.curve)
            return seal_one_ephemeral(
                own, peer, plaintext, ephemeral=ephemeral, signer=signer(self.signing), transaction=b"\0" * 8
            )
        if form == "0e2s":
            return seal_all_static(own, peer, plaintext, transaction=b"\0\0\0\0\0\0\0\1")
        return seal_identified(own, peer, plaintext, 5)

    def opened(self, message: GeneralCiphering) -> bytes:
        return open_general(self.sides[SERVER], self.known[CLIENT], message)


FORMS = pytest.mark.parametrize("form", ["1e1s", "0e2s", "identified"])


@ASYMMETRIC
@FORMS
@pytest.mark.parametrize("layout", Associated)
def test_general_ciphering_arrives_in_every_form_and_layout(
    suite: Suite, form: str, layout: Associated
) -> None:
    pair = Pair(suite, layout)
    message = apdu.decode(pair.sealed(form, b"a request").encode())
    assert isinstance(message, GeneralCiphering)
    assert pair.opened(message) == b"a request"


@FORMS
def test_two_layouts_do_not_understand_each_other(form: str) -> None:
    pair = Pair(SUITE_1)
    message = pair.sealed(form, b"a request")
    for layout in (Associated.BARE_HEADER, Associated.NO_HEADER):
        pair.sides[SERVER] = Party(
            **{name: getattr(pair.sides[SERVER], name) for name in Party.__slots__ if name != "associated"},
            associated=layout,
        )
        with pytest.raises(TrustError):
            pair.opened(message)


@FORMS
def test_at27_no_flipped_bit_of_general_ciphering_opens(form: str) -> None:
    pair = Pair(SUITE_1)
    whole = pair.sealed(form, b"a request").encode()
    assert pair.opened(general_ciphering(whole)) == b"a request"
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(MeterkastError):
            pair.opened(general_ciphering(bytes(changed)))


def general_ciphering(octets: bytes) -> GeneralCiphering:
    message = apdu.decode(octets)
    if not isinstance(message, GeneralCiphering):
        raise PeerError("test-another-message", "Another message altogether.")
    return message


def test_at04_another_suite_or_less_protection_is_refused() -> None:
    pair = Pair(SUITE_2)
    message = pair.sealed("identified", b"a request")
    assert pair.opened(message) == b"a request"
    for control in (0x30, 0x31, 0x12, 0x22, 0x02, 0xB2):
        lowered = GeneralCiphering(
            message.header, message.key_info, control, message.counter, message.payload
        )
        with pytest.raises(TrustError) as refused:
            pair.opened(lowered)
        assert refused.value.code == "security-policy"


def test_a_wrapped_key_opens_its_message() -> None:
    pair = Pair(SUITE_1)
    own = pair.sides[CLIENT]
    session = bytes(range(16, 32))
    assert own.master_key is not None
    header = Header(originator=CLIENT, recipient=SERVER)
    associated = b"\x31" + own.authentication_key + header.encode()
    payload = Aead(session).seal(CLIENT + bytes(4), b"a request", associated)
    info = WrappedKey(0, wrap(own.master_key, session))
    assert pair.opened(GeneralCiphering(header, info, 0x31, 0, payload)) == b"a request"
    with pytest.raises(TrustError):
        pair.opened(GeneralCiphering(header, WrappedKey(0, bytes(24)), 0x31, 0, payload))


@pytest.mark.parametrize(
    "info", [IdentifiedKey(1), WrappedKey(1, b""), AgreedKey(b"\3", b""), AgreedKey(b"", b"")]
)
def test_unknown_forms_of_keys_are_refused(info: IdentifiedKey | WrappedKey | AgreedKey) -> None:
    message = GeneralCiphering(Header(originator=CLIENT, recipient=SERVER), info, 0x31, 0, bytes(20))
    assert apdu.decode(message.encode()) == message
    with pytest.raises(PeerError):
        Pair(SUITE_1).opened(message)


@ASYMMETRIC
@pytest.mark.parametrize("span", Signed)
def test_signed_messages_hold_for_their_span(suite: Suite, span: Signed) -> None:
    assert suite.curve is not None
    key = ec.generate_private_key(suite.curve)
    header = Header(transaction=b"12345678", originator=CLIENT, recipient=SERVER)
    sent = sign_message(header, b"a reading", signer(key), span=span).encode()
    message = apdu.decode(sent)
    assert isinstance(message, GeneralSigning)
    assert signed_content(message, CLIENT, key.public_key(), span=span) == b"a reading"
    with pytest.raises(TrustError):
        signed_content(message, SERVER, key.public_key(), span=span)
    for other in set(Signed) - {span}:
        with pytest.raises(TrustError):
            signed_content(message, CLIENT, key.public_key(), span=other)


def general_signing(octets: bytes) -> GeneralSigning:
    message = apdu.decode(octets)
    if not isinstance(message, GeneralSigning):
        raise PeerError("test-another-message", "Another message altogether.")
    return message


def test_at27_no_flipped_bit_of_a_signed_message_holds() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    whole = sign_message(Header(originator=CLIENT), b"a reading", signer(key)).encode()
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(MeterkastError):
            signed_content(general_signing(bytes(changed)), CLIENT, key.public_key())


headers = st.builds(
    Header,
    transaction=st.binary(max_size=20),
    originator=st.binary(min_size=8, max_size=8),
    recipient=st.sampled_from((b"", SERVER)),
    date_time=st.binary(max_size=12),
    other=st.binary(max_size=200),
)
infos = st.one_of(
    st.none(),
    st.builds(IdentifiedKey, st.integers(0, 255)),
    st.builds(WrappedKey, st.integers(0, 255), st.binary(max_size=50)),
    st.builds(AgreedKey, st.binary(max_size=3), st.binary(max_size=200)),
)


@given(headers, infos, st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary(max_size=200))
def test_general_messages_come_back(
    header: Header, info: KeyInfo | None, control: int, counter: int, payload: bytes
) -> None:
    for message in (
        GeneralCiphering(header, info, control, counter, payload),
        GeneralSigning(header, payload, payload),
        apdu.GeneralDedCiphering(header.originator, control, counter, payload),
    ):
        assert apdu.decode(message.encode()) == message
