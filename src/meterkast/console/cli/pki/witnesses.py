"""Who is shown every certificate of a site before it counts: its transparency log, and its centre."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from meterkast.console.cli.pki.centre import centre_witness
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.pki.authority import Witness
    from meterkast.pki.issued import IssuedCertificate
    from meterkast.pki.log import CertificateLog


def log_of(site: Path) -> "CertificateLog | None":
    """The transparency log of a site; None where it has none.

    Raises:
        MeterkastError: as ``open_log``: an authority whose log is unusable must not issue.
    """
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.log import open_log

    try:
        return open_log(site / "pki", TrustFolder(site / "trust"))
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
