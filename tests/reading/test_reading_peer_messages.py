"""Agreed with by a stranger: messages of ours that pydlms-client opens, and of its own that we open.

No vector of the standard settles what the tag of general-ciphering and the signature of general-signing
cover.
Both libraries can be told; the tests name the settings under which they understand each other.
"""

from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.model.errors import TrustError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import array, double_long_unsigned, octets, structure
from meterkast.protocols.dlms import apdu, security
from meterkast.protocols.dlms.apdu import (
    DataNotification,
    GeneralCiphering,
    GeneralGloCiphering,
    GeneralSigning,
    Header,
    LongInvokeId,
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
from meterkast.protocols.dlms.signature import signer
from meterkast.protocols.dlms.suite import SUITES
from reading.stranger import STRANGER, peer

pytestmark = STRANGER

US, THEM = b"MKM\0\0\0\0\1", b"PYD\0\0\0\0\2"
OUR_KEY, THEIR_KEY = 31, 37
PLAIN: Final = bytes.fromhex("C001C100080000010000FF0200")
TRANSACTION: Final = bytes(range(8))


class Pair:
    """Both sides of one suite, with the settings of the stranger for the task."""

    def __init__(self, suite: int, associated: Associated = Associated.ENCODED_HEADER) -> None:
        chosen = SUITES[suite]
        curve = chosen.curve or ec.SECP256R1()
        key = bytes(range(chosen.key_length))
        self.private = ec.derive_private_key(OUR_KEY, curve)
        theirs = ec.derive_private_key(THEIR_KEY, curve).public_key()
        self.own = Party(
            suite=chosen,
            title=US,
            authentication_key=key[::-1],
            global_key=key,
            agreement_key=self.private,
            associated=associated,
        )
        self.peer = Correspondent(title=THEM, agreement_key=theirs, signing_key=theirs, high_s=True)
        self.ephemeral = ec.generate_private_key(curve)
        self.task: dict[str, Any] = {
            "suite": suite,
            "own": THEIR_KEY,
            "peer": OUR_KEY,
            "key": key.hex(),
            "auth_key": key[::-1].hex(),
            "title": THEM.hex(),
            "peer_title": US.hex(),
            "plain": PLAIN.hex(),
            "transaction": TRANSACTION.hex(),
            "counter": 5,
            "aad": "with-header" if associated is Associated.ENCODED_HEADER else "sc-ak",
            "form": "length-prefixed-content",
        }

    def sealed(self, sort: str) -> GeneralCiphering:
        if sort == "identified":
            return seal_identified(self.own, self.peer, PLAIN, 9)
        if sort == "0e2s":
            return seal_all_static(self.own, self.peer, PLAIN, transaction=TRANSACTION)
        return seal_one_ephemeral(
            self.own,
            self.peer,
            PLAIN,
            ephemeral=self.ephemeral,
            signer=signer(self.private),
            transaction=TRANSACTION,
        )

    async def exchanged(self, sort: str, ours: bytes) -> bytes:
        """The stranger's message, once it has opened ours."""
        theirs, opened = await peer("peer_messages.py", {**self.task, "sort": sort, "ours": ours.hex()})
        assert bytes.fromhex(opened) == PLAIN
        return bytes.fromhex(theirs)


@pytest.mark.parametrize("associated", [Associated.ENCODED_HEADER, Associated.NO_HEADER])
@pytest.mark.parametrize(
    ("sort", "suite"),
    [("identified", 0), ("identified", 1), ("identified", 2)]
    + [(sort, suite) for sort in ("1e1s", "0e2s") for suite in (1, 2)],
)
async def test_general_ciphering_both_ways(sort: str, suite: int, associated: Associated) -> None:
    pair = Pair(suite, associated)
    theirs = apdu.decode(await pair.exchanged(sort, pair.sealed(sort).encode()))
    assert isinstance(theirs, GeneralCiphering)
    assert open_general(pair.own, pair.peer, theirs) == PLAIN
    other = Pair(suite, next(each for each in Associated if each is not associated))
    with pytest.raises(TrustError):
        open_general(other.own, other.peer, theirs)


@pytest.mark.parametrize("suite", [1, 2])
async def test_general_signing_both_ways(suite: int) -> None:
    pair = Pair(suite)
    header = Header(transaction=TRANSACTION, originator=US, recipient=THEM)
    ours = sign_message(header, PLAIN, signer(pair.private))
    theirs = apdu.decode(await pair.exchanged("signed", ours.encode()))
    assert isinstance(theirs, GeneralSigning)
    key = pair.peer.signing_key
    assert key is not None
    assert signed_content(theirs, THEM, key, high_s=True) == PLAIN
    with pytest.raises(TrustError):
        signed_content(theirs, THEM, key, span=Signed.BARE, high_s=True)


@pytest.mark.parametrize("suite", [0, 1, 2])
@pytest.mark.parametrize("protected", [False, True])
async def test_it_reads_our_push(suite: int, protected: bool) -> None:
    pair, energy = Pair(suite), Obis(1, 0, 1, 8, 0)
    body = array((structure((octets(energy.to_bytes()), double_long_unsigned(1_234_567))),))
    push = DataNotification(LongInvokeId(1), None, body).encode()
    if protected:
        assert pair.own.global_key is not None
        keys = {"key": pair.own.global_key, "auth_key": pair.own.authentication_key}
        payload = security.protect(push, **keys, title=US, counter=1, control=pair.own.control)
        push = GeneralGloCiphering(US, pair.own.control, 1, payload).encode()
    records = await peer("peer_messages.py", {**pair.task, "sort": "push", "ours": push.hex()})
    assert records == [["1.0.1.8.0.255", 1_234_567]]
