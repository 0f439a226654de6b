"""Signatures: the standard's own, our round trip, and the class of faults that ECDSA code has had (AT-14)."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dlms.test_dlms_security import octets, vector
from meterkast.model.errors import LocalError, TrustError
from meterkast.protocols.dlms.signature import sign, verify

P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEY = ec.generate_private_key(ec.SECP256R1())


def public(curve: ec.EllipticCurve, point: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + octets(point))


@pytest.mark.captures
def test_green_book_signature_over_an_ephemeral_key() -> None:
    known = vector("gb-s1-c1-ephemeral-signature")
    key = public(ec.SECP256R1(), known["signing_public_client"])
    verify(key, octets(known["signature"]), octets(known["data"]), high_s=True)
    with pytest.raises(TrustError):
        verify(key, octets(known["signature"]), octets(known["data"])[1:], high_s=True)


@pytest.mark.captures
def test_suite_b_signature() -> None:
    known = vector("s2-ecdsa-p384-suiteb")
    key = public(ec.SECP384R1(), known["public"])
    verify(key, octets(known["signature"]), octets(known["data"]), high_s=True)
    with pytest.raises(TrustError):
        verify(key, octets(known["signature"]), octets(known["data"]) + b"\0", high_s=True)


@pytest.mark.parametrize(("curve", "length"), [(ec.SECP256R1(), 64), (ec.SECP384R1(), 96)])
def test_own_signatures_hold_for_their_octets_only(curve: ec.EllipticCurve, length: int) -> None:
    key = ec.generate_private_key(curve)
    signature = sign(key, b"a reading")
    assert len(signature) == length
    verify(key.public_key(), signature, b"a reading")
    with pytest.raises(TrustError):
        verify(key.public_key(), signature, b"a reaping")


def test_at14_malformed_and_malleable_signatures_are_refused() -> None:
    good = sign(KEY, b"a reading")
    verify(KEY.public_key(), good, b"a reading")
    r, s = good[:32], int.from_bytes(good[32:])
    malleated = r + (P256 - s).to_bytes(32, "big")
    verify(KEY.public_key(), malleated, b"a reading", high_s=True)  # the algorithm itself would take it
    zero, order = bytes(32), P256.to_bytes(32, "big")
    forged = [malleated, zero + zero, r + zero, zero + good[32:], r + order, order + good[32:]]
    forged += [good + b"\0", good[:-1], b"", b"\x30\x44\x02\x20" + r + b"\x02\x20" + good[32:]]
    texts = set()
    for signature in forged:
        with pytest.raises(TrustError) as refused:
            verify(KEY.public_key(), signature, b"a reading")
        texts.add(str(refused.value))
    assert len(texts) == 1


def test_other_curves_are_our_own_mistake() -> None:
    key = ec.generate_private_key(ec.SECP521R1())
    with pytest.raises(LocalError):
        sign(key, b"a reading")
    with pytest.raises(LocalError):
        verify(key.public_key(), b"", b"a reading")
