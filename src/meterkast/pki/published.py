"""The lists that are out: what the next one must not fall behind."""

from collections.abc import Iterable

from cryptography import x509

from meterkast.model.errors import DataError
from meterkast.outside.trust import TrustFolder
from meterkast.pki.template import SigningPublicKey


def published_list(
    trust: TrustFolder, name: str, key: SigningPublicKey
) -> x509.CertificateRevocationList | None:
    """What stands in the trust folder under a name, if an authority has signed it with this key."""
    try:
        found = trust.crl(name)
    except DataError:
        return None
    return found if found is not None and found.is_signature_valid(key) else None


def is_withdrawn(certificate: x509.Certificate, lists: Iterable[x509.CertificateRevocationList]) -> bool:
    """Whether a list of its issuer names a certificate, for those who have put the lists there themselves."""
    theirs = (each for each in lists if each.issuer == certificate.issuer)
    return any(each.get_revoked_certificate_by_serial_number(certificate.serial_number) for each in theirs)


def list_names(authority: str, shards: int) -> list[str]:
    """How the lists of an authority are called, in files and addresses, by its name in registers."""
    return [authority] if shards == 1 else [f"{authority}-{shard}" for shard in range(shards)]
