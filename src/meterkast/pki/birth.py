"""The maker of gateways: its own root, and birth certificates that enrol and do nothing else (RQ-05)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from meterkast.model.deployment import Profile as Deployment
from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, Keystore, open_keystore
from meterkast.outside.trust import ANCHORS, TrustFolder
from meterkast.pki.holder import Holder, organisation
from meterkast.pki.issuer import Issuer, Revocation
from meterkast.pki.log.files import alone
from meterkast.pki.published import published_list
from meterkast.pki.root import next_number
from meterkast.protocols.x509 import RULES, Purpose, Rules
from meterkast.protocols.x509.list_place import list_number

BIRTH = "birth"
"""The folder of a PKI in which the keys of makers are, where they are here at all."""
BIRTH_LABEL = "birth"
_CERTIFICATE = ".crt.pem"
_PROFILE = "maker"
_FRESH = timedelta(days=1)


class Manufacturer:
    """A maker's authority in a folder of its own; operators know it by their folder of manufacturers alone.

    Args:
        folder: where its keystore is, and what its last list said.
        maker: three-letter FLAG code; it makes devices of this code only.
        rules: profiles and algorithms.
        profile: what it may start with; in production no key in a plain file.
        trust: as for ``open_keystore``.

    Raises:
        LocalError: ``pki-maker-elsewhere`` where there is no such maker in the folder.
        TrustError: ``keystore-software-refused``, as ``open_keystore`` does in production.
    """

    def __init__(
        self,
        folder: Path,
        maker: str,
        rules: Rules = RULES,
        *,
        profile: Deployment = Deployment.DEVELOPMENT,
        trust: TrustFolder | None = None,
    ) -> None:
        if not (folder / f"{maker.lower()}{_CERTIFICATE}").is_file():
            hint = "`meterkast pki expect` takes a gateway that its own maker has given birth."
            message = f"The key of the maker {maker} is not here."
            raise LocalError("pki-maker-elsewhere", message, where=str(folder), hint=hint)
        self._maker = maker
        self._rules = rules
        self._own = TrustFolder(folder)
        authority = rules.authorities[_PROFILE]
        keystore = open_keystore(folder, profile, trust)
        self._issuer = Issuer(keystore, maker.lower(), authority, rules=rules)

    @classmethod
    def create(
        cls, folder: Path, maker: str, *, known_to: TrustFolder, now: datetime, rules: Rules = RULES
    ) -> "Manufacturer":
        """Makes the authority and hands its root and revocation list to those who are to know it.

        Whoever was killed before they had its list does it once more, and it goes on.

        Raises:
            LocalError: ``keystore-label-taken`` where there is this maker already.
        """
        keystore, label = open_keystore(folder), maker.lower()
        begun = known_to.crl(label) is None
        if begun and label not in keystore.certified():
            keystore.destroy(label)  # one without a certificate is nobody's
        if not begun or label not in keystore.certified():
            Issuer.self_signed(
                keystore,
                label,
                rules.authorities[_PROFILE],
                subject=organisation(maker, "Birth authority"),
                rules=rules,
                now=now,
            )
        manufacturer = cls(folder, maker, rules)
        own = manufacturer._issuer.certificate
        others = known_to.anchors() if (known_to.path / ANCHORS).exists() else []
        known_to.publish(ANCHORS, [*(each for each in others if each != own), own])
        manufacturer.publish(known_to, now=now)
        return manufacturer

    @property
    def code(self) -> str:
        """Its FLAG code."""
        return self._maker

    def give_birth(self, title: SystemTitle, keystore: Keystore, now: datetime) -> None:
        """Makes the birth key inside the device's own keystore, and its certificate.

        Raises:
            LocalError: ``pki-maker-foreign`` where the title is not of this maker, ``keystore-label-taken``.
        """
        if title.manufacturer != self._maker:
            hint = "`meterkast pki expect` takes a gateway that its own maker has given birth."
            message = f"The system title is not of the maker {self._maker}."
            raise LocalError("pki-maker-foreign", message, where=str(title), hint=hint)
        profile = self._rules.profiles[Purpose.BIRTH]
        # a key without a certificate was made before somebody was killed
        if BIRTH_LABEL not in keystore.labels() or BIRTH_LABEL in keystore.certified():
            keystore.generate(BIRTH_LABEL, KeyKind(self._rules.key_to_make(profile.keys, now)))
        key = keystore.signer(BIRTH_LABEL).public_key()
        certificate = self._issuer.certify(profile, Holder.device(title), key, now)
        keystore.put_certificate(BIRTH_LABEL, [certificate])

    def require_child(self, certificate: x509.Certificate) -> None:
        """Returns where this maker has signed a certificate.

        Raises:
            LocalError: ``pki-maker-foreign``.
        """
        try:
            certificate.verify_directly_issued_by(self._issuer.certificate)
        except (ValueError, TypeError, InvalidSignature) as cause:
            message = "Another maker has signed this certificate."
            raise LocalError("pki-maker-foreign", message, where=self._maker) from cause

    def publish(
        self, known_to: TrustFolder, *, revoked: Iterable[Revocation] = (), now: datetime
    ) -> x509.CertificateRevocationList:
        """Signs the list of birth certificates that count no more, and hands it out.

        What was ever on it stays on it, for a birth certificate has no end.

        Args:
            known_to: the manufacturers' folder of those who know this maker.
            revoked: serial numbers and moments that come onto the list.
            now: real time.
        """
        file, name = f"{self._maker.lower()}.crl.pem", self._maker.lower()
        with alone(self._own.path / ".list.lock"):
            earlier = [self._own.crl(name), published_list(known_to, name, self._issuer.public_key())]
            before = [each for each in earlier if each is not None]
            entries = {each.serial_number: each.revocation_date_utc for found in before for each in found}
            number = next_number(now, max(map(list_number, before), default=0))
            fresh = self._issuer.revocation_list(
                (dict(revoked) | entries).items(), number=number, begin=now, now=now
            )
            for folder in (self._own, known_to):
                folder.publish(file, [fresh])
        return fresh

    def keep_fresh(self, known_to: TrustFolder, now: datetime) -> bool:
        """Signs the list anew where it is a day old, or not there; whether it was.

        Where this maker counts no more, nobody needs its list.
        """
        if not (known_to.path / ANCHORS).exists() or self._issuer.certificate not in known_to.anchors():
            return False
        found = published_list(known_to, self._maker.lower(), self._issuer.public_key())
        is_fresh = found is not None and timedelta() <= now - found.last_update_utc < _FRESH
        if not is_fresh:
            self.publish(known_to, now=now)
        return not is_fresh


def own_makers(
    folder: Path, *, profile: Deployment = Deployment.DEVELOPMENT, trust: TrustFolder | None = None
) -> list[Manufacturer]:
    """The makers whose keys are in a folder; none where it is not there. Raises as ``Manufacturer`` does."""
    names = sorted(path.name.removesuffix(_CERTIFICATE) for path in folder.glob(f"*{_CERTIFICATE}"))
    return [Manufacturer(folder, name.upper(), profile=profile, trust=trust) for name in names]
