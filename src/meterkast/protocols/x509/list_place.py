"""Where revocation lists stand, and whether one that was fetched there may follow the one we have."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cryptography import x509

from meterkast.protocols.x509.revocation import signs_lists

_ADDRESS = re.compile(r"[a-z]+://[^/?#]*(?P<path>/[^?#]*)")


class ListPlace(NamedTuple):
    """The address of a list, and whose it must be (a name in DER)."""

    address: str
    issuer: bytes

    @property
    def path(self) -> str:
        """On the operator's list server, whose name in the address is not looked up; empty for no address."""
        match = _ADDRESS.match(self.address)
        return match["path"] if match else ""


def list_places(certificate: x509.Certificate) -> Iterator[ListPlace]:
    """Where its own revocation stands, and, of an authority, where its list does (RFC 5280, 4.2)."""
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.CRLDistributionPoints):
            names = [name for point in extension.value for name in point.full_name or ()]
            yield from _places(names, certificate.issuer)
        elif isinstance(extension.value, x509.SubjectInformationAccess):
            yield from _places([each.access_location for each in extension.value], certificate.subject)


def place_of(revocation_list: x509.CertificateRevocationList) -> list[ListPlace]:
    """Where a list says that it stands itself; nothing where it does not say (RFC 5280, 5.2.5)."""
    return list(_places(_scope(revocation_list) or (), revocation_list.issuer))


def list_number(revocation_list: x509.CertificateRevocationList | None) -> int:
    """Its number; -1 for one that has none, and for none."""
    if revocation_list is None:
        return -1
    try:
        return revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return -1


def may_follow(
    fetched: x509.CertificateRevocationList,
    held: x509.CertificateRevocationList | None,
    place: ListPlace,
    authorities: Sequence[x509.Certificate],
) -> bool:
    """Whether it is younger than the one held, and genuine: whatever the transport, nothing else is taken.

    Args:
        fetched: what was found.
        held: what is there; None for nothing.
        place: where it was found.
        authorities: those in which we believe.
    """
    is_younger = list_number(fetched) > list_number(held)
    return is_younger and _is_for(fetched, place) and _is_signed(fetched, place, authorities)


def _is_for(fetched: x509.CertificateRevocationList, place: ListPlace) -> bool:
    """A list that is one of several says where it stands; one that is the only one need not."""
    scope = _scope(fetched)
    return scope is None or [name.value for name in scope] == [place.address]


def _is_signed(
    fetched: x509.CertificateRevocationList, place: ListPlace, authorities: Sequence[x509.Certificate]
) -> bool:
    if fetched.issuer.public_bytes() != place.issuer:
        return False
    keys = (each.public_key() for each in authorities if each.subject == fetched.issuer)
    return any(signs_lists(key) and fetched.is_signature_valid(key) for key in keys)


def _scope(revocation_list: x509.CertificateRevocationList) -> list[x509.GeneralName] | None:
    try:
        scope = revocation_list.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None
    return list(scope.full_name or ())


def _places(names: Sequence[x509.GeneralName], issuer: x509.Name) -> Iterator[ListPlace]:
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier) and _ADDRESS.match(name.value):
            yield ListPlace(name.value, issuer.public_bytes())
