"""The operator's encryption certificate, over the air: genuine, our own operator's, and newer."""

from datetime import datetime

from cryptography import x509

from meterkast.gateway.lists import list_paths
from meterkast.gateway.pki_line import NETWORK, PkiLine
from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.trust import OPERATOR_ENC, TrustFolder
from meterkast.protocols.x509 import RULES, Purpose, Rules, validate


def fetch_recipient(
    trust: TrustFolder,
    owner: str,
    address: tuple[str, int],
    now: datetime,
    *,
    line: PkiLine = NETWORK,
    rules: Rules = RULES,
) -> bool:
    """Takes over the certificate that the operator has published; whether it is another one than before.

    The transport is plain HTTP: what is taken is believed by our own roots and lists, bears the name of our
    operator, and begins later than the one we have. Anything else leaves that in place.

    Args:
        trust: our own trust folder.
        owner: the operator whose gateway we are.
        address: host and port of the operator's list server.
        now: real time.
        line: the way there.
        rules: profiles and algorithms that we believe.
    """
    folders = {path.rpartition("/")[0] for each in trust.intermediates() for path in list_paths(each)}
    return any(
        _take(trust, owner, line.fetch(address, f"{folder}/{OPERATOR_ENC}"), now, rules)
        for folder in sorted(folders)
    )


def _take(trust: TrustFolder, owner: str, pem: bytes | None, now: datetime, rules: Rules) -> bool:
    try:
        leaf, *chain = x509.load_pem_x509_certificates(pem or b"")
        if not _is_newer(leaf, trust):
            return False
        between = [*chain, *trust.intermediates()]
        validate(
            leaf, between, trust.anchors(), trust.crls(), now, Purpose.OPERATOR_ENC, tenant=owner, rules=rules
        )
    except (ValueError, x509.InvalidVersion, TrustError):
        return False
    trust.publish(OPERATOR_ENC, [leaf, *chain])
    return True


def _is_newer(certificate: x509.Certificate, trust: TrustFolder) -> bool:
    try:
        return certificate.not_valid_before_utc > trust.operator_enc()[0].not_valid_before_utc
    except LocalError:
        return True
