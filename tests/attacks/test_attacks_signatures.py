"""Signatures as attackers write them: on the envelope, and on general-signing (AT-14)."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from attacks.attacked import Attack, Chain, bounded, named
from headend.uplink import notification
from mdm.one_home import day_block
from meterkast.model.errors import MeterkastError
from meterkast.protocols.axdr import encode_length
from meterkast.protocols.dlms.apdu.general import Header
from meterkast.protocols.dlms.general_signing import open_signed, sign_message
from meterkast.protocols.dlms.signature import signer

ORDER = ec.SECP256R1().group_order
WIDTH = 32

Change = Callable[[int, int], bytes]
"""Other octets for a signature (r, s)."""


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(WIDTH, "big") + s.to_bytes(WIDTH, "big")


IN_PLACE: dict[str, Change] = {
    "AT-14 r is 0": lambda _, s: raw(0, s),
    "AT-14 s is 0": lambda r, _: raw(r, 0),
    "AT-14 both are 0": lambda *_: raw(0, 0),
    "AT-14 s is high": lambda r, s: raw(r, ORDER - s),
    "AT-14 r is the order": lambda _, s: raw(ORDER, s),
    "AT-14 s is the order": lambda r, _: raw(r, ORDER),
    "AT-14 r and s change places": lambda r, s: raw(s, r),
}
OF_ANOTHER_LENGTH: dict[str, Change] = {
    "AT-14 DER": encode_dss_signature,
    "AT-14 an octet follows": lambda r, s: raw(r, s) + b"\0",
    "AT-14 an octet is missing": lambda r, s: raw(r, s)[:-1],
    "AT-14 nothing": lambda *_: b"",
}


def signed_otherwise(change: Change) -> Callable[[Chain], bytes]:
    def make(chain: Chain) -> bytes:
        envelope = chain.gateway.envelope(2, day_block(start=2_000_000))
        r, s = (int.from_bytes(envelope[at:][:WIDTH], "big") for at in (-64, -32))
        return notification(2, envelope[:-64] + change(r, s))

    return make


ENVELOPES = [
    *(
        Attack(id=name, make=signed_otherwise(change), code="envelope-signature-wrong")
        for name, change in IN_PLACE.items()
    ),
    *(
        Attack(id=name, make=signed_otherwise(change), code="envelope-malformed", room="headend")
        for name, change in OF_ANOTHER_LENGTH.items()
    ),
]


@pytest.mark.parametrize("attack", ENVELOPES, ids=named(ENVELOPES))
async def test_at_14_on_an_envelope(chain: Chain, attack: Attack) -> None:
    await attack.run(chain)


@pytest.mark.parametrize("name", [*IN_PLACE, *OF_ANOTHER_LENGTH])
def test_at_14_on_a_general_signing_message(name: str) -> None:
    key, title, content = ec.generate_private_key(ec.SECP256R1()), b"MKM\0\0\0\0\x07", b"a reading"
    header = Header(transaction=b"\x01", originator=title)
    good = sign_message(header, content, signer(key)).encode()
    assert open_signed(good, title, key.public_key()) == content
    r, s = (int.from_bytes(good[at:][:WIDTH], "big") for at in (-64, -32))
    signature = {**IN_PLACE, **OF_ANOTHER_LENGTH}[name](r, s)
    assert signature != good[-64:]
    attack = good[:-65] + encode_length(len(signature)) + signature
    with bounded(seconds=0.05, octets=1 << 18), pytest.raises(MeterkastError) as caught:
        open_signed(attack, title, key.public_key())
    assert (caught.value.code, str(caught.value)) == ("signature-wrong", "The signature does not hold.")
    assert open_signed(good, title, key.public_key()) == content
