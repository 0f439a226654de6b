"""What an operator's page shows of its PKI: the fleet counted, and how long everything else still lasts.

Register, trust folder and log are read; but for the log's, no key is opened.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from meterkast.outside.trust import TrustFolder
from meterkast.pki.census import Census, Ending, OwnCertificate, counting
from meterkast.pki.holder import authority_name
from meterkast.pki.issued import FleetRow
from meterkast.pki.log import CertificateLog
from meterkast.pki.makers import MANUFACTURERS, Makers
from meterkast.pki.office import ISSUING
from meterkast.pki.published_lists import PublishedList, makers_lists, own_lists
from meterkast.pki.ruling import rules_of
from meterkast.pki.state import State
from meterkast.pki.tenants import tenant_trust
from meterkast.protocols.x509 import Rules
from meterkast.protocols.x509.algorithm import key_algorithm

__all__ = ["Held", "LogStanding", "Overview", "PublishedList", "State", "overview"]

_DUE = 2 / 3
_TIME_TO_PLAN, _TIME_TO_ACT = timedelta(days=180), timedelta(days=30)
"""That an authority still lives longer than anything it issues when it becomes due, and late."""
_GENERATION = re.compile(r"-g[0-9]+")
_LOG_WAITS = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate that the PKI or the operator stands on: an authority's, a server's, a responder's."""

    holder: str
    purpose: str
    issuer: str
    algorithm: str
    since: datetime
    until: datetime
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
        """Lists that are late or missing, a log that is late, and holders without a certificate, by name.

        An authority is overdue before it ends: when it lives shorter than what it issues, it issues nothing
        more. One that another follows is not.
        """
        names = [each.name for each in self.lists if each.state is not State.VALID]
        held = (*self._youngest(), *self.own)
        names += [each.holder for each in held if each.state in {State.LATE, State.EXPIRED}]
        return [*names, "log"] if self.log and self.log.state is State.LATE else names

    def due(self) -> list[Held]:
        """Authorities and own certificates whose successor can be made, and is not there."""
        return [each for each in (*self._youngest(), *self.own) if each.state in {State.DUE, State.LATE}]

    def _youngest(self) -> list[Held]:
        """Authorities that none follows."""
        by_age = sorted(self.authorities, key=lambda each: each.since)
        return list({_GENERATION.sub("", each.holder): each for each in by_age}.values())


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
        DataError: ``trust-malformed``, ``rules-malformed``.
    """
    rules = rules_of(folder)
    with counting(folder / "register.sqlite", operator) as census:
        trust = tenant_trust(folder, census.slug) if census.slug else trust
        believed = [*trust.anchors(), *trust.intermediates()]
        return Overview(
            operator=census.operator,
            gateways=census.gateways(),
            expected=census.expected(),
            fleet=census.fleet(now),
            endings=census.endings(now),
            lists=[*own_lists(trust, believed, _shards(census, believed), now), *_makers(folder, rules, now)],
            authorities=[_authority(each, rules, now) for each in believed],
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
        since=own.since,
        until=own.until,
        state=_state(own.since, own.until, now),
    )


def _shards(census: Census, believed: list[x509.Certificate]) -> dict[x509.Name, list[str]]:
    """The names of the lists of issuing authorities, by their subject."""
    subjects = {_common_name(each.subject): each.subject for each in believed}
    names = ((subjects.get(authority_name(name)), lists) for name, lists in census.lists().items())
    return {subject: lists for subject, lists in names if subject is not None}


def _makers(folder: Path, rules: Rules, now: datetime) -> list[PublishedList]:
    return makers_lists(Makers(TrustFolder(folder / MANUFACTURERS), rules).all(), now)


def _authority(certificate: x509.Certificate, rules: Rules, now: datetime) -> Held:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return Held(
        holder=_common_name(certificate.subject),
        purpose="root" if certificate.issuer == certificate.subject else "authority",
        issuer=_common_name(certificate.issuer),
        algorithm=key_algorithm(certificate.public_key()) or "",
        since=since,
        until=until,
        state=_state(since, until, now, issues=_longest(certificate, rules)),
    )


def _longest(authority: x509.Certificate, rules: Rules) -> timedelta:
    """The longest life of what it issues: of its leaves or, for a root, of authorities."""
    try:
        policies = authority.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return max(rules.authorities[label].life for label in ISSUING)
    named = {policy.policy_identifier for policy in policies}
    lives = (each.validity for each in rules.profiles.values() if each.policy in named)
    return max((life for life in lives if life is not None), default=timedelta())


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


def _state(since: datetime, until: datetime, now: datetime, *, issues: timedelta | None = None) -> State:
    """Of a certificate; ``issues`` is the longest life of what it issues, if it issues anything."""
    due, late = since + (until - since) * _DUE, until
    if issues is not None:
        due, late = min(due, until - issues - _TIME_TO_PLAN), until - issues - _TIME_TO_ACT
    for state, begins in ((State.EXPIRED, until), (State.LATE, late), (State.DUE, due)):
        if now > begins:
            return state
    return State.VALID


def _common_name(name: x509.Name) -> str:
    return "".join(str(each.value) for each in name.get_attributes_for_oid(NameOID.COMMON_NAME))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
