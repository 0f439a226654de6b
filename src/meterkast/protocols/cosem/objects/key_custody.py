"""Who does the key work of a security setup: the face of whatever holds keys and certificates.

The object on the wire (class 64) sees wrapped keys, public halves and certificates; plain and private keys
stay on the other side of this face, in a keystore.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeAlias

from meterkast.protocols.axdr import Data, enum, octets, structure
from meterkast.protocols.dlms.key_agreement import KeyId


class KeyPair(IntEnum):
    """What a key pair is for (Blue Book, security setup, generate_key_pair)."""

    SIGNATURE = 0
    AGREEMENT = 1
    TLS = 2


class Purpose(IntEnum):
    """What a certificate is for."""

    SIGNATURE = 0
    AGREEMENT = 1
    TLS = 2
    OTHER = 3


class Entity(IntEnum):
    """Whose certificate it is."""

    SERVER = 0
    CLIENT = 1
    AUTHORITY = 2
    OTHER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEntry:
    """A certificate as attribute 6 lists it; names and serial number as octets of their DER contents."""

    entity: Entity
    purpose: Purpose
    serial: bytes
    issuer: bytes
    subject: bytes
    alternative_name: bytes = b""

    def to_data(self) -> Data:
        """The entry on the wire."""
        names = (self.serial, self.issuer, self.subject, self.alternative_name)
        return structure((enum(self.entity), enum(self.purpose), *map(octets, names)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ByEntity:
    """A certificate named by its owner."""

    entity: Entity
    purpose: Purpose
    title: bytes

    def to_data(self) -> Data:
        """The identification on the wire."""
        named = structure((enum(self.entity), enum(self.purpose), octets(self.title)))
        return structure((enum(0), named))


@dataclass(frozen=True, slots=True, kw_only=True)
class BySerial:
    """A certificate named by serial number and issuer."""

    serial: bytes
    issuer: bytes

    def to_data(self) -> Data:
        """The identification on the wire."""
        return structure((enum(1), structure((octets(self.serial), octets(self.issuer)))))


Identification: TypeAlias = ByEntity | BySerial


class KeyCustody(Protocol):
    """Holds the keys. Each method either does all it is asked for or raises and changes nothing.

    Raises, every one of them: TrustError where something does not hold, PeerError where it makes no sense.
    """

    def take(self, wrapped: Mapping[KeyId, bytes]) -> None:
        """Unwraps new keys under the master key; they count from the next association on."""
        ...

    def agree(self, offers: Mapping[KeyId, bytes]) -> Mapping[KeyId, bytes]:
        """Agrees on keys (2e0s) and gives our key_data for each; they count from the next association on."""
        ...

    def generate(self, pair: KeyPair) -> None:
        """Makes a new key pair, to be certified."""
        ...

    def request(self, pair: KeyPair) -> bytes:
        """A certificate signing request (PKCS #10, DER) for the pair made last."""
        ...

    def certificates(self) -> Sequence[CertificateEntry]:
        """What there is."""
        ...

    def import_certificate(self, certificate: bytes) -> None:
        """Takes a certificate (DER) once it verifies."""
        ...

    def export_certificate(self, which: Identification) -> bytes:
        """A certificate in DER."""
        ...

    def remove_certificate(self, which: Identification) -> None:
        """Forgets a certificate."""
        ...
