"""Signing revocation lists of the roots ahead, each beginning before the one before it ends."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from cryptography import x509

from meterkast.model.errors import DataError
from meterkast.pki.ceremony.stage import Stage, pem
from meterkast.pki.root import LABEL, Root, next_number
from meterkast.pki.template import CLOCK_TOLERANCE

MOST_LISTS = 52


def list_name(root: str, count: int) -> str:
    """How one of the lists of a root is called, in ``out/``."""
    return f"{root}.{count}.crl.pem"


def sign_ahead(stage: Stage, root: Root, revoked: Mapping[str, Mapping[int, datetime]]) -> dict[str, bytes]:
    """Lists of every root that lives, by file; as many as the script says, or until the day that is wanted.

    Args:
        stage: with the open token.
        root: in that token.
        revoked: serial numbers and moments by the name of a root.

    Raises:
        DataError: ``ceremony-lists-too-far`` where the day that is wanted is too far away.
    """
    now = stage.clock()
    life = stage.rules.authorities[LABEL].list_life
    apart = life - timedelta(days=stage.script.list_overlap_days)
    until = stage.wanted().lists_until
    count = stage.script.lists if until is None else _enough(until, now, life, apart)
    begins = [now + place * apart for place in range(count)]
    made: dict[str, bytes] = {}
    for name, (certificate, *_) in root.chains().items():
        if certificate.not_valid_after_utc <= now:
            continue
        number = next_number(now, stage.before.last_number(name) if stage.before else 0)
        entries = list(revoked.get(name, {}).items())
        signed = root.lists_ahead(name, entries, number=number, begins=begins, now=now)
        made |= {list_name(name, place): pem(each) for place, each in enumerate(signed)}
    return made


def lists_end(lists: list[x509.CertificateRevocationList]) -> datetime:
    """When the last of them ends."""
    return max(each.next_update_utc or each.last_update_utc for each in lists)


def _enough(until: date, now: datetime, life: timedelta, apart: timedelta) -> int:
    """How many lists it takes until that day is over."""
    missing = datetime.combine(until, time.max, UTC) - (now - CLOCK_TOLERANCE + life)
    count = 1 + max(0, -(-missing // apart))
    if count > MOST_LISTS:
        message = "The day until which there are to be lists is too far away."
        raise DataError("ceremony-lists-too-far", message, where=until.isoformat())
    return count
