"""The fifth component, trust: root, issuing authorities, enrolment, revocation, birth certificates."""

from meterkast.pki.authority import Authority
from meterkast.pki.birth import Manufacturer
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.service import PkiService, PkiSettings, serve
from meterkast.pki.site import GATEWAY_MAKER, HEADEND_NAME, PKI_NAME, Site

__all__ = [
    "GATEWAY_MAKER",
    "HEADEND_NAME",
    "PKI_NAME",
    "Authority",
    "IssuedCertificate",
    "Manufacturer",
    "PkiService",
    "PkiSettings",
    "Site",
    "serve",
]
