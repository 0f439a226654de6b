"""The lists that must be out: of every shard of every authority, of the roots, and of the makers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from meterkast.outside.trust import CRL_PATTERN, TrustFolder
from meterkast.pki.makers import KnownMaker
from meterkast.pki.state import State
from meterkast.protocols.x509.list_place import list_number

_LATE = 1 / 20
"""A list is late when less than this part of its life is left: by then the next one is long out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """A revocation list as it stands, or should stand, in a trust folder.

    ``since`` and ``until`` are None where it is missing.
    """

    name: str
    number: int
    since: datetime | None
    until: datetime | None
    revoked: int
    state: State


def own_lists(
    trust: TrustFolder,
    believed: Sequence[x509.Certificate],
    shards: Mapping[x509.Name, Sequence[str]],
    now: datetime,
) -> list[PublishedList]:
    """Those of authorities that still count; the last list of one that does not may grow old in peace.

    Args:
        trust: the folder.
        believed: roots and authorities.
        shards: names of the lists of an authority, by its subject; another one, such as a root, has one list.
        now: real time.
    """
    names = [path.name.removesuffix(CRL_PATTERN.removeprefix("*")) for path in trust.crl_files()]
    found = {name: each for name in names if (each := trust.crl(name)) is not None}
    subjects = {each.subject for each in believed}
    out = [_published(name, each, now) for name, each in found.items() if each.issuer in subjects]
    alive = [each.subject for each in believed if now <= each.not_valid_after_utc]
    listed = {each.issuer for each in found.values()}
    return [*out, *(_missing(name) for name in _wanted(alive, shards, listed) if name not in found)]


def makers_lists(makers: Iterable[KnownMaker], now: datetime) -> list[PublishedList]:
    """One for each root of a maker: without it, none of its gateways can enrol."""
    return [_of_maker(maker, now) for maker in makers if now <= maker.root.not_valid_after_utc]


def _wanted(
    alive: Sequence[x509.Name], shards: Mapping[x509.Name, Sequence[str]], listed: set[x509.Name]
) -> Iterator[str]:
    for subject in alive:
        if subject in shards:
            yield from shards[subject]
        elif subject not in listed:
            yield f"of {subject.rfc4514_string()}"


def _of_maker(maker: KnownMaker, now: datetime) -> PublishedList:
    name = f"maker {maker.code}"
    found = maker.revocation_list
    return _missing(name) if found is None else _published(name, found, now)


def _published(name: str, found: x509.CertificateRevocationList, now: datetime) -> PublishedList:
    since, until = found.last_update_utc, found.next_update_utc or found.last_update_utc
    late = now >= until - (until - since) * _LATE
    return PublishedList(
        name=name,
        number=list_number(found),
        since=since,
        until=until,
        revoked=len(found),
        state=State.EXPIRED if now >= until else State.LATE if late else State.VALID,
    )


def _missing(name: str) -> PublishedList:
    return PublishedList(name=name, number=0, since=None, until=None, revoked=0, state=State.MISSING)
