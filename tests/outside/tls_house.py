"""Two parties who believe the same root: all that a TLS connection needs, without the PKI."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from meterkast.outside.keystore import FreshContext, KeyKind, SoftwareKeystore
from meterkast.outside.tls import HYBRID_ONLY, TlsContext, TlsPolicy
from meterkast.outside.trust import ANCHORS, TrustFolder

CLASSICAL_TOO = TlsPolicy(hybrid_required=False)
NAME = "server.meterkast.internal"
_USES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
_BITS = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@dataclass
class TlsHouse:
    """A root, and a keystore with the labels ``server`` and ``client`` that it certifies."""

    folder: Path
    keystore: SoftwareKeystore
    trust: TrustFolder
    _key: ec.EllipticCurvePrivateKey
    _root: x509.Certificate

    @classmethod
    def build(cls, folder: Path) -> "TlsHouse":
        key = ec.generate_private_key(ec.SECP384R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")])
        root = (
            _dated(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA384())
        )
        keystore = SoftwareKeystore(folder / "keystore")
        house = cls(folder, keystore, TrustFolder(folder / "trust"), key, root)
        house.trust.publish(ANCHORS, [root])
        house.revoke()
        for label in _USES:
            house.certify(keystore, label)
        return house

    def certify(self, keystore: SoftwareKeystore, label: str, life: timedelta = timedelta(days=1)) -> None:
        """A certificate for the key of this label, which is made where it is not there."""
        if label not in keystore.labels():
            keystore.generate(label, KeyKind.EC_P256)
        certificate = (
            _dated(self._root.subject, x509.Name([]), keystore.public_key(label), life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_USES[label]]), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA384())
        )
        keystore.put_certificate(label, [certificate])

    def revoke(self, *labels: str, days: int = 1) -> None:
        """Publishes the list anew: these and no others are revoked. It ends in so many days."""
        now = datetime.now(UTC)
        begin = now - _MINUTE + timedelta(days=days - 1)
        builder = (
            x509.CertificateRevocationListBuilder(self._root.subject, begin, begin + timedelta(days=1))
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1e6)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        for label in labels:
            serial = self.keystore.certificate(label)[0].serial_number
            entry = x509.RevokedCertificateBuilder(serial, now - _MINUTE).build()
            builder = builder.add_revoked_certificate(entry)
        self.trust.publish("root.crl.pem", [builder.sign(self._key, hashes.SHA384())])

    def server(self, policy: TlsPolicy = HYBRID_ONLY) -> FreshContext:
        """A context of the server, fresh for each connection."""
        return FreshContext(self.keystore, "server", trust=self.trust, server_side=True, policy=policy)

    def client(self, policy: TlsPolicy = HYBRID_ONLY) -> TlsContext:
        """A context of the client."""
        return self.keystore.tls_context("client", trust=self.trust, server_side=False, policy=policy)


_MINUTE = timedelta(minutes=1)


def _dated(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey, life: timedelta = timedelta(days=1)
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    number = x509.random_serial_number()
    return x509.CertificateBuilder(issuer, subject, key, number, now - _MINUTE, now + life)


def _usage(*bits: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{bit: bit in bits for bit in _BITS})
