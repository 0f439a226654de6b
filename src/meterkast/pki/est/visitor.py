"""Who is at the other end of the connection, and by which of its two identities (RQ-05)."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, system_title, validate
from meterkast.protocols.x509.renewal import RENEWAL_GRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A device that is known, and the authority that is its own."""

    title: SystemTitle
    authority: Authority


class Door:
    """Lets devices in: newborn ones to enrol, enrolled ones to renew, and neither to do the other's."""

    def __init__(self, tenants: Tenants, manufacturers: TrustFolder) -> None:
        self._tenants = tenants
        self._manufacturers = manufacturers

    def newborn(self, peer: bytes | None, now: datetime) -> Visitor:
        """A device by its birth certificate; an operational one is refused (AT-10).

        Raises:
            TrustError: ``certificate-…``, or ``pki-not-admitted`` where no operator expects it.
        """
        known, rules = self._manufacturers, self._tenants.founder.rules
        born = validate(
            _certificate(peer), [], known.anchors(), known.crls(), now, Purpose.BIRTH, rules=rules
        )
        return self._visitor(born.title)

    def enrolled(self, peer: bytes | None, now: datetime) -> Visitor:
        """A device by its operational TLS certificate, which may have ended a short while ago (AT-09).

        Raises:
            TrustError: as ``newborn`` does.
        """
        certificate = _certificate(peer)
        visitor = self._visitor(system_title(certificate))
        authority, trust = visitor.authority, visitor.authority.trust
        validate(
            certificate,
            trust.intermediates(),
            trust.anchors(),
            trust.crls(),
            now,
            Purpose.TLS,
            tenant=authority.operator,
            rules=authority.rules,
            grace=RENEWAL_GRACE,
        )
        return visitor

    def _visitor(self, title: SystemTitle | None) -> Visitor:
        authority = None if title is None else self._tenants.owner(title)
        if title is None or authority is None:
            raise TrustError("pki-not-admitted", "The request is not accepted.")
        return Visitor(title=title, authority=authority)


def _certificate(peer: bytes | None) -> x509.Certificate:
    if peer is None:
        raise TrustError("certificate-missing", "The certificate is not accepted.")
    try:
        return x509.load_der_x509_certificate(peer)
    except (ValueError, x509.InvalidVersion) as cause:
        raise TrustError("certificate-malformed", "The certificate is not accepted.") from cause
