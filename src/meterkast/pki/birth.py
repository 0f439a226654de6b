"""The maker of gateways: its own root, and birth certificates that enrol and do nothing else (RQ-05)."""

from datetime import datetime
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import ANCHORS, TrustFolder
from meterkast.pki.holder import Holder, organisation
from meterkast.pki.issuer import Issuer
from meterkast.protocols.x509 import RULES, Purpose, Rules

BIRTH_LABEL = "birth"
_PROFILE = "maker"


class Manufacturer:
    """A maker's authority in a folder of its own; operators know it by their folder of manufacturers alone.

    Args:
        folder: where its keystore is.
        maker: three-letter FLAG code; it makes devices of this code only.
        rules: profiles and algorithms.
    """

    def __init__(self, folder: Path, maker: str, rules: Rules = RULES) -> None:
        self._maker = maker
        self._rules = rules
        profile = rules.authorities[_PROFILE]
        self._issuer = Issuer(SoftwareKeystore(folder), maker.lower(), profile, rules=rules)

    @classmethod
    def create(
        cls, folder: Path, maker: str, *, known_to: TrustFolder, now: datetime, rules: Rules = RULES
    ) -> "Manufacturer":
        """Makes the authority and hands its root and revocation list to those who are to know it."""
        Issuer.self_signed(
            SoftwareKeystore(folder),
            maker.lower(),
            rules.authorities[_PROFILE],
            subject=organisation(maker, "Birth authority"),
            rules=rules,
            now=now,
        )
        manufacturer = cls(folder, maker, rules)
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
        profile = self._rules.profiles[Purpose.BIRTH]
        keystore.generate(BIRTH_LABEL, KeyKind(self._rules.key_to_make(profile.keys, now)))
        key = keystore.signer(BIRTH_LABEL).public_key()
        certificate = self._issuer.certify(profile, Holder.device(title), key, now)
        keystore.put_certificate(BIRTH_LABEL, [certificate])

    def publish(self, known_to: TrustFolder, *, revoked: list[tuple[int, datetime]], now: datetime) -> None:
        """Hands out the list of birth certificates that count no more."""
        number = int(now.timestamp() * 1000)
        revocation_list = self._issuer.revocation_list(revoked, number=number, begin=now, now=now)
        known_to.publish(f"{self._maker.lower()}.crl.pem", [revocation_list])
