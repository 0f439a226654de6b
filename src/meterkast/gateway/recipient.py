"""The operator's encryption certificate, over the air: genuine, our own operator's, and newer."""

from datetime import datetime

from cryptography import x509

from meterkast.gateway.pki_line import NETWORK, PkiLine
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.outside.trust import OPERATOR_ENC, TrustFolder
from meterkast.protocols.x509 import RULES, Purpose, Rules, validate
from meterkast.protocols.x509.foreign import read_certificates
from meterkast.protocols.x509.list_place import list_places


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
    places = {place.path for each in trust.intermediates() for place in list_places(each)}
    folders = {path.rpartition("/")[0] for path in places}
    return any(
        _take(trust, owner, line.fetch(address, f"{folder}/{OPERATOR_ENC}"), now, rules)
        for folder in sorted(folders)
    )


def _take(trust: TrustFolder, owner: str, pem: bytes | None, now: datetime, rules: Rules) -> bool:
    try:
        leaf, *chain = read_certificates(pem or b"")
        if not _is_newer(leaf, trust):
            return False
        between = [*chain, *trust.intermediates()]
        validate(
            leaf, between, trust.anchors(), trust.crls(), now, Purpose.OPERATOR_ENC, tenant=owner, rules=rules
        )
    except (PeerError, TrustError):
        return False
    trust.publish(OPERATOR_ENC, [leaf, *chain])
    return True


def _is_newer(certificate: x509.Certificate, trust: TrustFolder) -> bool:
    try:
        return certificate.not_valid_before_utc > trust.operator_enc()[0].not_valid_before_utc
    except LocalError:
        return True
