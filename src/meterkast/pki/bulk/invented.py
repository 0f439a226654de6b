"""Gateways that do not exist, to measure a PKI with. Their keys are gone once they have signed a request."""

from collections.abc import Mapping, Sequence, Set

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.identity import SystemTitle
from meterkast.pki.authority import DEVICE_PURPOSES
from meterkast.pki.issued import IssuedCertificate
from meterkast.protocols.x509 import Purpose

MAKER = "XLT"
"""Stands for no maker: these gateways are recognised by it."""


class InventedGateways:
    """So many of them, always the same titles; each asks with fresh P-256 keys that nobody keeps."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def titles(self, begin: int, count: int) -> list[SystemTitle]:
        """Some of them, counted from 1."""
        end = min(begin + count, self._count)
        return [SystemTitle.of(MAKER, serial) for serial in range(begin + 1, end + 1)]

    def requests(
        self, titles: Sequence[SystemTitle], waiting: Set[SystemTitle]
    ) -> Mapping[SystemTitle, Mapping[Purpose, bytes]]:
        """Three requests for each that may still ask."""
        return {
            title: {purpose: _request() for purpose in DEVICE_PURPOSES}
            for title in titles
            if title in waiting
        }

    def keep(self, issued: Sequence[IssuedCertificate]) -> None:
        """Nobody is there to take them; the register has them."""


def _request() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return request.public_bytes(Encoding.DER)
