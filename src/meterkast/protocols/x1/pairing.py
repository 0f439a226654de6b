"""Pairing: how a client and a gateway that have never met come to pin each other's certificate.

The gateway shows a code of eight characters after somebody pressed its button; whoever types it into the
client stands in the house. Neither certificate is known yet, so what is proven, both ways, is that the other
side has the code *and* sees the same two certificates: somebody in the middle shows another one, and has no
code.

The code has 40 bits. Guesses at the gateway are counted. Somebody in the middle who has caught a proof may
guess at home, but each guess costs one scrypt of 32 MiB, and the code is worth nothing after two minutes.

Three lines of JSON: the gateway's ``Invitation``, the client's ``Application``, the gateway's
``Confirmation``.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import NoReturn

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.strict_json import Json, read_object
from meterkast.protocols.x1 import LINE_LIMIT, PROFILE

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Thirty-two characters, of which nobody takes one for another: no 0 and O, no 1 and I."""
CODE_LENGTH, CODE_OCTETS = 8, 5
SALT_LENGTH, PROOF_LENGTH = 16, 32
MAX_CERTIFICATE, MAX_NAME = 2048, 40
_SCRYPT_COST, _SCRYPT_BLOCK = 1 << 15, 8
_NAME = re.compile(rf"[^\x00-\x1f\x7f]{{1,{MAX_NAME}}}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")


def new_code(entropy: Callable[[int], bytes]) -> str:
    """A fresh code, as it is shown: ``K7QM-3XPT``."""
    number = int.from_bytes(entropy(CODE_OCTETS))
    code = "".join(ALPHABET[number >> 5 * place & 31] for place in range(CODE_LENGTH))
    return f"{code[:4]}-{code[4:]}"


def code_key(code: str, salt: bytes) -> bytes:
    """The key that a code stands for: 32 octets; slow on purpose, some tenth of a second.

    Raises:
        LocalError: ``x1-code-malformed``; small letters, spaces and hyphens do not matter.
    """
    plain = code.upper().replace("-", "").replace(" ", "")
    if len(plain) != CODE_LENGTH or not set(plain) <= set(ALPHABET):
        raise LocalError(
            "x1-code-malformed",
            "A pairing code is eight letters and digits.",
            hint="Type it as the gateway shows it, for example K7QM-3XPT.",
        )
    return Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=_SCRYPT_BLOCK, p=1).derive(plain.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What both sides prove to have seen.

    Attributes:
        key: of the code.
        gateway: the gateway's certificate, DER.
        client: the client's certificate, DER.
        name: what the client calls itself, for the household to recognise it.
    """

    key: bytes = field(repr=False)
    gateway: bytes
    client: bytes
    name: str

    def client_proof(self) -> bytes:
        """What shows that the client has the code."""
        return self._proof(b"client")

    def gateway_proof(self) -> bytes:
        """What shows that the gateway has it."""
        return self._proof(b"gateway")

    def _proof(self, role: bytes) -> bytes:
        seen = sha256(self.gateway).digest() + sha256(self.client).digest()
        return hmac_digest(
            self.key, PROFILE.encode() + b" " + role + b"\0" + seen + self.name.encode(), "sha256"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """The gateway: somebody pressed the button. With the salt of this code."""

    salt: bytes

    def encode(self) -> bytes:
        """The line."""
        return _line({"salt": self.salt.hex()})

    @classmethod
    def parse(cls, line: bytes) -> "Invitation":
        """Reads the line.

        Raises:
            PeerError: ``x1-pairing-malformed``.
        """
        return cls(salt=_octets(_fields(line, "salt"), "salt", SALT_LENGTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The client: this is my certificate, and I have the code."""

    certificate: bytes
    name: str
    proof: bytes

    @classmethod
    def of(cls, meeting: Meeting) -> "Application":
        """What the client of this meeting sends."""
        return cls(certificate=meeting.client, name=meeting.name, proof=meeting.client_proof())

    def encode(self) -> bytes:
        """The line."""
        certificate = b64encode(self.certificate).decode()
        return _line({"certificate": certificate, "name": self.name, "proof": self.proof.hex()})

    @classmethod
    def parse(cls, line: bytes) -> "Application":
        """Reads the line.

        Raises:
            PeerError: ``x1-pairing-malformed``.
        """
        fields = _fields(line, "certificate", "name", "proof")
        name, certificate = fields["name"], fields["certificate"]
        if not isinstance(name, str) or _NAME.fullmatch(name) is None or not isinstance(certificate, str):
            _malformed()
        try:
            name.encode()
            der = b64decode(certificate, validate=True)
        except ValueError:
            _malformed()
        if not 0 < len(der) <= MAX_CERTIFICATE:
            _malformed()
        return cls(certificate=der, name=name, proof=_octets(fields, "proof", PROOF_LENGTH))

    def meeting(self, key: bytes, gateway: bytes) -> Meeting:
        """The meeting that this client claims to be in, as the gateway sees it.

        Raises:
            TrustError: ``x1-pairing-refused`` where it is another one, or the code is.
        """
        meeting = Meeting(key=key, gateway=gateway, client=self.certificate, name=self.name)
        if not compare_digest(self.proof, meeting.client_proof()):
            raise TrustError("x1-pairing-refused", "The code is wrong, or somebody stands in between.")
        return meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The gateway: you are paired, and I have the code too."""

    proof: bytes

    def encode(self) -> bytes:
        """The line."""
        return _line({"proof": self.proof.hex()})

    @classmethod
    def parse(cls, line: bytes) -> "Confirmation":
        """Reads the line.

        Raises:
            PeerError: ``x1-pairing-malformed``.
        """
        return cls(proof=_octets(_fields(line, "proof"), "proof", PROOF_LENGTH))

    def require(self, meeting: Meeting) -> None:
        """Returns where the gateway was in the same meeting.

        Raises:
            TrustError: ``x1-gateway-unproven``.
        """
        if not compare_digest(self.proof, meeting.gateway_proof()):
            raise TrustError("x1-gateway-unproven", "What answers there does not know the code.")


def _line(fields: Mapping[str, str]) -> bytes:
    return json.dumps({"profile": PROFILE, **fields}, separators=(",", ":")).encode() + b"\n"


def _fields(line: bytes, *names: str) -> Mapping[str, Json]:
    if len(line) > LINE_LIMIT:
        _malformed()
    try:
        fields = read_object(line, depth=1)
    except ValueError as error:
        raise _malformed_error() from error
    if fields.keys() != {"profile", *names} or fields["profile"] != PROFILE:
        _malformed()
    return fields


def _octets(fields: Mapping[str, Json], name: str, length: int) -> bytes:
    text = fields[name]
    if not isinstance(text, str) or len(text) != 2 * length or _HEX.fullmatch(text) is None:
        _malformed()
    return bytes.fromhex(text)


def _malformed() -> NoReturn:
    raise _malformed_error()


def _malformed_error() -> PeerError:
    return PeerError("x1-pairing-malformed", "The line is no message of the pairing.")
