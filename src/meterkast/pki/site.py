"""Founding a site: every key and certificate a chain needs before its first reading, in one call."""

from datetime import datetime
from pathlib import Path

from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.model.operator import require_operator_name
from meterkast.outside.keystore import Keystore, open_keystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.birth import BIRTH, BIRTH_LABEL, Manufacturer
from meterkast.pki.ceremony.adoption import adopt
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.founding import admit_tenant, found, founded_already, is_founded, root_of
from meterkast.pki.log import CertificateLog, catch_up, found_log, open_log, witness_of
from meterkast.pki.makers import MANUFACTURERS
from meterkast.pki.own_key import OwnKey
from meterkast.pki.tenants import trust_of

PKI_NAME = "pki.meterkast.internal"
HEADEND_NAME = "headend.meterkast.internal"
LOG_ORIGIN = "log.meterkast.internal"
GATEWAY_MAKER = "MKG"

OWN_KEYS = {
    "pki": Path("pki", "tls"),
    "headend": Path("headend", "keystore"),
    "recipient": Path("mdm", "keystore"),
    "orders": Path("orders", "keystore"),
}
"""The operator's own keys of a site, and in which keystore of the state folder each is."""


class Site:
    """The state folder of a running system, as far as trust goes.

    Attributes:
        folder: the state folder.
        operator: whose part of it this is.
        trust: the operator's trust folder.
        authority: the operator's authority.
        manufacturer: who gives gateways their birth certificates.
    """

    def __init__(
        self, folder: Path, *, operator: str | None = None, profile: Profile = Profile.DEVELOPMENT
    ) -> None:
        pki, trust = folder / "pki", TrustFolder(folder / "trust")
        self.folder = folder
        self.trust = trust_of(pki, trust, operator)
        witness = witness_of(pki, trust, profile=profile)
        self.authority = Authority(pki, self.trust, operator=operator, profile=profile, witness=witness)
        self.operator = self.authority.operator
        self.manufacturer = Manufacturer(pki / BIRTH, GATEWAY_MAKER, profile=profile, trust=trust)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        operator: str,
        now: datetime,
        log_origin: str = LOG_ORIGIN,
        ceremony: CeremonyOutcome | None = None,
    ) -> "Site":
        """Makes root, authorities, log and maker; keys and certificates of all that serves, reads and orders.

        Whoever was killed meanwhile does it once more, and it goes on.

        Args:
            folder: the state folder.
            operator: whose site it is.
            now: real time.
            log_origin: the name of the transparency log, for ever: a URL without its scheme.
            ceremony: what a ceremony has made; None for a root and authorities made here.

        Raises:
            LocalError: ``pki-founded-already``.
            DataError: ``operator-name-malformed``.
            MeterkastError: as ``adopt``, where there was a ceremony.
        """
        require_operator_name(operator)
        pki = folder / "pki"
        trust = TrustFolder(folder / "trust")
        if is_founded(pki, trust) and not _lacks_keys(folder, operator):
            raise founded_already(pki)
        if is_founded(pki, trust):
            founded = Authority(pki, trust, operator=operator)
        elif ceremony is None:
            founded = found(pki, trust, operator=operator, now=now)
        else:
            founded = adopt(ceremony, pki, trust, operator=operator, now=now)
        log = _log_of(pki, founded, log_origin, now)
        authority = Authority(pki, trust, witness=log.witness)
        manufacturers = TrustFolder(pki / MANUFACTURERS)
        if manufacturers.crl(GATEWAY_MAKER.lower()) is None:
            Manufacturer.create(pki / BIRTH, GATEWAY_MAKER, known_to=manufacturers, now=now)
        for own in _lacks_keys(folder, operator):
            own.certify(authority, now)
        log.publish(now)
        return cls(folder, operator=operator)

    def equip(self, title: SystemTitle, now: datetime) -> Keystore:
        """A new gateway: born with a birth certificate, expected by the operator. Gives its keystore."""
        folder = self.folder / "gateways" / str(title) / "keystore"
        keystore = open_keystore(folder)
        if BIRTH_LABEL in keystore.certified():
            message = "This gateway has been given its birth certificate already."
            hint = "`meterkast pki expect` expects it to enrol, `meterkast pki release` to enrol anew."
            raise LocalError("pki-gateway-born", message, where=str(folder), hint=hint)
        self.manufacturer.give_birth(title, keystore, now)
        birth = keystore.certificate(BIRTH_LABEL)[0].public_key()
        self.authority.expect(title, operator=self.operator, birth=birth)
        return keystore

    def admit(self, operator: str, now: datetime) -> Authority:
        """Another operator in the same PKI; needs the root's folder. Gives its authority.

        Raises:
            LocalError: ``pki-tenant-taken``, or as ``root_of``.
        """
        pki = self.folder / "pki"
        return admit_tenant(pki, root_of(pki, self.authority.rules), operator=operator, now=now)


def own_key(folder: Path, name: str, operator: str, profile: Profile = Profile.DEVELOPMENT) -> OwnKey:
    """One of ``OWN_KEYS`` of a site; raises as ``open_keystore`` does."""
    keystore = open_keystore(folder / OWN_KEYS[name], profile)
    match name:
        case "recipient":
            return OwnKey.recipient(keystore, operator)
        case "orders":
            return OwnKey.orders(keystore, operator)
    return OwnKey.server(keystore, {"pki": PKI_NAME, "headend": HEADEND_NAME}[name])


def _lacks_keys(folder: Path, operator: str) -> list[OwnKey]:
    """Those of a site's own keys that have no certificate yet; the last things to be made."""
    keys = [own_key(folder, name, operator) for name in OWN_KEYS]
    return [own for own in keys if own.current() not in own.keystore.certified()]


def _log_of(pki: Path, authority: Authority, origin: str, now: datetime) -> CertificateLog:
    try:
        return found_log(pki, authority, origin=origin, now=now)
    except LocalError as error:
        if error.code != "log-there":
            raise
    log = open_log(pki, authority.trust)
    catch_up(log, authority)
    return log
