"""The second signature algorithm of the envelope: named in the header, and no other counts (RQ-30; AT-12)."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, mldsa

from envelope.parties import CONTENT, HEADER, Opener
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.envelope import (
    SignatureAlgorithm,
    algorithm_of,
    attach,
    parse,
    seal,
)

KEY = mldsa.MLDSA44PrivateKey.generate()


def outer(signing: SignatureAlgorithm) -> bytes:
    header = replace(HEADER, signing=signing)
    return seal(header, [Opener().recipient], CONTENT, bytes(32), bytes(12))


def test_an_envelope_signed_with_ml_dsa() -> None:
    octets = outer(SignatureAlgorithm.ML_DSA_44)
    envelope = parse(attach(octets, KEY.sign(octets)))
    assert envelope.header.signing is SignatureAlgorithm.ML_DSA_44
    assert envelope.encode() == octets + envelope.signature
    envelope.verify(KEY.public_key())
    with pytest.raises(TrustError):
        envelope.verify(mldsa.MLDSA44PrivateKey.generate().public_key())


def test_every_octet_of_it_counts() -> None:
    octets = outer(SignatureAlgorithm.ML_DSA_44)
    whole = attach(octets, KEY.sign(octets))
    for place in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        with pytest.raises((PeerError, TrustError)):
            parse(bytes(flipped)).verify(KEY.public_key())


def test_a_key_of_the_other_algorithm_never_counts() -> None:
    """Neither a strong signature under the weak name, nor the weak one under the strong name."""
    for signing in SignatureAlgorithm:
        octets = outer(signing)
        whole = parse(octets + bytes(signing.octets))
        for key in (ec.generate_private_key(ec.SECP256R1()).public_key(), KEY.public_key()):
            with pytest.raises(TrustError):
                whole.verify(key)
    plain = outer(SignatureAlgorithm.ECDSA_P256_SHA256)
    with pytest.raises(LocalError) as caught:
        attach(plain, KEY.sign(plain))
    assert caught.value.code == "envelope-signature-length"
    with pytest.raises(PeerError):
        parse(plain + KEY.sign(plain))


def test_other_keys_sign_no_envelopes() -> None:
    assert algorithm_of(ec.generate_private_key(ec.SECP384R1()).public_key()) is None
    assert algorithm_of(mldsa.MLDSA65PrivateKey.generate().public_key()) is None
