"""The rules of our certificates, read from data: algorithms, authorities and profiles (RQ-01, RQ-02, RQ-30).

Object identifiers below 1.3.6.1.4.1.99999 are private and experimental; the arc is not registered::

    .1.N    certificate policy of purpose N      .2.N    extended key usage, where no standard one fits
    .3.1    hardware type: gateway

A leaf names exactly one policy. An issuing authority lists the policies it may use, so that an authority for
operators cannot vouch for a device and the other way round.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from meterkast.model.errors import DataError
from meterkast.protocols.x509.algorithm import HYBRID_KEM, Algorithm, Algorithms, Status
from meterkast.protocols.x509.purpose import Identity, Purpose, Use

ARC = "1.3.6.1.4.1.99999"
Value = TypeVar("Value")
_ADDRESS = re.compile(r"http://[0-9A-Za-z.-]+(:[0-9]{1,5})?/[!-~]*")
_STANDARD_USES = {
    "client-auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "server-auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "ocsp-signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "code-signing": ExtendedKeyUsageOID.CODE_SIGNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the certificates of one purpose look like.

    Attributes:
        purpose: the purpose itself.
        authority: the label of the authority that issues them.
        policy: the one certificate policy.
        use: the one key usage, critical.
        extended: the one extended key usage, critical. Without one, TLS libraries take a certificate
            for key agreement as that of a client.
        identity: how the holder is named.
        keys: algorithms of the key that are believed, the one to make first.
        validity: how long it lives; None for ever (9999-12-31), for birth certificates alone.
        no_check: whether its revocation is not asked for, and it says so (RFC 6960, 4.2.2.2.1).
        responder: where its status is asked over HTTP; None where nobody tells it.
    """

    purpose: Purpose
    authority: str
    policy: ObjectIdentifier
    use: Use
    extended: ObjectIdentifier
    identity: Identity
    keys: tuple[str, ...]
    validity: timedelta | None
    no_check: bool = False
    responder: str | None = None

    @property
    def hybrid(self) -> bool:
        """Whether the key is X25519 + ML-KEM-768, which cannot sign."""
        return HYBRID_KEM in self.keys


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityProfile:
    """What an authority looks like, and how it publishes what it revoked.

    Attributes:
        label: its name in keystores, files and registers.
        path_length: how many authorities may stand below it.
        keys: algorithms of its key that are believed, the one to make first.
        policies: what it may vouch for; none for a root.
        life: how long its certificate lives.
        list_life: how long one of its revocation lists counts.
        shards: over how many lists its revocations are spread.
        lists_ahead: how many lists are signed ahead, against the loss of its key's token.
    """

    label: str
    path_length: int
    keys: tuple[str, ...]
    policies: tuple[ObjectIdentifier, ...]
    life: timedelta
    list_life: timedelta
    shards: int = 1
    lists_ahead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All of it, as one set that issuing, linting and believing share."""

    algorithms: Algorithms
    authorities: Mapping[str, AuthorityProfile]
    profiles: Mapping[Purpose, Profile]

    @classmethod
    def parse(cls, *documents: str) -> "Rules":
        """The rules in TOML; a later document overrides single values of earlier ones.

        Raises:
            DataError: ``rules-malformed``, with the place; also for a key that is not known.
        """
        try:
            tables: dict[str, Any] = {}
            for document in documents:
                tables = _merged(tables, tomllib.loads(document))
            return _rules(_Table(tables, ""))
        except (tomllib.TOMLDecodeError, RecursionError) as cause:
            raise _malformed("document", "is no TOML") from cause

    def key_to_make(self, keys: Iterable[str], now: datetime) -> str:
        """The first of a profile's algorithms that may be used for something new.

        Raises:
            DataError: ``rules-no-algorithm`` where none may.
        """
        for name in keys:
            if self.algorithms.status(name, now) is Status.ALLOWED:
                return name
        raise DataError("rules-no-algorithm", "The rules allow no algorithm for this key any more.")

    def issuers(self, profile: Profile) -> list[str]:
        """Labels of the authorities that may issue under a profile, its own first."""
        own = profile.authority
        others = (label for label, each in self.authorities.items() if profile.policy in each.policies)
        return [own, *(label for label in others if label != own)]


class _Table:
    """One table of a document, from which every key must be taken."""

    def __init__(self, rows: object, where: str) -> None:
        if not isinstance(rows, dict):
            raise _malformed(where, "is no table")
        self._rows: dict[str, object] = dict(rows)
        self._where = where

    def has(self, key: str) -> bool:
        return key in self._rows

    def is_text(self, key: str) -> bool:
        return isinstance(self._rows.get(key), str)

    def text(self, key: str, known: Iterable[str]) -> str:
        value = self._take(key, str)
        if value not in set(known):
            raise self.malformed("is not known", key)
        return value

    def address(self, key: str) -> str:
        value = self._take(key, str)
        if _ADDRESS.fullmatch(value) is None:
            raise self.malformed("is no address of plain HTTP", key)
        return value

    def switch(self, key: str) -> bool:
        return self._take(key, bool) if self.has(key) else False

    def day(self, key: str) -> date:
        return self._take(key, date)

    def days(self, key: str) -> timedelta:
        return timedelta(days=self.count(key, 1, 36525))

    def count(self, key: str, least: int, most: int, fallback: int | None = None) -> int:
        if fallback is not None and not self.has(key):
            return fallback
        value = self._take(key, int)
        if not least <= value <= most:
            raise self.malformed(f"is not from {least} to {most}", key)
        return value

    def names(self, key: str, known: Iterable[str]) -> tuple[str, ...]:
        values, allowed = self._take(key, list), set(known)
        for value in values:
            if not isinstance(value, str) or value not in allowed:
                raise self.malformed(f"has {value!r}, which is not known", key)
        if len(set(values)) != len(values):
            raise self.malformed("names something twice", key)
        return tuple(values)

    def table(self, key: str) -> "_Table":
        return _Table(self._rows.pop(key, None), f"{self._where}.{key}".lstrip("."))

    def tables(self) -> "dict[str, _Table]":
        return {key: self.table(key) for key in list(self._rows)}

    def end(self) -> None:
        for key in self._rows:
            raise self.malformed("is not known", key)

    def malformed(self, what: str, key: str = "") -> DataError:
        return _malformed(f"{self._where}.{key}".strip("."), what)

    def _take(self, key: str, kind: type[Value]) -> Value:
        value = self._rows.pop(key, None)
        if type(value) is not kind:  # a boolean is an integer to Python, and a date-time a date
            raise self.malformed(f"is no {kind.__name__}", key)
        return value


def _rules(document: _Table) -> Rules:
    rows = {key: document.table(key).tables() for key in ("algorithms", "profiles", "authorities")}
    document.end()
    algorithms = Algorithms({name: _algorithm(name, row) for name, row in rows["algorithms"].items()})
    labels = rows["authorities"].keys()
    profiles = {name: _profile(name, row, algorithms, labels) for name, row in rows["profiles"].items()}
    authorities = {
        label: _authority(label, row, algorithms, profiles) for label, row in rows["authorities"].items()
    }
    for name, profile in profiles.items():
        if profile.policy not in authorities[profile.authority].policies:
            raise _malformed(f"profiles.{name}.authority", "may not vouch for it")
    if len({profile.policy for profile in profiles.values()}) != len(Purpose):
        raise _malformed("profiles", "do not have one policy for each purpose")
    by_purpose = {profile.purpose: profile for profile in profiles.values()}
    return Rules(algorithms=algorithms, authorities=authorities, profiles=by_purpose)


def _algorithm(name: str, row: _Table) -> Algorithm:
    algorithm = Algorithm(
        name=name,
        allowed=row.day("allowed"),
        deprecated=row.day("deprecated") if row.has("deprecated") else None,
        forbidden=row.day("forbidden") if row.has("forbidden") else None,
    )
    row.end()
    dates = [at for at in (algorithm.allowed, algorithm.deprecated, algorithm.forbidden) if at is not None]
    if dates != sorted(dates):
        raise row.malformed("has dates out of order")
    return algorithm


def _profile(name: str, row: _Table, algorithms: Algorithms, labels: Iterable[str]) -> Profile:
    if name not in {*Purpose}:
        raise row.malformed("is no purpose")
    profile = Profile(
        purpose=Purpose(name),
        authority=row.text("authority", labels),
        policy=_below("1", row.count("policy", 1, 1 << 16)),
        use=Use(row.text("use", Use)),
        extended=_extended(row),
        identity=Identity(row.text("identity", Identity)),
        keys=row.names("keys", (each.name for each in algorithms)),
        validity=row.days("life-days") if row.has("life-days") else None,
        no_check=row.switch("no-check"),
        responder=row.address("responder") if row.has("responder") else None,
    )
    row.end()
    if not profile.keys or (profile.validity is None and profile.purpose is not Purpose.BIRTH):
        raise row.malformed("has no key, or no end")
    return profile


def _extended(row: _Table) -> ObjectIdentifier:
    """A standard usage by its name, or one of ours by its number."""
    if row.is_text("extended"):
        return _STANDARD_USES[row.text("extended", _STANDARD_USES)]
    return _below("2", row.count("extended", 1, 1 << 16))


def _authority(
    label: str, row: _Table, algorithms: Algorithms, profiles: Mapping[str, Profile]
) -> AuthorityProfile:
    authority = AuthorityProfile(
        label=label,
        path_length=row.count("path-length", 0, 2),
        keys=row.names("keys", (each.name for each in algorithms)),
        policies=tuple(profiles[name].policy for name in row.names("policies", profiles)),
        life=row.days("life-days"),
        list_life=row.days("list-days"),
        shards=row.count("shards", 1, 1 << 16, 1),
        lists_ahead=row.count("lists-ahead", 0, 52, 0),
    )
    row.end()
    if not authority.keys or HYBRID_KEM in authority.keys:
        raise row.malformed("has no key that can sign")
    return authority


def _below(arc: str, number: int) -> ObjectIdentifier:
    return ObjectIdentifier(f"{ARC}.{arc}.{number}")


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _malformed(where: str, what: str) -> DataError:
    return DataError("rules-malformed", f"The rules of certificates: {where} {what}.", where=where)
