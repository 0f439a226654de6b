"""One operator's part of a PKI takes over what a ceremony has made for it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography import x509

from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import ANCHORS, CHAIN, TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.register import Register
from meterkast.pki.root import LINKS, counting_roots
from meterkast.pki.ruling import rules_of


class Takeover:
    """What an operator gets from a ceremony. Nothing is written before ``put``.

    Args:
        folder: of the PKI.
        trust: the operator's trust folder.
        operator: whose part it is.
        tenant: its short name; empty for the founder's.
        keystore: with the authorities' keys.
    """

    def __init__(
        self, folder: Path, trust: TrustFolder, operator: str, tenant: str, keystore: Keystore
    ) -> None:
        self.operator = operator
        self.tenant = tenant
        self._folder = folder
        self._trust = trust
        self._keystore = keystore

    def require_keys(self, certificates: Mapping[str, x509.Certificate]) -> None:
        """Returns where each authority's key is here, and is the one that was certified.

        Raises:
            LocalError: ``keystore-label-unknown``.
            TrustError: ``ceremony-key-foreign``.
        """
        for name, certificate in certificates.items():
            if self._keystore.signer(name).public_key() != certificate.public_key():
                message = "The ceremony has certified another key than the authority has."
                raise TrustError("ceremony-key-foreign", message, where=name)

    def put(
        self, outcome: CeremonyOutcome, certificates: Mapping[str, x509.Certificate], now: datetime
    ) -> Authority:
        """The authorities go to work, and everybody may know of them, of the roots and of their lists."""
        for name, certificate in certificates.items():
            self._keystore.put_certificate(name, [certificate])
        publish_roots(outcome, self._folder, self._trust, now=now)
        chain = (self._keystore.certificate(name)[0] for name in sorted(self._keystore.certified()))
        self._trust.publish(CHAIN, [each for each in chain if _counts(each, outcome, now)])
        self._trust.prune()
        with Register(self._folder / "register.sqlite").records(self.operator) as records:
            for root, lists in outcome.lists.items():
                records.revocations.put_ahead(root, [(each.last_update_utc, each) for each in lists])
        authority = Authority(self._folder, self._trust, operator=self.operator, keystore=self._keystore)
        authority.publish(now)
        return authority


def publish_roots(
    outcome: CeremonyOutcome, folder: Path, trust: TrustFolder, *, now: datetime, newest: int | None = None
) -> None:
    """Roots that count, and what they say for each other; ``newest`` as in ``counting_roots``."""
    roots = [chain[0] for chain in outcome.roots.values()]
    counting = counting_roots(roots, trust, rules=rules_of(folder), now=now, newest=newest)
    trust.publish(ANCHORS, counting)
    links = [link for root, *links in outcome.roots.values() if root in counting for link in links]
    if links:
        trust.publish(LINKS, links)


def require_current_lists(outcome: CeremonyOutcome, now: datetime) -> None:
    """Returns where every root that lives has a list for today.

    Raises:
        LocalError: ``ceremony-lists-ended``.
    """
    for name, (root, *_) in outcome.roots.items():
        lists = outcome.lists[name]
        if root.not_valid_after_utc > now and not any(_is_current(each, now) for each in lists):
            raise LocalError("ceremony-lists-ended", "The root has signed no list for today.", where=name)


def _counts(certificate: x509.Certificate, outcome: CeremonyOutcome, now: datetime) -> bool:
    """Whether an authority lives, and no root has taken its word back."""
    revoked = any(
        root.subject == certificate.issuer and certificate.serial_number in outcome.revoked(name)
        for name, (root, *_) in outcome.roots.items()
    )
    return certificate.not_valid_after_utc > now and not revoked


def _is_current(revocation_list: x509.CertificateRevocationList, now: datetime) -> bool:
    end = revocation_list.next_update_utc
    return revocation_list.last_update_utc <= now and (end is None or now < end)
