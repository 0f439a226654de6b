"""The offline root: it makes the issuing authorities and their list, then its folder goes into a safe."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ObjectIdentifier

from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import ANCHORS, TrustFolder
from meterkast.pki.holder import organisation
from meterkast.pki.issuer import Issuer

ROOT_LIFE = timedelta(days=20 * 365)
AUTHORITY_LIFE = timedelta(days=5 * 365)
ROOT_LIST_LIFE = timedelta(days=366)
_LABEL = "root"


class Root:
    """A root on P-384 in a folder of its own. Nothing that runs day by day opens it (RQ-01)."""

    def __init__(self, folder: Path) -> None:
        self._issuer = Issuer(SoftwareKeystore(folder), _LABEL)

    @classmethod
    def create(cls, folder: Path, *, operator: str, now: datetime) -> "Root":
        """Makes the root of one operator."""
        Issuer.self_signed(
            SoftwareKeystore(folder),
            _LABEL,
            subject=organisation(operator, "Meterkast root"),
            path_length=1,
            policies=(),
            life=ROOT_LIFE,
            now=now,
        )
        return cls(folder)

    def certify(
        self,
        key: ec.EllipticCurvePublicKey,
        *,
        operator: str,
        label: str,
        policies: tuple[ObjectIdentifier, ...],
        now: datetime,
    ) -> x509.Certificate:
        """The certificate of an issuing authority that may use these policies."""
        return self._issuer.certify_authority(
            key,
            subject=organisation(operator, f"Meterkast {label} authority"),
            policies=policies,
            life=AUTHORITY_LIFE,
            now=now,
        )

    def publish(self, trust: TrustFolder, *, revoked: list[tuple[int, datetime]], now: datetime) -> None:
        """Writes the root certificate and the list of revoked authorities into the trust folder."""
        trust.publish(ANCHORS, [self._issuer.certificate])
        revocation_list = self._issuer.revocation_list(revoked, now=now, life=ROOT_LIST_LIFE)
        trust.publish(f"{_LABEL}.crl.pem", [revocation_list])
