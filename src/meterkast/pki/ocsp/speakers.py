"""The responder's keys and certificates: one per authority, made anew before they end."""

from collections.abc import Iterable
from datetime import datetime

from meterkast.model.errors import PeerError
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.pki.authority import Authority
from meterkast.pki.ocsp.responder import Speaker
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.generation import generations, nth
from meterkast.protocols.x509.renewal import renewal_due

_ROLE = "ocsp"


def speakers(authorities: Iterable[Authority], keystore: Keystore, now: datetime) -> list[Speaker]:
    """The right to speak for every issuing authority that still lives; what is due is certified first.

    A responder's certificate is not checked for revocation (RFC 6960, 4.2.2.2.1), so it lives a month, and
    each one has a key of its own.
    """
    return [
        _speaker(authority, name, keystore, now)
        for authority in authorities
        for name in authority.issuing(now)
    ]


def _speaker(authority: Authority, name: str, keystore: Keystore, now: datetime) -> Speaker:
    base = "-".join(part for part in (_ROLE, authority.slug, name.replace("-g", "-n")) if part)
    made = generations(keystore.certified(), base)
    if not made or now >= renewal_due(keystore.certificate(made[-1])[0]):
        made.append(_renew(authority, name, keystore, nth(base, len(made) + 1), now))
    certificate, issuer = keystore.certificate(made[-1])[:2]
    return Speaker(
        operator=authority.operator,
        authority=name,
        issuer=issuer,
        certificate=certificate,
        signer=keystore.signer(made[-1]),
    )


def _renew(authority: Authority, name: str, keystore: Keystore, label: str, now: datetime) -> str:
    kind = KeyKind(authority.rules.key_to_make(authority.rules.profiles[Purpose.OCSP].keys, now))
    if label in keystore.labels():  # made before somebody was killed
        try:
            return _certify(authority, name, keystore, label, now)
        except PeerError:  # its certificate was never kept, and has ended since
            keystore.destroy(label)
    keystore.generate(label, kind)
    return _certify(authority, name, keystore, label, now)


def _certify(authority: Authority, name: str, keystore: Keystore, label: str, now: datetime) -> str:
    key = keystore.signer(label).public_key()
    chain = authority.certify_role(Purpose.OCSP, key, now, role=_ROLE, by=name)
    keystore.put_certificate(label, chain)
    return label
