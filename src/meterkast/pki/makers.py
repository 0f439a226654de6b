"""The makers whose birth certificates count: their roots, and the lists that they send (RQ-05, AT-10)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.outside.trust import ANCHORS, CRL_PATTERN, TrustFolder
from meterkast.pki.lint import AUTHORITY_LINTS, Candidate, findings
from meterkast.pki.log.files import alone
from meterkast.protocols.x509 import Rules
from meterkast.protocols.x509.identity import organisation_of
from meterkast.protocols.x509.list_place import list_number
from meterkast.protocols.x509.revocation import signs_lists

MANUFACTURERS = "manufacturers"
"""The folder of a PKI in which the makers stand."""

_CODE = re.compile(r"[A-Z]{3}")
_SUFFIX = CRL_PATTERN.removeprefix("*")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMaker:
    """A root of a maker, and its list.

    Attributes:
        code: the FLAG code of the devices that it may vouch for, as the organisation of its name says.
        root: its certificate.
        revocation_list: the youngest that was taken over; None where there is none, and nothing of it counts.
    """

    code: str
    root: x509.Certificate
    revocation_list: x509.CertificateRevocationList | None

    def is_current(self, now: datetime) -> bool:
        """Whether its birth certificates count now: without a current list none does."""
        found = self.revocation_list
        return found is not None and found.next_update_utc is not None and now < found.next_update_utc


class Makers:
    """The makers in a folder of manufacturers.

    Args:
        folder: roots in ``anchors.pem``, and a list for each.
        rules: what a maker's root must look like.

    Attributes:
        folder: as given.
    """

    def __init__(self, folder: TrustFolder, rules: Rules) -> None:
        self.folder = folder
        self._rules = rules

    def all(self) -> list[KnownMaker]:
        """Every root that counts, with its list.

        Raises:
            DataError: ``trust-malformed``.
        """
        lists = self.folder.crls() if self._roots() else []
        return [
            KnownMaker(code=organisation_of(root), root=root, revocation_list=_youngest(root, lists))
            for root in self._roots()
        ]

    def knows(self, code: str) -> bool:
        """Whether a maker of this FLAG code is here."""
        return any(each.code == code for each in self.all())

    def add(
        self, root: x509.Certificate, revocation_list: x509.CertificateRevocationList, now: datetime
    ) -> KnownMaker:
        """Lets the birth certificates of a maker count, for devices of its code alone.

        One that is here already gets its list replaced, where this one is younger.

        Raises:
            DataError: ``pki-maker-unfit`` where the certificate is not what the profile of a maker says.
            LocalError: ``pki-maker-taken`` where another root of the same name is here.
            TrustError, DataError: as ``take``.
        """
        with self._alone():
            self._require_fit(root, now)
            roots = self._roots()
            if any(each.subject == root.subject and each != root for each in roots):
                message = "Another root of this name is here already."
                raise LocalError("pki-maker-taken", message, where=root.subject.rfc4514_string())
            _require_list(root, revocation_list, now)
            if root not in roots:
                self._put(root, revocation_list)
                self.folder.publish(ANCHORS, [*roots, root])
                return self._known(root)
        return self.take(revocation_list, now)

    def take(self, revocation_list: x509.CertificateRevocationList, now: datetime) -> KnownMaker:
        """Takes over a list that a maker has sent.

        Raises:
            TrustError: ``pki-maker-list-foreign`` where none of our makers has signed it.
            DataError: ``pki-maker-list-partial`` where it is not its maker's whole list for today;
                ``pki-maker-list-old`` where it is not younger than the one that is here.
        """
        with self._alone():
            root = next((each for each in self._roots() if _is_signed(revocation_list, each)), None)
            if root is None:
                raise _foreign()
            _require_list(root, revocation_list, now)
            known = self._known(root)
            if list_number(revocation_list) <= list_number(known.revocation_list):
                message = "The list is not younger than the one that is here."
                raise DataError("pki-maker-list-old", message, where=known.code)
            self._put(root, revocation_list)
            return self._known(root)

    def remove(self, code: str) -> int:
        """Lets a maker's birth certificates count no more; gives how many of its roots were here.

        Raises:
            LocalError: ``pki-maker-unknown``, or ``pki-maker-last``.
        """
        with self._alone():
            gone = [root for root in self._roots() if organisation_of(root) == code]
            others = [root for root in self._roots() if root not in gone]
            if not gone:
                raise unknown_maker(code)
            if not others:
                message = "It is the only maker, and without one nobody could enrol."
                raise LocalError("pki-maker-last", message, where=code, hint="Add another one first.")
            self.folder.publish(ANCHORS, others)
            for root in gone:
                (self.folder.path / f"{self._place(root)}{_SUFFIX}").unlink(missing_ok=True)
            return len(gone)

    def _roots(self) -> list[x509.Certificate]:
        return self.folder.anchors() if (self.folder.path / ANCHORS).is_file() else []

    def _known(self, root: x509.Certificate) -> KnownMaker:
        return next(each for each in self.all() if each.root == root)

    def _put(self, root: x509.Certificate, revocation_list: x509.CertificateRevocationList) -> None:
        self.folder.publish(f"{self._place(root)}{_SUFFIX}", [revocation_list])

    def _place(self, root: x509.Certificate) -> str:
        """Where its list stands, or is to stand: a maker may have several roots."""
        fresh = f"{organisation_of(root).lower()}-{root.fingerprint(hashes.SHA256()).hex()[:8]}"
        for name in (path.name.removesuffix(_SUFFIX) for path in self.folder.crl_files()):
            found = self.folder.crl(name)
            if found is not None and _is_signed(found, root):  # an empty list is false
                return name
        return fresh

    def _require_fit(self, root: x509.Certificate, now: datetime) -> None:
        candidate = Candidate(
            certificate=root,
            profile=self._rules.authorities["maker"],
            issuer=None,
            point=None,
            rules=self._rules,
            now=now,
        )
        wrong = findings(AUTHORITY_LINTS, candidate)
        names = root.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if not (len(names) == 1 and _CODE.fullmatch(str(names[0].value))):
            wrong.append("organisation-flag-code")
        try:
            root.verify_directly_issued_by(root)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            wrong.append("self-signed")
        if wrong:
            message = f"The certificate is not a maker's root: {', '.join(wrong)}."
            hint = (
                "Its organisation is the maker's FLAG code; all else is the profile `maker` of the rules, as"
                " docs/standards/x509-est.md describes it."
            )
            where = root.subject.rfc4514_string()
            raise DataError("pki-maker-unfit", message, where=where, hint=hint)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.path.mkdir(parents=True, exist_ok=True)
        with alone(self.folder.path / ".makers.lock"):
            yield


def unknown_maker(code: str) -> LocalError:
    """No root of a maker of this code is here."""
    return LocalError(
        "pki-maker-unknown",
        f"No maker {code} is known here.",
        where=code,
        hint="`meterkast pki maker add ROOT --list FILE` takes one in.",
    )


def _youngest(
    root: x509.Certificate, lists: list[x509.CertificateRevocationList]
) -> x509.CertificateRevocationList | None:
    theirs = [each for each in lists if _is_signed(each, root)]
    return max(theirs, key=list_number, default=None)


def _is_signed(revocation_list: x509.CertificateRevocationList, root: x509.Certificate) -> bool:
    key = root.public_key()
    return (
        revocation_list.issuer == root.subject
        and signs_lists(key)
        and revocation_list.is_signature_valid(key)
    )


def _require_list(
    root: x509.Certificate, revocation_list: x509.CertificateRevocationList, now: datetime
) -> None:
    """Whole (RFC 5280, 5.2: what narrows a list is critical), by this maker, and one for today."""
    if not _is_signed(revocation_list, root):
        raise _foreign()
    end = revocation_list.next_update_utc
    is_for_today = end is not None and revocation_list.last_update_utc <= now < end
    if not is_for_today or any(each.critical for each in revocation_list.extensions):
        message = "It is not the maker's whole list for today."
        raise DataError("pki-maker-list-partial", message, where=organisation_of(root))


def _foreign() -> TrustError:
    return TrustError("pki-maker-list-foreign", "No maker that is known here has signed the list.")
