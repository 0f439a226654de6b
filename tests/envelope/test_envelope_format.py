"""The envelope: one encoding, every bit of it guarded (AT-27, RQ-09)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelope.parties import CONTENT, HEADER, ORDER, Opener, Signer, envelope, raw, sealed
from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.envelope import MAX_OCTETS, Envelope, Header, RecipientKey, attach, parse, seal
from meterkast.protocols.envelope.limits import RECIPIENT

SIGNER = Signer()
OPENER = Opener()
ENVELOPE = envelope(SIGNER, OPENER)
HEAD = len(HEADER.encode())


def accept(octets: bytes) -> bytes:
    """What intake does with an envelope, in its order."""
    read = parse(octets)
    read.verify(SIGNER.key.public_key())
    return read.open(OPENER.unseal, OPENER.key_id)


def flipped(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def test_round_trip() -> None:
    assert accept(ENVELOPE) == CONTENT
    assert parse(ENVELOPE).header == HEADER
    assert parse(ENVELOPE).encode() == ENVELOPE


def test_layout_is_the_documented_one() -> None:
    # Written out by hand from the table in the package's docstring.
    assert ENVELOPE[: HEAD + 1] == (
        b"MKEV" + bytes((1, 1, 1, 1)) + b"MKG" + bytes.fromhex("0000000001") + bytes(range(8))
        + (7).to_bytes(8, "big") + (1_790_000_000).to_bytes(8, "big") + b"\x09Alliander" + b"\x01"
    )  # fmt: skip
    assert len(ENVELOPE) == HEAD + 1 + 1176 + 12 + 4 + len(CONTENT) + 16 + 64


def test_every_single_bit_flip_is_refused() -> None:
    for bit in range(len(ENVELOPE) * 8):
        with pytest.raises((PeerError, TrustError)):
            accept(flipped(ENVELOPE, bit))


def test_every_bit_flip_before_the_signature_is_refused_even_by_opening_alone() -> None:
    outer = len(ENVELOPE) - 64
    for bit in range(outer * 8):
        with pytest.raises((PeerError, TrustError)):
            parse(flipped(ENVELOPE, bit)).open(OPENER.unseal, OPENER.key_id)


def test_truncated_at_every_octet_and_with_octets_behind() -> None:
    for length in range(len(ENVELOPE)):
        with pytest.raises(PeerError):
            parse(ENVELOPE[:length])
    with pytest.raises(PeerError, match="follow the signature"):
        parse(ENVELOPE + b"\x00")


@given(st.binary(max_size=2000))
def test_garbage_raises_only_peer_errors(octets: bytes) -> None:
    for candidate in (octets, ENVELOPE[:HEAD] + octets, ENVELOPE[: HEAD + 1 + RECIPIENT + 12] + octets):
        try:
            read = parse(candidate)
        except PeerError:
            continue
        assert read.encode() == candidate


@given(
    serial=st.integers(0, 2**40 - 1),
    operator=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=48),
    counter=st.integers(0, 2**64 - 1),
    created=st.integers(0, 2**64 - 1),
    ciphertext=st.binary(min_size=16, max_size=64),
)
def test_parse_and_encode_are_inverse(
    serial: int, operator: str, counter: int, created: int, ciphertext: bytes
) -> None:
    header = Header(
        gateway=SystemTitle.of("MKG", serial),
        signer=bytes(8),
        operator=operator,
        counter=counter,
        created=created,
    )
    octets = (
        header.encode() + b"\x01" + bytes(RECIPIENT) + bytes(12)
        + len(ciphertext).to_bytes(4, "big") + ciphertext + bytes(64)
    )  # fmt: skip
    read = parse(octets)
    assert (read.header, read.ciphertext, read.encode()) == (header, ciphertext, octets)


@pytest.mark.parametrize(
    "changes",
    [{"operator": ""}, {"operator": "x" * 49}, {"operator": "é"}, {"operator": "a\nb"}, {"counter": -1},
     {"counter": 2**64}, {"created": 2**64}, {"signer": bytes(7)}],
)  # fmt: skip
def test_header_ranges(changes: dict[str, object]) -> None:
    fields = {"gateway": HEADER.gateway, "signer": bytes(8), "operator": "A", "counter": 1, "created": 1}
    Header(**fields)  # type: ignore[arg-type]
    with pytest.raises(DataError):
        Header(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("offset", "value", "code"),
    [
        (0, b"X", "envelope-magic-wrong"),
        (4, b"\x02", "envelope-version-unknown"),
        (5, b"\x00", "envelope-algorithm-unknown"),
        (6, b"\x02", "envelope-algorithm-unknown"),
        (7, b"\x02", "envelope-algorithm-unknown"),
        (8, b"m", "envelope-header-malformed"),
        (40, b"\x00", "envelope-header-malformed"),
        (41, b"\xff", "envelope-header-malformed"),
        (HEAD, b"\x00", "envelope-recipients-malformed"),
        (HEAD, b"\x05", "envelope-recipients-malformed"),
        (HEAD + 1 + RECIPIENT + 12, b"\xff\xff\xff\xff", "envelope-truncated"),
    ],
)
def test_malformed_fields_have_their_codes(offset: int, value: bytes, code: str) -> None:
    octets = ENVELOPE[:offset] + value + ENVELOPE[offset + len(value) :]
    with pytest.raises(PeerError) as caught:
        parse(octets)
    assert caught.value.code == code


def test_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(PeerError) as caught:
        parse(bytes(MAX_OCTETS + 1))
    assert caught.value.code == "envelope-too-long"
    with pytest.raises(LocalError) as ours:
        sealed(OPENER, content=bytes(MAX_OCTETS))
    assert ours.value.code == "envelope-too-long"


def test_every_recipient_opens_and_nobody_else() -> None:
    openers = [Opener(key_id=bytes((number,)) * 8) for number in (3, 1, 2)]
    read = parse(envelope(SIGNER, *openers))
    assert [each.key_id[0] for each in read.recipients] == [1, 2, 3]
    for opener in openers:
        assert read.open(opener.unseal, opener.key_id) == CONTENT
    stranger = Opener(key_id=openers[0].key_id)
    for key_id in (stranger.key_id, b"stranger"):
        with pytest.raises(TrustError) as caught:
            read.open(stranger.unseal, key_id)
        assert caught.value.code == "envelope-not-opened"


def signed_again(octets: bytes) -> Envelope:
    """As if the gateway itself had signed the manipulated outer octets: opening must refuse alone."""
    return parse(attach(octets, SIGNER.sign(octets)))


def test_recipients_cannot_be_added_removed_swapped_or_repeated() -> None:
    first, second = Opener(key_id=b"1" * 8), Opener(key_id=b"2" * 8)
    outer = sealed(first, second)
    head, one, two, rest = (
        outer[:HEAD],
        outer[HEAD + 1 : HEAD + 1 + RECIPIENT],
        outer[HEAD + 1 + RECIPIENT : HEAD + 1 + 2 * RECIPIENT],
        outer[HEAD + 1 + 2 * RECIPIENT :],
    )
    assert signed_again(head + b"\x02" + one + two + rest).open(first.unseal, first.key_id) == CONTENT
    for count, recipients in ((1, one), (3, one + two + b"3" * RECIPIENT)):
        with pytest.raises(TrustError):
            signed_again(head + bytes((count,)) + recipients + rest).open(first.unseal, first.key_id)
    for recipients in (two + one, one + one):
        with pytest.raises(PeerError) as caught:
            signed_again(head + b"\x02" + recipients + rest)
        assert caught.value.code == "envelope-recipients-malformed"


def test_a_sealed_key_does_not_serve_another_header() -> None:
    other = Header(gateway=HEADER.gateway, signer=HEADER.signer, operator="Alliander", counter=8, created=1)
    moved = other.encode() + sealed(OPENER)[HEAD:]
    with pytest.raises(TrustError):
        signed_again(moved).open(OPENER.unseal, OPENER.key_id)


@pytest.mark.parametrize("form", ["high-s", "zero-r", "zero-s", "r-plus-order"])
def test_signatures_have_one_form(form: str) -> None:
    outer = sealed(OPENER)
    r, s = SIGNER.numbers(outer)
    forms = {
        "high-s": raw(r, ORDER - s),
        "zero-r": raw(0, s),
        "zero-s": raw(r, 0),
        "r-plus-order": raw((r + ORDER) % 2**256, s),
    }

    parse(attach(outer, raw(r, s))).verify(SIGNER.key.public_key())
    with pytest.raises(TrustError) as caught:
        parse(attach(outer, forms[form])).verify(SIGNER.key.public_key())
    assert caught.value.code == "envelope-signature-wrong"


def test_signature_of_another_key_or_kind_of_key() -> None:
    for key in (Signer().key.public_key(), OPENER.x25519.public_key(), None):
        with pytest.raises(TrustError):
            parse(ENVELOPE).verify(key)


def test_misuse_is_our_own_fault() -> None:
    two = [OPENER.recipient, Opener(key_id=b"other-id").recipient]
    wrong: list[tuple[list[RecipientKey], int, int]] = [
        ([], 32, 12), ([OPENER.recipient] * 2, 32, 12), (two * 3, 32, 12), (two, 31, 12), (two, 32, 11),
    ]  # fmt: skip
    for recipients, key, nonce in wrong:
        with pytest.raises(LocalError):
            seal(HEADER, recipients, CONTENT, bytes(key), bytes(nonce))
    with pytest.raises(LocalError):
        attach(sealed(OPENER), bytes(63))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_content_key_of_another_length_does_not_open(length: int) -> None:
    with pytest.raises(TrustError):
        parse(ENVELOPE).open(lambda _sealed, _info: bytes(length), OPENER.key_id)
