"""A gateway that signs and an operator that opens, for the tests of the envelope."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.envelope import Header, RecipientKey, attach, seal

ORDER = ec.SECP256R1().group_order
HEADER = Header(
    gateway=SystemTitle.parse("MKG0000000001"),
    signer=bytes(range(8)),
    operator="Alliander",
    counter=7,
    created=1_790_000_000,
)
CONTENT = b"two days of readings"


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True)
class Signer:
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def numbers(self, octets: bytes) -> tuple[int, int]:
        r, s = decode_dss_signature(self.key.sign(octets, ec.ECDSA(hashes.SHA256())))
        return r, min(s, ORDER - s)

    def sign(self, octets: bytes) -> bytes:
        return raw(*self.numbers(octets))


@dataclass(frozen=True)
class Opener:
    key_id: bytes = b"operator"
    x25519: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    mlkem: MLKEM768PrivateKey = field(default_factory=MLKEM768PrivateKey.generate)

    @property
    def recipient(self) -> RecipientKey:
        public = hpke.MLKEM768X25519PublicKey(self.mlkem.public_key(), self.x25519.public_key())
        return RecipientKey(key_id=self.key_id, key=public)

    def unseal(self, sealed: bytes, info: bytes) -> bytes:
        suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
        private = hpke.MLKEM768X25519PrivateKey(self.mlkem, self.x25519)
        try:
            return suite.decrypt(sealed, private, info)
        except Exception as cause:
            raise TrustError("keystore-unseal-failed", "no") from cause


def sealed(*openers: Opener, content: bytes = CONTENT) -> bytes:
    return seal(HEADER, [opener.recipient for opener in openers], content, bytes(32), bytes(12))


def envelope(signer: Signer, *openers: Opener, content: bytes = CONTENT) -> bytes:
    outer = sealed(*openers, content=content)
    return attach(outer, signer.sign(outer))
