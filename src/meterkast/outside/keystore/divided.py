"""Keys in a token, and beside them those that OpenSSL must reach, in files that the token seals."""

import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.outside.keystore.hybrid import HybridPublicKey
from meterkast.outside.keystore.kind import KeyKind
from meterkast.outside.keystore.label import label_taken
from meterkast.outside.keystore.pin import Pin
from meterkast.outside.keystore.pkcs11 import Pkcs11Keystore
from meterkast.outside.keystore.sealed import SealedKeystore
from meterkast.outside.keystore.signer import Signer
from meterkast.outside.tls import HYBRID_ONLY, TlsContext, TlsPolicy
from meterkast.outside.trust import TrustFolder


class DividedKeystore:
    """Makes keys in a token, but those of some labels sealed; uses each where it is.

    For a gateway: it signs in the token, and its keys for TLS are sealed. What its methods do and raise
    stands at ``Keystore``; what each kind protects, at ``Pkcs11Keystore`` and ``SealedKeystore``.

    Args:
        module: the PKCS#11 library of the token's maker.
        token: the token's label.
        pin: gives the user PIN.
        folder: for certificates and sealed files; made where it is not there.
        sealed: labels whose keys are made sealed. ``tls`` stands for ``tls-g2`` as well.

    Raises:
        MeterkastError: as ``Token``; LocalError ``keystore-open-to-others``.
    """

    def __init__(self, module: Path, token: str, pin: Pin, folder: Path, sealed: Iterable[str]) -> None:
        self.folder = folder
        self._token = Pkcs11Keystore(module, token, pin, folder)
        self._files = SealedKeystore(module, token, pin, folder)
        self._sealed = frozenset(sealed)

    def generate(self, label: str, kind: KeyKind) -> None:
        """Makes a key pair in the token, or sealed."""
        if label in self.labels():
            raise label_taken(label)
        to_seal = any(label == each or label.startswith(f"{each}-") for each in self._sealed)
        (self._files if to_seal else self._token).generate(label, kind)

    def destroy(self, label: str) -> None:
        """Destroys the key wherever it is."""
        self._token.destroy(label)
        self._files.destroy(label)

    def labels(self) -> set[str]:
        """Labels that have a private key, here or there."""
        return self._token.labels() | self._files.labels()

    def public_key(self, label: str) -> ec.EllipticCurvePublicKey:
        """The public half of an elliptic-curve key."""
        return self._of(label).public_key(label)

    def kem_public_key(self, label: str) -> HybridPublicKey:
        """The public halves of a hybrid key."""
        return self._of(label).kem_public_key(label)

    def signer(self, label: str) -> Signer:
        """A handle that signs certificates, requests and lists."""
        return self._of(label).signer(label)

    def sign(self, label: str, data: bytes) -> bytes:
        """A signature over the data."""
        return self._of(label).sign(label, data)

    def unseal(self, label: str, sealed: bytes, info: bytes) -> bytes:
        """Opens what was sealed (HPKE) to the hybrid key."""
        return self._of(label).unseal(label, sealed, info)

    def put_secret(self, label: str, octets: bytes) -> None:
        """Keeps a local symmetric key, sealed."""
        self._files.put_secret(label, octets)

    def secret(self, label: str) -> bytes:
        """A local symmetric key."""
        return self._files.secret(label)

    def secrets(self) -> set[str]:
        """Labels that have a local symmetric key."""
        return self._files.secrets()

    def put_certificate(self, label: str, chain: list[x509.Certificate]) -> None:
        """Keeps the certificate of a key."""
        self._of(label).put_certificate(label, chain)

    def certificate(self, label: str) -> list[x509.Certificate]:
        """The certificate of a key, itself first, then its chain."""
        return self._files.certificate(label)

    def certified(self) -> set[str]:
        """Labels that have a certificate."""
        return self._files.certified()

    def lend(self, label: str, context: ssl.SSLContext) -> None:
        """Lends a sealed key to Python's own ``ssl``."""
        self._of(label).lend(label, context)

    def tls_context(
        self, label: str, *, trust: TrustFolder, server_side: bool, policy: TlsPolicy = HYBRID_ONLY
    ) -> TlsContext:
        """TLS 1.3 by a sealed key, with certificates and revocation checked on both sides."""
        return self._of(label).tls_context(label, trust=trust, server_side=server_side, policy=policy)

    def _of(self, label: str) -> Pkcs11Keystore | SealedKeystore:
        return self._files if label in self._files.labels() else self._token
