"""Who is at the other end of the connection, and by which of its two identities (RQ-05)."""

from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, server_name, system_title, validate
from meterkast.protocols.x509.foreign import read_certificate
from meterkast.protocols.x509.renewal import RENEWAL_GRACE
from meterkast.protocols.x509.signed_request import read_signed_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A device that is known, the authority that is its own, and the key of its birth if it showed that."""

    title: SystemTitle
    authority: Authority
    birth: CertificatePublicKeyTypes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVisitor:
    """One of an operator's servers, that operator's authority, and what it asks for (PKCS#10)."""

    name: str
    authority: Authority
    request: bytes


class Door:
    """Lets devices in: newborn ones to enrol, enrolled ones to renew, and neither to do the other's.

    Servers renew too. Their certificates are none for the client's side of TLS, so they sign what they ask.
    """

    def __init__(self, tenants: Tenants, manufacturers: TrustFolder) -> None:
        self._tenants = tenants
        self._manufacturers = manufacturers

    def newborn(self, peer: bytes | None, now: datetime) -> Visitor:
        """A device by its birth certificate, of the maker whose code its title has (AT-10).

        Raises:
            TrustError: ``certificate-…``, or ``pki-not-admitted`` where no operator expects it.
        """
        certificate = _certificate(peer)
        title, known = system_title(certificate), self._manufacturers
        validate(
            certificate,
            [],
            known.anchors(),
            known.crls(),
            now,
            Purpose.BIRTH,
            tenant=title.manufacturer,
            rules=self._tenants.founder.rules,
        )
        return replace(self._visitor(title), birth=certificate.public_key())

    def enrolled(self, peer: bytes | None, now: datetime) -> Visitor:
        """A device by its operational TLS certificate, which may have ended a short while ago (AT-09).

        Raises:
            TrustError: as ``newborn`` does.
        """
        certificate = _certificate(peer)
        visitor = self._visitor(system_title(certificate))
        _validate(certificate, visitor.authority, now, Purpose.TLS)
        return visitor

    def server(self, message: bytes, now: datetime) -> ServerVisitor:
        """A server by the certificate whose key has signed its request, with the same grace as a device.

        Raises:
            PeerError: as ``read_signed_request``.
            TrustError: ``certificate-…``, or ``pki-not-admitted`` where no operator here has such servers.
        """
        signed = read_signed_request(message)
        certificate = signed.certificate
        for authority in self._tenants.all():
            if certificate.issuer in {each.subject for each in authority.trust.intermediates()}:
                _validate(certificate, authority, now, Purpose.TLS_SERVER)
                name = server_name(certificate)
                return ServerVisitor(name=name, authority=authority, request=signed.request)
        raise TrustError("pki-not-admitted", "The request is not accepted.")

    def _visitor(self, title: SystemTitle | None) -> Visitor:
        authority = None if title is None else self._tenants.owner(title)
        if title is None or authority is None:
            raise TrustError("pki-not-admitted", "The request is not accepted.")
        return Visitor(title=title, authority=authority)


def _validate(certificate: x509.Certificate, authority: Authority, now: datetime, purpose: Purpose) -> None:
    trust = authority.trust
    validate(
        certificate,
        trust.intermediates(),
        trust.anchors(),
        trust.crls(),
        now,
        purpose,
        tenant=authority.operator,
        rules=authority.rules,
        grace=RENEWAL_GRACE,
    )


def _certificate(peer: bytes | None) -> x509.Certificate:
    if peer is None:
        raise TrustError("certificate-missing", "The certificate is not accepted.")
    try:
        return read_certificate(peer)
    except PeerError as cause:
        raise TrustError("certificate-malformed", "The certificate is not accepted.") from cause
