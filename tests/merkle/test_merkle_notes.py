"""Notes, checkpoints and evidence: what is signed is believed, and nothing beside it."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from merkle.forest import Fetcher, tiles
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.merkle import (
    Checkpoint,
    Evidence,
    TileTree,
    leaf_hash,
    parse_evidence,
    read_checkpoint,
    sign_checkpoint,
)
from meterkast.protocols.merkle.note import Note, NoteSignature, parse_note
from meterkast.protocols.merkle.tree_head import key_id

ORIGIN = "log.stadsnet.example/certificates"
KEY = ec.derive_private_key(0x1F2E3D4C5B6A, ec.SECP256R1())
OTHER = ec.derive_private_key(0x77, ec.SECP256R1())
ENTRIES = [b"one", b"two", b"three"]
TREE = TileTree(3, Fetcher(tiles([leaf_hash(each) for each in ENTRIES])))
CHECKPOINT = Checkpoint(origin=ORIGIN, size=3, root=TREE.root(), at=1_790_000_000_123)


def signer(key: ec.EllipticCurvePrivateKey, octets: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(octets, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed(checkpoint: Checkpoint = CHECKPOINT, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    return sign_checkpoint(checkpoint, key.public_key(), lambda octets: signer(key, octets))


def read(octets: bytes) -> Checkpoint:
    return read_checkpoint(octets, ORIGIN, KEY.public_key())


def refused(octets: bytes) -> str:
    with pytest.raises((PeerError, TrustError)) as caught:
        read(octets)
    return caught.value.code


def test_a_checkpoint_says_what_was_signed() -> None:
    assert read(signed()) == CHECKPOINT
    assert (
        signed().decode().startswith(f"{ORIGIN}\n3\n{base64.b64encode(TREE.root()).decode()}\n\n— {ORIGIN} ")
    )


def test_every_flipped_bit_of_a_checkpoint_is_refused() -> None:
    octets = signed()
    for place in range(len(octets)):
        for bit in range(8):
            changed = bytearray(octets)
            changed[place] ^= 1 << bit
            refused(bytes(changed))


def test_another_log_and_another_key_are_refused() -> None:
    elsewhere = Checkpoint(origin="log.example/other", size=3, root=TREE.root(), at=1)
    assert refused(signed(elsewhere)) == "checkpoint-untrusted"
    assert refused(signed(key=OTHER)) == "checkpoint-untrusted"


def test_signatures_of_witnesses_are_passed_by_and_two_of_the_log_are_refused() -> None:
    note = parse_note(signed())
    witness = NoteSignature(name="witness.example", key_id=b"\1\2\3\4", octets=bytes(72))
    namesake = NoteSignature(name=ORIGIN, key_id=b"\1\2\3\4", octets=bytes(72))
    assert read(Note(text=note.text, signatures=(witness, *note.signatures, namesake)).encode()) == CHECKPOINT
    assert refused(Note(text=note.text, signatures=note.signatures * 2).encode()) == "checkpoint-untrusted"
    assert refused(Note(text=note.text, signatures=(witness,)).encode()) == "checkpoint-untrusted"


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n3\n",
        f"{ORIGIN}\n03\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n-3\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}\nextension\n",
        f"{ORIGIN}\n9999999999999999999\n{base64.b64encode(bytes(32)).decode()}\n",
    ],
)
def test_other_texts_are_no_checkpoints(text: str) -> None:
    signature = parse_note(signed()).signatures
    assert refused(Note(text=text, signatures=signature).encode()) == "checkpoint-malformed"


def test_octets_of_another_algorithm_are_refused() -> None:
    note = parse_note(signed())
    for octets in (bytes(2), bytes(12), bytes(8) + b"\x04\x01\0\0", note.signatures[0].octets + b"\0"):
        signature = NoteSignature(name=ORIGIN, key_id=key_id(ORIGIN, KEY.public_key()), octets=octets)
        assert refused(Note(text=note.text, signatures=(signature,)).encode()) == "checkpoint-untrusted"


def test_a_tree_head_is_that_of_rfc_6962() -> None:
    octets = parse_note(signed()).signatures[0].octets
    assert octets[:8] == CHECKPOINT.at.to_bytes(8, "big")
    assert octets[8:10] == bytes((4, 3))  # sha256, ecdsa
    assert int.from_bytes(octets[10:12], "big") == len(octets) - 12
    head = b"\0\1" + octets[:8] + (3).to_bytes(8, "big") + TREE.root()
    KEY.public_key().verify(octets[12:], head, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("kind", [mldsa.MLDSA44PrivateKey, mldsa.MLDSA65PrivateKey, mldsa.MLDSA87PrivateKey])
def test_a_log_may_sign_after_quantum_computers(kind: type[mldsa.MLDSA65PrivateKey]) -> None:
    key = kind.generate()
    octets = sign_checkpoint(CHECKPOINT, key.public_key(), key.sign)
    assert read_checkpoint(octets, ORIGIN, key.public_key()) == CHECKPOINT
    with pytest.raises(TrustError):
        read_checkpoint(octets, ORIGIN, kind.generate().public_key())


def test_a_log_may_sign_on_p384() -> None:
    key = ec.generate_private_key(ec.SECP384R1())

    def sign(octets: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(octets, ec.ECDSA(hashes.SHA384())))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    octets = sign_checkpoint(CHECKPOINT, key.public_key(), sign)
    assert read_checkpoint(octets, ORIGIN, key.public_key()) == CHECKPOINT
    assert refused(octets) == "checkpoint-untrusted"


@pytest.mark.parametrize("origin", ["", "with space", "with+plus", "with\nline", "a" * 257])
def test_a_log_has_a_name_without_spaces(origin: str) -> None:
    with pytest.raises(LocalError) as caught:
        signed(Checkpoint(origin=origin, size=0, root=bytes(32), at=0))
    assert caught.value.code == "checkpoint-origin"


def test_a_log_signs_with_no_other_key() -> None:
    with pytest.raises(LocalError) as caught:
        signed(key=ec.generate_private_key(ec.SECP521R1()))
    assert caught.value.code == "checkpoint-key"


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_garbage_is_no_note_and_no_evidence(octets: bytes) -> None:
    with pytest.raises(PeerError):
        read(octets)
    with pytest.raises(PeerError):
        parse_evidence(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 name QUJDRA==\n",
        b"text\n\n\xe2\x80\x94 name QUJDREV=\n",
        b"text\n\n- name QUJDREU=\n",
        b"te\x07xt\n\n\xe2\x80\x94 name QUJDREU=\n",
        b"text\n\n\xe2\x80\x94 name QUJDREU=",
        b"text\n\n" + b"\xe2\x80\x94 name QUJDREU=\n" * 65,
        bytes(70_000),
        b"\xff\n\n\xe2\x80\x94 name QUJDREU=\n",
    ],
)
def test_malformed_notes(octets: bytes) -> None:
    with pytest.raises(PeerError) as caught:
        parse_note(octets)
    assert caught.value.code == "note-malformed"


@given(
    st.text("abc \n", min_size=1).map(lambda text: text.strip("\n") + "\n"),
    st.binary(min_size=1, max_size=80),
)
def test_notes_round_trip(text: str, octets: bytes) -> None:
    note = Note(text=text, signatures=(NoteSignature(name="a.b/c", key_id=b"abcd", octets=octets),))
    if text != "\n":
        assert parse_note(note.encode()) == note


def evidence(index: int = 1) -> Evidence:
    proof = tuple(TREE.inclusion_proof(index))
    return Evidence(entry=ENTRIES[index], index=index, proof=proof, checkpoint=signed())


def test_evidence_is_checked_off_line() -> None:
    again = parse_evidence(evidence().encode().encode())
    assert again == evidence() or again.entry == b"two"
    assert again.verify(ORIGIN, KEY.public_key()) == CHECKPOINT


def test_every_changed_character_of_evidence_is_refused() -> None:
    octets = evidence().encode().encode()
    for place in range(len(octets)):
        changed = bytearray(octets)
        changed[place] ^= 1
        with pytest.raises((PeerError, TrustError)):
            parse_evidence(bytes(changed)).verify(ORIGIN, KEY.public_key())


def test_evidence_of_another_place_is_refused() -> None:
    moved = Evidence(entry=b"two", index=2, proof=evidence().proof, checkpoint=signed())
    with pytest.raises(TrustError) as caught:
        moved.verify(ORIGIN, KEY.public_key())
    assert caught.value.code == "merkle-inclusion-wrong"
