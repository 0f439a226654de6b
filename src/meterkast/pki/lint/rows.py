"""The lints, a row each."""

from collections.abc import Iterable

from cryptography import x509

from meterkast.pki.lint import authorities, leaves, lists
from meterkast.pki.lint.candidate import Candidate
from meterkast.pki.lint.certificates import EVERY_CERTIFICATE
from meterkast.pki.lint.finding import Checked, Lint
from meterkast.pki.lint.lists import ListCandidate

LEAF_LINTS: tuple[Lint[Candidate], ...] = (*EVERY_CERTIFICATE, *leaves.LINTS)
AUTHORITY_LINTS: tuple[Lint[Candidate], ...] = (*EVERY_CERTIFICATE, *authorities.LINTS)
LIST_LINTS: tuple[Lint[ListCandidate], ...] = lists.LINTS


def findings(lints: Iterable[Lint[Checked]], candidate: Checked) -> list[str]:
    """Names of the lints that fail; one that cannot be asked, for what it asks about is malformed, fails."""
    failed = []
    for lint in lints:
        try:
            if lint.holds(candidate):
                continue
        except (ValueError, TypeError, x509.DuplicateExtension, x509.ExtensionNotFound):
            pass
        failed.append(lint.name)
    return failed
