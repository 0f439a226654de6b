"""Finishing the restore of a register from the transparency log, which has all that was issued (RQ-32)."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from meterkast.model.errors import PeerError
from meterkast.pki.authority import Authority
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.log import CertificateLog, LoggedCertificate

_BATCH = 1000


def restore_from_log(
    log: CertificateLog,
    authorities: Iterable[Authority],
    now: datetime,
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, int]:
    """What the register has lost comes back, and fresh lists go out; a second time finds nothing to do.

    What the lists say that were published since the backup comes back onto the next ones, and what was
    revoked is so in the register again. Admissions are closed then, for they may have been used: gateways
    that have not enrolled yet are released by their operator.

    Args:
        log: that everything issued was shown to, in whatever order it was restored itself.
        authorities: of all operators.
        now: real time.
        on_progress: told how many entries were looked at, and of how many.

    Returns:
        By operator, how many certificates the register had lost.

    Raises:
        UnreachableError: ``pki-lists-unsigned`` where a key cannot be reached; what came back stays.
        MeterkastError: as the log and the register.
    """
    everybody = list(authorities)
    total, done = log.size * len(everybody), 0
    lost = {}
    for authority in everybody:
        lost[authority.operator] = 0
        entries = iter(log.entries())
        while batch := list(islice(entries, _BATCH)):
            lost[authority.operator] += authority.recover(_copies(batch, authority))
            done += len(batch)
            on_progress(done, max(total, done))
    for authority in everybody:
        authority.publish(now)
    return lost


def _copies(entries: Iterable[LoggedCertificate], authority: Authority) -> Iterator[IssuedCertificate]:
    for entry in entries:
        if entry.operator != authority.operator:
            continue
        try:
            found = authority.recognise(entry.certificate, entry.moment)
        except PeerError:
            continue  # no certificate: there is nothing to take back
        if found is not None:
            yield found
