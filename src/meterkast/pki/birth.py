"""The maker of gateways: its own root, and birth certificates that enrol and do nothing else (RQ-05)."""

from datetime import datetime, timedelta
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import ANCHORS, TrustFolder
from meterkast.pki.holder import Holder, organisation
from meterkast.pki.issuer import Issuer
from meterkast.protocols.x509 import PROFILES, Purpose
from meterkast.protocols.x509.profile import MANUFACTURER_POLICIES

BIRTH_LABEL = "birth"
_LIFE = timedelta(days=20 * 365)
_LIST_LIFE = timedelta(days=366)


class Manufacturer:
    """A maker's authority in a folder of its own; operators know it by their folder of manufacturers alone.

    Args:
        folder: where its keystore is.
        maker: three-letter FLAG code; it makes devices of this code only.
    """

    def __init__(self, folder: Path, maker: str) -> None:
        self._maker = maker
        self._issuer = Issuer(SoftwareKeystore(folder), maker.lower())

    @classmethod
    def create(cls, folder: Path, maker: str, *, known_to: TrustFolder, now: datetime) -> "Manufacturer":
        """Makes the authority and hands its root and revocation list to those who are to know it."""
        Issuer.self_signed(
            SoftwareKeystore(folder),
            maker.lower(),
            subject=organisation(maker, "Birth authority"),
            path_length=0,
            policies=MANUFACTURER_POLICIES,
            life=_LIFE,
            now=now,
        )
        manufacturer = cls(folder, maker)
        others = known_to.anchors() if (known_to.path / ANCHORS).exists() else []
        known_to.publish(ANCHORS, [*others, manufacturer._issuer.certificate])
        manufacturer.publish(known_to, revoked=[], now=now)
        return manufacturer

    def give_birth(self, title: SystemTitle, keystore: SoftwareKeystore, now: datetime) -> None:
        """Makes the birth key inside the device's own keystore, and its certificate.

        Raises:
            LocalError: ``pki-maker-foreign`` where the title is not of this maker, ``keystore-label-taken``.
        """
        if title.manufacturer != self._maker:
            raise LocalError("pki-maker-foreign", "The system title is of another maker.", where=str(title))
        keystore.generate(BIRTH_LABEL, KeyKind.EC_P256)
        key = keystore.public_key(BIRTH_LABEL)
        certificate = self._issuer.certify(PROFILES[Purpose.BIRTH], Holder.device(title), key, now)
        keystore.put_certificate(BIRTH_LABEL, [certificate])

    def publish(self, known_to: TrustFolder, *, revoked: list[tuple[int, datetime]], now: datetime) -> None:
        """Hands out the list of birth certificates that count no more."""
        revocation_list = self._issuer.revocation_list(revoked, now=now, life=_LIST_LIFE)
        known_to.publish(f"{self._maker.lower()}.crl.pem", [revocation_list])
