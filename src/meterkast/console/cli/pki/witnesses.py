"""Who is shown every certificate of a site before it counts: its transparency log, and its centre."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from meterkast.console.cli.options import PROFILE
from meterkast.console.cli.pki.centre import centre_witness
from meterkast.model import deployment
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.pki.authority import Witness
    from meterkast.pki.issued import IssuedCertificate
    from meterkast.pki.log import CertificateLog


def open_log_of(site: Path, profile: deployment.Profile = PROFILE) -> "CertificateLog":
    """The transparency log of a site.

    Raises:
        LocalError: ``log-missing`` where it never had one.
        MeterkastError: as ``open_log``: an authority whose log is unusable must not issue.
    """
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.log import open_log

    return open_log(site / "pki", TrustFolder(site / "trust"), profile=profile)


def log_of(site: Path, profile: deployment.Profile = PROFILE) -> "CertificateLog | None":
    """As ``open_log_of``; None where a site never had a log."""
    try:
        return open_log_of(site, profile)
    except LocalError as error:
        if error.code != "log-missing":
            raise
        return None


def witness(site: Path, log: "CertificateLog | None") -> "Witness | None":
    """Shows certificates to the centre first, then to the log; None where a site has neither."""
    witnesses = [each for each in (centre_witness(site), log.witness if log else None) if each is not None]

    def show(issued: "Sequence[IssuedCertificate]") -> None:
        for each in witnesses:
            each(issued)

    return show if witnesses else None


def witness_when_issuing(site: Path, profile: deployment.Profile = PROFILE) -> "Witness":
    """As ``witness``, but log and centre are opened at the first certificate, or it is none.

    Whoever only revokes, lists or releases is not held up by a log that is gone.
    """

    @cache
    def opened() -> "Witness | None":
        return witness(site, log_of(site, profile))

    def show(issued: "Sequence[IssuedCertificate]") -> None:
        shown = opened()
        if shown is not None:
            shown(issued)

    return show
