"""The offline root: it makes the issuing authorities and their list, then its folder goes into a safe."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509

from meterkast.model.errors import DataError
from meterkast.outside.keystore import Keystore, open_keystore
from meterkast.outside.trust import ANCHORS, DEVELOPMENT, TrustFolder, is_for_development
from meterkast.pki.holder import authority_name, organisation
from meterkast.pki.issuer import Issuer, Revocation
from meterkast.pki.published import published_list
from meterkast.pki.template import SigningPublicKey
from meterkast.protocols.x509 import RULES, Rules
from meterkast.protocols.x509.algorithm import Status, key_algorithm
from meterkast.protocols.x509.generation import generations, nth, number_of
from meterkast.protocols.x509.list_place import list_number

LABEL = "root"
LIST_ADDRESS = "http://pki.meterkast.internal/crl/"
LINKS = "links.pem"


class Root:
    """A root with all its generations. Nothing that runs day by day opens it (RQ-01).

    Args:
        keys: its keystore, or the folder of one in files.
        rules: profiles and algorithms.
    """

    def __init__(self, keys: Keystore | Path, rules: Rules = RULES) -> None:
        self._keystore = _keystore(keys)
        self._rules = rules
        self._profile = rules.authorities[LABEL]
        names = generations(self._keystore.certified(), LABEL) or [LABEL]
        self._issuers = [
            Issuer(self._keystore, name, self._profile, rules=rules, address=LIST_ADDRESS) for name in names
        ]

    @classmethod
    def create(
        cls,
        keys: Keystore | Path,
        *,
        operator: str,
        now: datetime,
        rules: Rules = RULES,
        development: bool = False,
    ) -> "Root":
        """Makes the first root of one operator.

        Args:
            keys: its keystore, or the folder of one in files.
            operator: whose it is.
            now: real time.
            rules: profiles and algorithms.
            development: whether its name, and that of every root after it, says that it is not for production
                (AT-45).

        Raises:
            LocalError: ``keystore-label-taken`` where there is one.
        """
        keystore = _keystore(keys)
        _self_signed(keystore, LABEL, operator, rules, now, development=development)
        return cls(keystore, rules)

    @property
    def certificate(self) -> x509.Certificate:
        """The newest root."""
        return self._issuers[-1].certificate

    def certificates(self) -> list[x509.Certificate]:
        """All roots, oldest first."""
        return [issuer.certificate for issuer in self._issuers]

    def chains(self) -> dict[str, list[x509.Certificate]]:
        """By name, oldest first: each root, then what other roots say for it."""
        return {issuer.name: self._keystore.certificate(issuer.name) for issuer in self._issuers}

    def roll(self, *, operator: str, now: datetime) -> None:
        """Makes the next root, of the algorithm that the rules now want, and links it with the one before.

        A key without a certificate, left in a token where a ceremony was broken off, is passed by.

        The links are the two of RFC 7030, 4.1.3: the new root vouched for by the old, and the old one by the
        new. Whoever holds either may so come to the other.
        """
        old = self._issuers[-1]
        taken = generations(self._keystore.labels() | {old.name}, LABEL)
        new = _self_signed(
            self._keystore,
            nth(LABEL, number_of(taken[-1]) + 1),
            operator,
            self._rules,
            now,
            development=is_for_development(old.certificate),
        )
        self._issuers.append(new)
        self.link(now)

    def link(self, now: datetime) -> None:
        """The newest root and the one before vouch for each other, as far as they do not yet."""
        link = self._rules.authorities["link"]
        for old, new in pairwise(self._issuers[-2:]):
            for own, other in ((old, new), (new, old)):
                chain = self._keystore.certificate(own.name)
                if other.certificate.subject not in {each.issuer for each in chain[1:]}:
                    vouched = other.certify_authority(
                        own.public_key(), link, subject=own.certificate.subject, now=now
                    )
                    self._keystore.put_certificate(own.name, [*chain, vouched])

    def certify(
        self,
        key: SigningPublicKey,
        *,
        operator: str,
        name: str,
        label: str,
        now: datetime,
        lists: str | None = None,
    ) -> x509.Certificate:
        """The certificate of an issuing authority, by the newest root.

        Args:
            key: its public key.
            operator: whose authority it will be.
            name: its name, with its generation.
            label: its profile.
            now: real time.
            lists: where its list will stand, if it has but one.
        """
        subject = organisation(operator, authority_name(name))
        profile = self._rules.authorities[label]
        return self._issuers[-1].certify_authority(key, profile, subject=subject, now=now, lists=lists)

    def publish(
        self,
        trust: TrustFolder,
        *,
        revoked: Sequence[Revocation] = (),
        now: datetime,
        newest: int | None = None,
    ) -> None:
        """Writes roots, links between them and lists of revoked authorities into the trust folder.

        Args:
            trust: the folder.
            revoked: serial numbers of authorities and moments; what is on the published lists stays on them.
            now: real time.
            newest: how many generations still count; None for those that count in the folder already, and
                younger ones. One that counted no more stays so.
        """
        counting = self._counting(trust, now, newest)
        trust.publish(ANCHORS, [issuer.certificate for issuer in counting])
        links = [link for issuer in counting for link in self._keystore.certificate(issuer.name)[1:]]
        if links:
            trust.publish(LINKS, links)
        for issuer in counting:
            before = published_list(trust, issuer.name, issuer.public_key())
            entries = {each.serial_number: each.revocation_date_utc for each in before or ()} | dict(revoked)
            number = next_number(now, list_number(before))
            fresh = issuer.revocation_list(entries.items(), number=number, begin=now, now=now)
            trust.publish(f"{issuer.name}.crl.pem", [fresh])

    def lists_ahead(
        self,
        name: str,
        revoked: Sequence[Revocation],
        *,
        number: int,
        begins: Iterable[datetime],
        now: datetime,
    ) -> list[x509.CertificateRevocationList]:
        """Lists of one root that are signed now and come out later.

        Args:
            name: of the root, with its generation.
            revoked: serial numbers of authorities and moments; all that ever were on its lists.
            number: of the first list; each later one has the next.
            begins: from when each counts.
            now: real time.
        """
        issuer = next(each for each in self._issuers if each.name == name)
        return [
            issuer.revocation_list(revoked, number=number + count, begin=begin, now=now)
            for count, begin in enumerate(begins)
        ]

    def _counting(self, trust: TrustFolder, now: datetime, newest: int | None) -> list[Issuer]:
        counting = counting_roots(self.certificates(), trust, rules=self._rules, now=now, newest=newest)
        return [each for each in self._issuers if each.certificate in counting]


def counting_roots(
    roots: Sequence[x509.Certificate], trust: TrustFolder, *, rules: Rules, now: datetime, newest: int | None
) -> list[x509.Certificate]:
    """Generations that live, whose algorithm is not forbidden, and that are still in the folder.

    ``newest`` is how many still count; None for those in the folder already, and younger ones.
    """
    alive = [
        each
        for each in roots
        if each.not_valid_after_utc > now
        and rules.algorithms.status(key_algorithm(each.public_key()), now) is not Status.FORBIDDEN
    ]
    if newest:
        return alive[-newest:]
    held = trust.anchors() if (trust.path / ANCHORS).is_file() else []
    first = next((place for place, each in enumerate(alive) if each in held), 0)
    return alive[first:]


def next_number(now: datetime, last: int) -> int:
    """The number of a list that is signed now: it rises with time, and over all that were signed before."""
    return max(int(now.timestamp() * 1000), last + 1)


def links_in(trust: TrustFolder) -> list[x509.Certificate]:
    """Roots that other roots vouch for, as published; none where there was one root only.

    Raises:
        DataError: ``trust-malformed``.
    """
    path = trust.path / LINKS
    if not path.is_file():
        return []
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError as cause:
        raise DataError("trust-malformed", f"{LINKS} does not hold certificates.", where=str(path)) from cause


def _self_signed(
    keystore: Keystore, name: str, operator: str, rules: Rules, now: datetime, *, development: bool
) -> Issuer:
    number = number_of(name)
    subject = organisation(
        operator,
        "Meterkast root" if number == 1 else f"Meterkast root {number}",
        unit=DEVELOPMENT if development else None,
    )
    profile = rules.authorities[LABEL]
    return Issuer.self_signed(
        keystore, name, profile, subject=subject, rules=rules, now=now, address=LIST_ADDRESS
    )


def _keystore(keys: Keystore | Path) -> Keystore:
    return open_keystore(keys) if isinstance(keys, Path) else keys
