"""What every keystore keeps in its folder: certificates, and local symmetric keys."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.keystore.folder import Files
from meterkast.outside.keystore.label import require_label

_SECRET, _CERTIFICATE = ".secret", ".crt.pem"


class Belongings:
    """The part of a keystore that is the same wherever its private keys are.

    Args:
        folder: where the keystore stands.
        public: for certificates.
        private: for what nobody else may read.
    """

    def __init__(self, folder: Path, *, public: Files, private: Files) -> None:
        self.folder = folder
        self._public = public
        self._private = private

    def put_secret(self, label: str, octets: bytes) -> None:
        """Keeps a local symmetric key, such as a pairing key; an earlier one is replaced."""
        self._private.write(require_label(label) + _SECRET, octets)

    def secret(self, label: str) -> bytes:
        """A local symmetric key.

        Raises:
            LocalError: ``keystore-label-unknown``.
        """
        return present(self._private, label, _SECRET)

    def secrets(self) -> set[str]:
        """Labels that have a local symmetric key."""
        return labels(self._private, _SECRET)

    def put_certificate(self, label: str, chain: list[x509.Certificate]) -> None:
        """Keeps the certificate of a key, itself first, then its chain without the root.

        Raises:
            LocalError: ``keystore-certificate-foreign`` where it is not this key's certificate.
        """
        if not chain or chain[0].public_key() != self._certified_key(label):
            raise LocalError("keystore-certificate-foreign", "It certifies another key.", where=label)
        pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)
        self._public.write(require_label(label) + _CERTIFICATE, pem)

    def certificate(self, label: str) -> list[x509.Certificate]:
        """The certificate of a key, itself first, then its chain.

        Raises:
            LocalError: ``keystore-label-unknown`` where the key has no certificate.
            DataError: ``keystore-certificate-malformed``.
        """
        try:
            return x509.load_pem_x509_certificates(present(self._public, label, _CERTIFICATE))
        except ValueError as cause:
            message = "A certificate file does not hold certificates."
            raise DataError("keystore-certificate-malformed", message, where=label) from cause

    def certified(self) -> set[str]:
        """Labels that have a certificate."""
        return labels(self._public, _CERTIFICATE)

    def _discard_certificate(self, label: str) -> None:
        """The last thing to go: as long as it is there, somebody can see that the key had an end."""
        self._public.remove(require_label(label) + _CERTIFICATE)

    def _certified_key(self, label: str) -> object:
        """The public key that a certificate under this label must hold."""
        raise NotImplementedError


def labels(files: Files, *suffixes: str) -> set[str]:
    """Labels that have a file with one of these suffixes."""
    return {
        name.removesuffix(suffix) for name in files.names() for suffix in suffixes if name.endswith(suffix)
    }


def present(files: Files, label: str, suffix: str) -> bytes:
    """What is in the file of a label.

    Raises:
        LocalError: ``keystore-label-unknown`` where there is none.
    """
    contents = files.read(require_label(label) + suffix)
    if contents is None:
        raise LocalError("keystore-label-unknown", f"The keystore has no {label}{suffix}.", where=label)
    return contents
