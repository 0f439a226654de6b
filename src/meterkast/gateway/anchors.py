"""Other roots, over the air: a new root counts if one that counted vouches for it (RFC 7030, 4.1.3)."""

import logging
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from meterkast.model.errors import TrustError
from meterkast.outside.trust import ANCHORS, CHAIN, TrustFolder

_log = logging.getLogger("meterkast.gateway")


def replace_anchors(trust: TrustFolder, answered: Sequence[x509.Certificate], now: datetime) -> bool:
    """Makes the roots and authorities of an answer to ``cacerts`` our own; whether anything changed.

    A root that we do not have must be linked to one that we have: by a certificate over its key and name,
    which that one has signed. Roots that are no longer in the answer count no more. All of it, or nothing.

    Raises:
        TrustError: ``anchors-unlinked`` where a root is not linked, or none would be left.
    """
    held = trust.anchors()
    roots = [each for each in answered if _is_root(each)]
    accepted = [root for root in roots if root in held and _lives(root, now)]
    strangers = [root for root in roots if root not in held and _lives(root, now)]
    while strangers:
        known = [*held, *accepted]
        linked = [root for root in strangers if _is_linked(root, answered, known, now)]
        if not linked:
            break
        accepted += linked
        strangers = [root for root in strangers if root not in linked]
    if strangers or not accepted:
        raise TrustError("anchors-unlinked", "The roots on offer are not vouched for by ours.")
    names = {root.subject for root in (*roots, *held)}
    issuing = [
        each
        for each in answered
        if each.subject not in names and any(_signed(each, root) for root in accepted) and _lives(each, now)
    ]
    if set(accepted) == set(held) and set(issuing) == set(trust.intermediates()):
        return False
    if set(accepted) != set(held):
        _log.warning("gateway-anchors-replaced before=%d after=%d", len(held), len(accepted))
        trust.publish(ANCHORS, accepted)
    trust.publish(CHAIN, issuing)
    trust.prune()
    return True


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer and _signed(certificate, certificate)


def _is_linked(
    root: x509.Certificate,
    links: Sequence[x509.Certificate],
    known: Sequence[x509.Certificate],
    now: datetime,
) -> bool:
    return any(
        link.subject == root.subject
        and link.public_key() == root.public_key()
        and _lives(link, now)
        and any(_lives(each, now) and _signed(link, each) for each in known)
        for link in links
        if not _is_root(link)
    )


def _lives(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        authority = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    return authority
