"""A meter whose keys live in a vault: symmetric keys under a master key, key pairs, certificates."""

import datetime
from collections.abc import Mapping, Sequence
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cosem.peers import GATEWAY, IMPORT
from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import double_long_unsigned
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.cosem.objects import Register
from meterkast.protocols.cosem.objects.key_custody import (
    ByEntity,
    BySerial,
    CertificateEntry,
    Entity,
    Identification,
    KeyPair,
    Purpose,
)
from meterkast.protocols.cosem.objects.security_setup import SecuritySetup, SecuritySetupV0
from meterkast.protocols.dlms.ciphering import Protection
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.dlms.key_agreement import KeyId, Parties, agree, offer, taken
from meterkast.protocols.dlms.key_transfer import unwrap
from meterkast.protocols.dlms.policy import PolicyFloor
from meterkast.protocols.dlms.security import SecurityControl
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.dlms.signature import signer
from meterkast.protocols.dlms.suite import SUITES

EVERYTHING = Right.READ | Right.WRITE | Right.INVOKE
METER, CLIENT = SystemTitle.of("MKM", 1), SystemTitle.of("MKM", 2)
MASTER = bytes(range(0x40, 0x50))
UNICAST, AUTHENTICATION = bytes(range(16)), bytes(range(0x80, 0x90))

Keys = Mapping[KeyId, bytes]


def fresh_keys() -> dict[KeyId, bytes]:
    """What both sides begin with."""
    return {
        KeyId.GLOBAL_UNICAST: UNICAST,
        KeyId.AUTHENTICATION: AUTHENTICATION,
        KeyId.MASTER: MASTER,
    }


def side(title: SystemTitle, keys: Keys, floor: PolicyFloor, first: int = 1) -> tuple[Hls5, Protection]:
    """Proof and protection of one side under these keys; ``first`` is its next counter."""
    counters, challenges = count(first), count(title.octets[-1] << 32)
    encryption, authentication = keys[KeyId.GLOBAL_UNICAST], keys[KeyId.AUTHENTICATION]
    proof = Hls5(
        title=title,
        encryption_key=encryption,
        authentication_key=authentication,
        next_counter=lambda: next(counters),
        new_challenge=lambda: next(challenges).to_bytes(16, "big"),
        suite=floor.control & 0x0F,
    )
    protection = Protection(
        title=title,
        encryption_key=encryption,
        authentication_key=authentication,
        next_counter=lambda: next(counters),
        floor=floor,
    )
    return proof, protection


class Vault:
    """Key custody of the meter, and the server that it gives keys to.

    Args:
        suite: 0 or 1.
        client_key: verifies what the client signs.
        authority: verifies certificates.
    """

    def __init__(
        self,
        suite: int,
        *,
        client_key: ec.EllipticCurvePublicKey | None = None,
        authority: x509.Certificate | None = None,
    ) -> None:
        self.suite = SUITES[suite]
        self.keys = fresh_keys()
        self.own = ec.generate_private_key(ec.SECP256R1())
        self.policies: list[int] = []
        self._client_key = client_key
        self._authority = authority
        self._pairs: dict[KeyPair, ec.EllipticCurvePrivateKey] = {}
        self._certificates: dict[Purpose, x509.Certificate] = {}

    def server(self, policy: int, floor: PolicyFloor) -> Server:
        """The meter from now on: as after a new association, with the keys there are."""
        version = SecuritySetupV0 if self.suite.number == 0 else SecuritySetup

        def activate(risen: int) -> None:
            self.policies.append(risen)
            floor.rise(self.suite.number, protection_of(version, risen))

        setup = version(
            suite=self.suite.number,
            policy=policy,
            client=lambda: CLIENT,
            server=METER,
            custody=self,
            activate=activate,
        )
        energy = Register(IMPORT, lambda: double_long_unsigned(1_234_567), unit=Unit.WATT_HOUR)
        proof, protection = side(METER, self.keys, floor)
        grant = Grant(hls5=proof, protection=protection, otherwise=EVERYTHING)
        return Server(LogicalDevice("MKM0000000000001", (energy, setup)), grants={GATEWAY: grant})

    def take(self, wrapped: Keys) -> None:
        """Under the master key."""
        self.keys |= {key_id: unwrap(self.keys[KeyId.MASTER], each) for key_id, each in wrapped.items()}

    def agree(self, offers: Keys) -> Keys:
        """2e0s with the client."""
        assert self._client_key is not None
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        agreed, answers = {}, {}
        for key_id, data in offers.items():
            theirs = taken(self.suite, key_id, data, self._client_key)
            agreed[key_id] = agree(self.suite, ephemeral, theirs, Parties(CLIENT.octets, METER.octets))
            answers[key_id] = offer(key_id, ephemeral.public_key(), signer(self.own))
        self.keys |= agreed
        return answers

    def generate(self, pair: KeyPair) -> None:
        """On the curve of suite 1."""
        self._pairs[pair] = ec.generate_private_key(ec.SECP256R1())

    def request(self, pair: KeyPair) -> bytes:
        """Signed by the new key."""
        key = self._pairs.get(pair)
        if key is None:
            raise TrustError("key-absent", "There is no such key pair.")
        request = x509.CertificateSigningRequestBuilder().subject_name(name(str(METER)))
        return request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def certificates(self) -> Sequence[CertificateEntry]:
        """All of the meter itself."""
        return [
            CertificateEntry(
                entity=Entity.SERVER,
                purpose=purpose,
                serial=serial_of(certificate),
                issuer=certificate.issuer.public_bytes(),
                subject=certificate.subject.public_bytes(),
            )
            for purpose, certificate in self._certificates.items()
        ]

    def import_certificate(self, certificate: bytes) -> None:
        """For the pair whose public half it holds, if the authority has signed it."""
        assert self._authority is not None
        try:
            found = x509.load_der_x509_certificate(certificate)
            found.verify_directly_issued_by(self._authority)
        except Exception as cause:
            raise TrustError("certificate-untrusted", "The certificate does not hold.") from cause
        for pair, key in self._pairs.items():
            if key.public_key() == found.public_key():
                self._certificates[Purpose(pair)] = found
                return
        raise TrustError("certificate-untrusted", "The certificate does not hold.")

    def export_certificate(self, which: Identification) -> bytes:
        """In DER."""
        return self._certificates[self._find(which)].public_bytes(Encoding.DER)

    def remove_certificate(self, which: Identification) -> None:
        """For good."""
        del self._certificates[self._find(which)]

    def _find(self, which: Identification) -> Purpose:
        for purpose, certificate in self._certificates.items():
            match which:
                case ByEntity(title=title) if (title, which.purpose) == (METER.octets, purpose):
                    return purpose
                case BySerial(serial=serial) if serial == serial_of(certificate):
                    return purpose
        raise TrustError("certificate-absent", "There is no such certificate.")


def protection_of(version: type[SecuritySetupV0], policy: int) -> SecurityControl:
    """What a policy asks of messages."""
    authenticated, encrypted = (1, 2) if version is SecuritySetupV0 else (0x04, 0x08)
    found = SecurityControl(0)
    if policy & authenticated:
        found |= SecurityControl.AUTHENTICATED
    if policy & encrypted:
        found |= SecurityControl.ENCRYPTED
    return found


def name(common: str) -> x509.Name:
    """A name with nothing but a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def serial_of(certificate: x509.Certificate) -> bytes:
    """The serial number as its DER contents."""
    number = certificate.serial_number
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


class Authority:
    """Certifies what it is asked to."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._issue(name("authority"), self._key.public_key())

    def certify(self, request: bytes) -> bytes:
        """A certificate in DER for a request that holds."""
        asked = x509.load_der_x509_csr(request)
        assert asked.is_signature_valid
        public = asked.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        return self._issue(asked.subject, public).public_bytes(Encoding.DER)

    def _issue(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        begin = datetime.datetime(2026, 3, 22, tzinfo=datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name("authority"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=1))
            .sign(self._key, hashes.SHA256())
        )
