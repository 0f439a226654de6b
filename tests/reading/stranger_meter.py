"""A meter for a stranger: a client id for each way to associate, objects to read, write and call."""

from collections.abc import Mapping
from secrets import token_bytes
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from cosem.peers import IMPORT, PROFILE, Text, device
from cosem.protected import EVERYTHING, METER, mechanism_5, protection
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, double_long_unsigned, octets
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.dlms.acse import Mechanism
from meterkast.protocols.dlms.ciphering import Protection
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.hls import Authentication, Password
from meterkast.protocols.dlms.hls_digest import HlsDigest
from meterkast.protocols.dlms.hls_signed import HlsSigned
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.signature import signer

SECRET: Final = b"between the two"
CURVES: Final[Mapping[int, ec.EllipticCurve]] = {1: ec.SECP256R1(), 2: ec.SECP384R1()}
METER_KEY, CLIENT_KEY = 1001, 2002
"""Private keys of the tests, as numbers: both processes make them from there."""

CLEAR, SECRET_6, SECRET_3, SECRET_4, SHOWN, SIGNED, SHORT = 16, 6, 3, 4, 2, 7, 8
GMAC: Final = {0: 20, 1: 21, 2: 22}
ECDSA: Final = {1: 31, 2: 32}
"""Client ids that must protect every message, by suite."""

_OF_DEVICE: Final = (Obis(0, 0, 40, 0, 0), Obis(0, 0, 41, 0, 0), Obis(0, 0, 42, 0, 0))


class Note(Text):
    """A text of any length; method 1 gives back what it gets, method 2 keeps it and says how long it is."""

    def __init__(self) -> None:
        super().__init__()
        self.value = octets(b"")

    def invoke(self, method: int, parameters: Data | None = None) -> Data | None:
        if method != 2 or parameters is None or not isinstance(parameters.value, bytes):
            return super().invoke(method, parameters)
        self.value = parameters
        return double_long_unsigned(len(parameters.value))


def private(number: int, suite: int) -> ec.EllipticCurvePrivateKey:
    """A private key from its number."""
    return ec.derive_private_key(number, CURVES[suite])


def digest(mechanism: Mechanism, serial: int) -> HlsDigest:
    """One side of mechanism 3, 4 or 6."""
    return HlsDigest(
        mechanism=mechanism,
        secret=SECRET,
        new_challenge=lambda: token_bytes(16),
        title=protection(serial).title,
    )


def signed(serial: int, suite: int) -> HlsSigned:
    """One side of mechanism 7. A stranger's signatures may have a high s."""
    own, peer = (METER_KEY, CLIENT_KEY) if serial == METER else (CLIENT_KEY, METER_KEY)
    return HlsSigned(
        title=protection(serial).title,
        signer=signer(private(own, suite)),
        peer_key=private(peer, suite).public_key(),
        new_challenge=lambda: token_bytes(32),
        high_s=True,
    )


def meter(*, max_pdu_size: int = 1024, blocks: BlockTransfer | None = None) -> tuple[Server, Note]:
    """The meter, and its object that can be written and called."""
    note = Note()
    own = {suite: protection(METER, suite) for suite in (0, 1, 2)}
    grants = {
        CLEAR: Grant(otherwise=EVERYTHING),
        SHOWN: Grant(authentication=Password(SECRET), otherwise=EVERYTHING),
        SHORT: Grant(otherwise=EVERYTHING, short_names={0x1000: (3, IMPORT), 0x2000: (7, PROFILE)}),
        SIGNED: Grant(authentication=signed(METER, 1), otherwise=EVERYTHING),
    }
    for client, mechanism in (
        (SECRET_3, Mechanism.HLS_MD5),
        (SECRET_4, Mechanism.HLS_SHA1),
        (SECRET_6, Mechanism.HLS_SHA256),
    ):
        grants[client] = Grant(authentication=digest(mechanism, METER), otherwise=EVERYTHING)
    for suite, client in GMAC.items():
        grants[client] = _protected(own[suite], mechanism_5(own[suite]))
    for suite, client in ECDSA.items():
        grants[client] = _protected(own[suite], signed(METER, suite))
    own_objects = [
        each for each in device().objects if each.logical_name not in (*_OF_DEVICE, note.logical_name)
    ]
    objects = LogicalDevice("MKM0000000000001", (*own_objects, note))
    return Server(objects, grants=grants, max_pdu_size=max_pdu_size, blocks=blocks), note


def _protected(own: Protection, proof: Authentication) -> Grant:
    return Grant(authentication=proof, protection=own, otherwise=EVERYTHING, dedicated_keys=True)
