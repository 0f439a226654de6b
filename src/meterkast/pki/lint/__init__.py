"""The linter: what is to be signed is checked against its profile first, and not signed where it breaks it.

As Boulder does, the certificate is made before it is signed, under a signature that is worth nothing. Only
when every lint has passed does the real key sign: the very octets that were looked at.
"""

from meterkast.pki.lint.candidate import Candidate
from meterkast.pki.lint.finding import Lint, LintError
from meterkast.pki.lint.rows import AUTHORITY_LINTS, LEAF_LINTS, LIST_LINTS, findings
from meterkast.pki.lint.void import finished, finished_list, void_signer

__all__ = [
    "AUTHORITY_LINTS",
    "LEAF_LINTS",
    "LIST_LINTS",
    "Candidate",
    "Lint",
    "LintError",
    "findings",
    "finished",
    "finished_list",
    "void_signer",
]
