"""What an operator's page shows of its PKI: the fleet counted, and how long everything else still lasts.

Register, trust folder and log are read; but for the log's, no key is opened.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from meterkast.outside.trust import CRL_PATTERN, TrustFolder
from meterkast.pki.census import Census, Ending, OwnCertificate, counting
from meterkast.pki.holder import authority_name
from meterkast.pki.issued import FleetRow
from meterkast.pki.log import CertificateLog
from meterkast.pki.published import number_of_list
from meterkast.pki.tenants import tenant_trust
from meterkast.protocols.x509.algorithm import key_algorithm

_LATE = 1 / 20
"""A list is late when less than this part of its life is left: by then the next one is long out."""
_DUE = 2 / 3
_LOG_WAITS = timedelta(days=1)


class State(StrEnum):
    """How something that ends stands. Certificates are ``due`` from two thirds of their life on."""

    VALID = "valid"
    DUE = "due"
    LATE = "late"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate that the PKI or the operator stands on: an authority's, a server's, a responder's."""

    holder: str
    purpose: str
    issuer: str
    algorithm: str
    until: datetime
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """A revocation list as it stands in the trust folder."""

    name: str
    number: int
    since: datetime
    until: datetime
    revoked: int
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStanding:
    """The transparency log: what is public, and what waits to be. It is late when a day has passed."""

    published: int
    at: datetime | None
    waiting: int
    waiting_since: datetime | None
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All of it, of one operator at one moment.

    Attributes:
        operator: whose it is.
        gateways: how many are on the inventory.
        expected: how many of these may still ask for a certificate.
        fleet: newest certificates of gateways, by purpose, algorithm and state.
        endings: the same by when they end.
        lists: revocation lists.
        authorities: roots and issuing authorities.
        own: newest certificates of the operator's servers and roles, responders among them.
        log: the transparency log; None where there is none.
    """

    operator: str
    gateways: int
    expected: int
    fleet: list[FleetRow]
    endings: list[Ending]
    lists: list[PublishedList]
    authorities: list[Held]
    own: list[Held]
    log: LogStanding | None

    def overdue(self) -> list[str]:
        """Lists and a log that are late, and holders whose certificate has ended, by name."""
        names = [each.name for each in self.lists if each.state is not State.VALID]
        names += [each.holder for each in (*self.authorities, *self.own) if each.state is State.EXPIRED]
        return [*names, "log"] if self.log and self.log.state is State.LATE else names


def overview(
    folder: Path,
    trust: TrustFolder,
    *,
    now: datetime,
    operator: str | None = None,
    log: CertificateLog | None = None,
) -> Overview:
    """How the PKI in a folder stands.

    Args:
        folder: of the PKI.
        trust: the founder's trust folder.
        now: real time.
        operator: whose part of it; None for the founder's.
        log: its transparency log.

    Raises:
        LocalError: as ``counting``, or ``trust-missing``.
        DataError: ``trust-malformed``.
    """
    with counting(folder / "register.sqlite", operator) as census:
        trust = tenant_trust(folder, census.slug) if census.slug else trust
        believed = [*trust.anchors(), *trust.intermediates()]
        return Overview(
            operator=census.operator,
            gateways=census.gateways(),
            expected=census.expected(),
            fleet=census.fleet(now),
            endings=census.endings(now),
            lists=_lists(trust, believed, now),
            authorities=[_authority(each, now) for each in believed],
            own=_own(census, believed, now),
            log=None if log is None else _standing(log, now),
        )


def _own(census: Census, believed: list[x509.Certificate], now: datetime) -> list[Held]:
    """Those that an authority has issued which still counts."""
    counting_names = {_common_name(each.subject) for each in believed}
    return [_held(each, now) for each in census.own() if authority_name(each.issuer) in counting_names]


def _held(own: OwnCertificate, now: datetime) -> Held:
    return Held(
        holder=own.holder,
        purpose=own.purpose,
        issuer=own.issuer,
        algorithm=own.algorithm,
        until=own.until,
        state=_state(own.since, own.until, now),
    )


def _authority(certificate: x509.Certificate, now: datetime) -> Held:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Held(
        holder=_common_name(certificate.subject),
        purpose="root" if certificate.issuer == certificate.subject else "authority",
        issuer=_common_name(certificate.issuer),
        algorithm=key_algorithm(certificate.public_key()) or "",
        until=until,
        state=_state(since, until, now),
    )


def _lists(trust: TrustFolder, believed: list[x509.Certificate], now: datetime) -> list[PublishedList]:
    """Those of authorities that still count; the last list of one that does not may grow old in peace."""
    counting_names = {each.subject for each in believed}
    names = [path.name.removesuffix(CRL_PATTERN.removeprefix("*")) for path in trust.crl_files()]
    found = [(name, each) for name in names if (each := trust.crl(name)) is not None]
    return [_published(name, each, now) for name, each in found if each.issuer in counting_names]


def _published(name: str, found: x509.CertificateRevocationList, now: datetime) -> PublishedList:
    since, until = found.last_update_utc, found.next_update_utc or found.last_update_utc
    late = now >= until - (until - since) * _LATE
    return PublishedList(
        name=name,
        number=number_of_list(found),
        since=since,
        until=until,
        revoked=len(found),
        state=State.EXPIRED if now >= until else State.LATE if late else State.VALID,
    )


def _standing(log: CertificateLog, now: datetime) -> LogStanding:
    head, waiting = log.checkpoint(), log.lag()
    at = _moment(head.at) if head else None
    since = _moment(waiting[0].at) if waiting else None
    oldest = min(each for each in (at, since, now) if each is not None)
    return LogStanding(
        published=head.size if head else 0,
        at=at,
        waiting=len(waiting),
        waiting_since=since,
        state=State.LATE if now - oldest > _LOG_WAITS else State.VALID,
    )


def _state(since: datetime, until: datetime, now: datetime) -> State:
    due = now >= since + (until - since) * _DUE
    return State.EXPIRED if now > until else State.DUE if due else State.VALID


def _common_name(name: x509.Name) -> str:
    return "".join(str(each.value) for each in name.get_attributes_for_oid(NameOID.COMMON_NAME))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
