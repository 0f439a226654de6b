"""The keystore in files, for development and simulation (RQ-25 asks for a token in production)."""

import re
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.keystore.folder import PrivateFolder
from meterkast.outside.keystore.handle import SigningHandle
from meterkast.outside.keystore.hybrid import HybridKey, HybridPublicKey
from meterkast.outside.keystore.kind import CURVES, KeyKind
from meterkast.outside.keystore.tls import mutual_context
from meterkast.outside.trust import TrustFolder

_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_KEY, _KEM, _SECRET, _CERTIFICATE = ".key.pem", ".kem.pem", ".secret", ".crt.pem"
_HASHES: dict[str, hashes.HashAlgorithm] = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384()}


class SoftwareKeystore:
    """Private keys, local symmetric keys and certificates under labels such as ``tls`` or ``sig``.

    Labels are small letters, digits and hyphens. A key, once made, is never replaced or given out.

    Raises:
        LocalError: ``keystore-open-to-others`` where the folder is not private.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = PrivateFolder(folder)
        self._ec_keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._hybrid_keys: dict[str, HybridKey] = {}

    def generate(self, label: str, kind: KeyKind) -> None:
        """Makes a key pair that never leaves (RQ-04).

        Raises:
            LocalError: ``keystore-label-taken`` or ``keystore-label-malformed``.
        """
        if label in self.labels():
            raise LocalError("keystore-label-taken", "There is a key with this label already.", where=label)
        if kind is KeyKind.HYBRID_KEM:
            self._write(label, _KEM, HybridKey.generate().to_pem())
        else:
            private = ec.generate_private_key(CURVES[kind])
            self._write(label, _KEY, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def labels(self) -> set[str]:
        """Labels that have a private key."""
        return {
            name.removesuffix(suffix)
            for name in self._files.names()
            for suffix in (_KEY, _KEM)
            if name.endswith(suffix)
        }

    def public_key(self, label: str) -> ec.EllipticCurvePublicKey:
        """The public half of an elliptic-curve key.

        Raises:
            LocalError: ``keystore-label-unknown``.
        """
        return self._ec_key(label).public_key()

    def kem_public_key(self, label: str) -> HybridPublicKey:
        """The public halves of a hybrid key; raises as ``public_key`` does."""
        return self._hybrid_key(label).public_key()

    def signer(self, label: str) -> SigningHandle:
        """A handle that signs certificates, requests and lists; raises as ``public_key`` does."""
        key = self._ec_key(label)
        return SigningHandle(key.public_key(), key.sign)

    def sign(self, label: str, data: bytes) -> bytes:
        """The ECDSA signature as raw r and s, with low s: 64 octets for P-256, 96 for P-384.

        Raises:
            LocalError: ``keystore-label-unknown``.
        """
        key = self._ec_key(label)
        order, width = key.curve.group_order, (key.key_size + 7) // 8
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(_HASHES[key.curve.name])))
        return r.to_bytes(width, "big") + min(s, order - s).to_bytes(width, "big")

    def unseal(self, label: str, sealed: bytes, info: bytes) -> bytes:
        """Opens what was sealed (HPKE) to the hybrid key.

        Raises:
            LocalError: ``keystore-label-unknown``.
            TrustError: ``keystore-unseal-failed``, whatever the cause.
        """
        return self._hybrid_key(label).unseal(sealed, info)

    def put_secret(self, label: str, octets: bytes) -> None:
        """Keeps a local symmetric key, such as a pairing key; an earlier one is replaced."""
        self._write(label, _SECRET, octets)

    def secret(self, label: str) -> bytes:
        """A local symmetric key.

        Raises:
            LocalError: ``keystore-label-unknown``.
        """
        return self._read(label, _SECRET)

    def put_certificate(self, label: str, chain: list[x509.Certificate]) -> None:
        """Keeps the certificate of a key, itself first, then its chain without the root.

        Raises:
            LocalError: ``keystore-certificate-foreign`` where it is not this key's certificate.
        """
        if not chain or chain[0].public_key() != self._certified_key(label):
            raise LocalError("keystore-certificate-foreign", "It certifies another key.", where=label)
        pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)
        self._write(label, _CERTIFICATE, pem)

    def certificate(self, label: str) -> list[x509.Certificate]:
        """The certificate of a key, itself first, then its chain.

        Raises:
            LocalError: ``keystore-label-unknown`` where the key has no certificate.
            DataError: ``keystore-certificate-malformed``.
        """
        try:
            return x509.load_pem_x509_certificates(self._read(label, _CERTIFICATE))
        except ValueError as cause:
            message = "A certificate file does not hold certificates."
            raise DataError("keystore-certificate-malformed", message, where=label) from cause

    def certified(self) -> set[str]:
        """Labels that have a certificate."""
        return {
            name.removesuffix(_CERTIFICATE) for name in self._files.names() if name.endswith(_CERTIFICATE)
        }

    def tls_context(self, label: str, *, trust: TrustFolder, server_side: bool) -> ssl.SSLContext:
        """TLS 1.3 with certificates and revocation checked on both sides (RQ-07, RQ-08).

        A context keeps the revocation lists it was made with: make a new one as ``trust.version()`` changes.

        Raises:
            LocalError: ``keystore-label-unknown``, ``trust-missing`` or ``keystore-tls-unusable``.
        """
        for suffix in (_KEY, _CERTIFICATE):
            self._read(label, suffix)
        return mutual_context(
            certificate=self.folder / (label + _CERTIFICATE),
            key=self.folder / (label + _KEY),
            trust=trust,
            server_side=server_side,
        )

    def _certified_key(self, label: str) -> object:
        kem = (self.folder / (label + _KEM)).exists()
        return self.kem_public_key(label).x25519 if kem else self.public_key(label)

    def _ec_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        if label not in self._ec_keys:
            self._ec_keys[label] = _load_ec(self._read(label, _KEY), label)
        return self._ec_keys[label]

    def _hybrid_key(self, label: str) -> HybridKey:
        if label not in self._hybrid_keys:
            self._hybrid_keys[label] = HybridKey.from_pem(self._read(label, _KEM))
        return self._hybrid_keys[label]

    def _read(self, label: str, suffix: str) -> bytes:
        contents = self._files.read(_checked(label) + suffix)
        if contents is None:
            raise LocalError("keystore-label-unknown", f"The keystore has no {label}{suffix}.", where=label)
        return contents

    def _write(self, label: str, suffix: str, contents: bytes) -> None:
        self._files.write(_checked(label) + suffix, contents)


def _load_ec(pem: bytes, label: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except ValueError as cause:
        raise DataError("keystore-key-malformed", "A key file does not hold a key.", where=label) from cause
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise DataError("keystore-key-malformed", "A key file holds a key of another kind.", where=label)
    return key


def _checked(label: str) -> str:
    if _LABEL.fullmatch(label) is None:
        message = "A label is small letters, digits and hyphens."
        raise LocalError("keystore-label-malformed", message, where=repr(label))
    return label
