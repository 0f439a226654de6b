"""Fetching revocation lists: from where certificates say that they are (RFC 5280, 4.2.1.13; RFC 2585)."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509

from meterkast.gateway.pki_line import NETWORK, PkiLine
from meterkast.model.errors import DataError
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509.revocation import signs_lists

_NAME = re.compile(r"([a-z0-9-]{1,48})\.crl")


def fetch_lists(
    trust: TrustFolder,
    certificates: Iterable[x509.Certificate],
    address: tuple[str, int],
    line: PkiLine = NETWORK,
) -> int:
    """Fetches the lists to which certificates point, and keeps those that are genuine and younger.

    The transport is plain HTTP: what is taken is signed by an authority that we hold, numbered higher than
    the list we have, and nothing else. What cannot be fetched stays as it is; the next time comes.

    Args:
        trust: our own trust folder.
        certificates: whose distribution points are asked.
        address: host and port of the operator's list server; the name in an address is not looked up.
        line: the way there.

    Returns:
        How many lists were replaced.
    """
    replaced = 0
    authorities = [*trust.anchors(), *trust.intermediates()]
    for place in sorted({place for certificate in certificates for place in _places(certificate)}):
        match = _NAME.fullmatch(place.path.rpartition("/")[2])
        fetched = _fetch(line, address, place.path) if match else None
        if match is None or fetched is None:
            continue
        is_younger = _number(fetched) > _number(_held(trust, match[1]))
        if is_younger and _is_genuine(fetched, place, authorities):
            trust.publish(f"{match[1]}.crl.pem", [fetched])
            replaced += 1
    return replaced


def list_paths(certificate: x509.Certificate) -> list[str]:
    """Where the lists stand to which a certificate points, as paths on the list server."""
    return [place.path for place in _places(certificate)]


class _Place(NamedTuple):
    """Where a list stands, and whose it must be."""

    address: str
    issuer: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.address).path


def _places(certificate: x509.Certificate) -> list[_Place]:
    """Where its own revocation stands, and, of an authority, where its list does."""
    found: list[tuple[x509.GeneralName, x509.Name]] = []
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.CRLDistributionPoints):
            names = [name for point in extension.value for name in point.full_name or ()]
            found += [(name, certificate.issuer) for name in names]
        elif isinstance(extension.value, x509.SubjectInformationAccess):
            found += [(access.access_location, certificate.subject) for access in extension.value]
    return [
        _Place(name.value, issuer.public_bytes())
        for name, issuer in found
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


def _fetch(line: PkiLine, address: tuple[str, int], path: str) -> x509.CertificateRevocationList | None:
    body = line.fetch(address, path)
    try:
        return None if body is None else x509.load_der_x509_crl(body)
    except ValueError:
        return None


def _is_genuine(
    crl: x509.CertificateRevocationList, place: _Place, authorities: Sequence[x509.Certificate]
) -> bool:
    """Of the authority that is expected there, by its key, and for what points there."""
    if crl.issuer.public_bytes() != place.issuer or not _is_for(crl, place):
        return False
    for authority in authorities:
        key = authority.public_key()
        if authority.subject == crl.issuer and signs_lists(key) and crl.is_signature_valid(key):
            return True
    return False


def _is_for(crl: x509.CertificateRevocationList, place: _Place) -> bool:
    try:
        scope = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    return [name.value for name in scope.full_name or ()] == [place.address]


def _held(trust: TrustFolder, name: str) -> x509.CertificateRevocationList | None:
    try:
        return trust.crl(name)
    except DataError:
        return None


def _number(crl: x509.CertificateRevocationList | None) -> int:
    if crl is None:
        return -1
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return -1
