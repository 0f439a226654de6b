"""Whom the enrolment server lets shake hands: devices that were born, and devices that have enrolled."""

from cryptography import x509

from meterkast.outside.trust import TrustFolder, Version
from meterkast.pki.tenants import Tenants


class CallerTrust(TrustFolder):
    """Makers and operators as one trust folder; from which of them somebody comes is the door's business."""

    def __init__(self, manufacturers: TrustFolder, tenants: Tenants) -> None:
        super().__init__(manufacturers.path)
        self._manufacturers = manufacturers
        self._tenants = tenants

    @property
    def _folders(self) -> list[TrustFolder]:
        return [self._manufacturers, *(authority.trust for authority in self._tenants.all())]

    def version(self) -> Version:
        """Changes when any of them does."""
        return tuple(part for folder in self._folders for part in folder.version())

    def anchors(self) -> list[x509.Certificate]:
        """The roots of makers and operators."""
        return list(dict.fromkeys(each for folder in self._folders for each in folder.anchors()))

    def intermediates(self) -> list[x509.Certificate]:
        """The issuing authorities of all operators."""
        return [each for folder in self._folders for each in folder.intermediates()]

    def crls(self) -> list[x509.CertificateRevocationList]:
        """The lists of all of them."""
        return [each for folder in self._folders for each in folder.crls()]
