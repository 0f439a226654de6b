"""What every keystore does, wherever its keys are."""

import ssl
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.outside.keystore.hybrid import HybridPublicKey
from meterkast.outside.keystore.kind import KeyKind
from meterkast.outside.keystore.signer import Signer
from meterkast.outside.tls import HYBRID_ONLY, TlsContext, TlsPolicy
from meterkast.outside.trust import TrustFolder


class Keystore(Protocol):
    """Private keys, local symmetric keys and certificates under labels such as ``tls`` or ``sig``.

    Labels are small letters, digits and hyphens. A key, once made, is never replaced or given out. Beside
    the errors named below, one that stands on a token raises UnreachableError ``keystore-token-gone`` or
    ``keystore-token-failed``, and LocalError ``keystore-pin-wrong``, ``keystore-pin-locked`` or
    ``keystore-seal-broken``. None of these says anything about what was to be signed or opened.

    Attributes:
        folder: of its certificates, and of the ``keystore.toml`` that says where its keys are.
    """

    folder: Path

    def generate(self, label: str, kind: KeyKind) -> None:
        """Makes a key pair that never leaves (RQ-04).

        Raises:
            LocalError: ``keystore-label-taken``, ``keystore-label-malformed``, or
                ``keystore-mechanism-missing`` where this keystore makes no keys of this kind.
        """
        ...

    def destroy(self, label: str) -> None:
        """Puts a key and its certificate out of the world; a secret under the same label stays.

        Nothing happens where there is neither. Whoever is killed meanwhile does it again: the certificate
        goes last. Whoever names keys sees to it that no label comes to have another certificate.

        Raises:
            LocalError: ``keystore-label-malformed``.
        """
        ...

    def labels(self) -> set[str]:
        """Labels that have a private key."""
        ...

    def public_key(self, label: str) -> ec.EllipticCurvePublicKey:
        """The public half of an elliptic-curve key; of any signing key: ``signer(label).public_key()``.

        Raises:
            LocalError: ``keystore-label-unknown``, or ``keystore-key-kind`` where the key is of another kind.
        """
        ...

    def kem_public_key(self, label: str) -> HybridPublicKey:
        """The public halves of a hybrid key; raises as ``public_key`` does."""
        ...

    def signer(self, label: str) -> Signer:
        """A handle that signs certificates, requests and lists: ``builder.sign(signer, signer.digest)``.

        Raises:
            LocalError: ``keystore-label-unknown``.
        """
        ...

    def sign(self, label: str, data: bytes) -> bytes:
        """A signature over the data.

        ECDSA: raw r and s, with low s, 64 octets for P-256 and 96 for P-384. ML-DSA: as FIPS 204 has it.

        Raises:
            LocalError: ``keystore-label-unknown``.
        """
        ...

    def unseal(self, label: str, sealed: bytes, info: bytes) -> bytes:
        """Opens what was sealed (HPKE) to the hybrid key.

        Raises:
            LocalError: ``keystore-label-unknown``.
            TrustError: ``keystore-unseal-failed``, whatever the cause.
        """
        ...

    def put_secret(self, label: str, octets: bytes) -> None:
        """Keeps a local symmetric key, such as a pairing key; an earlier one is replaced."""
        ...

    def secret(self, label: str) -> bytes:
        """A local symmetric key.

        Raises:
            LocalError: ``keystore-label-unknown``.
        """
        ...

    def secrets(self) -> set[str]:
        """Labels that have a local symmetric key."""
        ...

    def put_certificate(self, label: str, chain: list[x509.Certificate]) -> None:
        """Keeps the certificate of a key, itself first, then its chain without the root.

        Raises:
            LocalError: ``keystore-certificate-foreign`` where it is not this key's certificate.
        """
        ...

    def certificate(self, label: str) -> list[x509.Certificate]:
        """The certificate of a key, itself first, then its chain.

        Raises:
            LocalError: ``keystore-label-unknown`` where the key has no certificate.
            DataError: ``keystore-certificate-malformed``.
        """
        ...

    def certified(self) -> set[str]:
        """Labels that have a certificate."""
        ...

    def lend(self, label: str, context: ssl.SSLContext) -> None:
        """Has a context of Python's own ``ssl`` use this key and certificate, where nobody issues any.

        Raises:
            LocalError: ``keystore-label-unknown``, ``keystore-tls-unusable``, or
                ``keystore-mechanism-missing`` where the key is where OpenSSL cannot use it.
        """
        ...

    def tls_context(
        self, label: str, *, trust: TrustFolder, server_side: bool, policy: TlsPolicy = HYBRID_ONLY
    ) -> TlsContext:
        """TLS 1.3 with certificates and revocation checked on both sides (RQ-07, RQ-08).

        A context keeps the revocation lists it was made with: make a new one as ``trust.version()`` changes.

        Raises:
            LocalError: ``keystore-label-unknown``, ``trust-missing``, ``keystore-tls-unusable``, or
                ``keystore-mechanism-missing`` where the key is where OpenSSL cannot use it.
        """
        ...
