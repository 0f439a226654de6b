"""What is wanted of a root day, as a file that people can read and compare before anything is signed."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from meterkast.model.errors import DataError
from meterkast.model.operator import require_operator_name
from meterkast.pki.authority import ISSUING
from meterkast.protocols.x509.generation import label_of

WANTED = "wanted.toml"
MAX_WANTED = 1 << 16
_MOST = 64
_TENANT = re.compile(r"[a-z0-9-]{0,32}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.pem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """An authority that asks for its certificate.

    Attributes:
        operator: whose authority it will be.
        tenant: the operator's short name in addresses and folders; empty for the one that founded the PKI.
        name: its name, with its generation.
    """

    operator: str
    tenant: str
    name: str

    @property
    def stem(self) -> str:
        """How its files are called: ``STEM.csr`` and ``STEM.pem``."""
        return f"{self.tenant}.{self.name}" if self.tenant else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that a root day is to do.

    Attributes:
        certify: authorities whose requests stand beside the file.
        revoke: files beside it, each the certificate of an authority to be believed no more.
        lists_until: until when there must be lists of the root; None for as many as the script says.
        next_root: whether a root is to be made that follows the present one.
    """

    certify: tuple[Applicant, ...] = ()
    revoke: tuple[str, ...] = ()
    lists_until: date | None = None
    next_root: bool = False

    def beside(self, other: "Wanted") -> "Wanted":
        """Both wishes in one; of two ends the later."""
        ends = [each for each in (self.lists_until, other.lists_until) if each is not None]
        return replace(
            self,
            certify=tuple(dict.fromkeys((*self.certify, *other.certify))),
            revoke=tuple(dict.fromkeys((*self.revoke, *other.revoke))),
            lists_until=max(ends, default=None),
            next_root=self.next_root or other.next_root,
        )

    def files(self) -> tuple[str, ...]:
        """What stands beside the file."""
        return (*(f"{each.stem}.csr" for each in self.certify), *self.revoke)

    def encode(self) -> bytes:
        """The file."""
        lines = ["# What is wanted of the next root day."]
        lines += [f"lists-until = {self.lists_until.isoformat()}"] if self.lists_until else []
        lines += ["next-root = true"] if self.next_root else []
        wishes = chain(
            (
                ("certify", {"operator": each.operator, "tenant": each.tenant, "name": each.name})
                for each in self.certify
            ),
            (("revoke", {"certificate": each}) for each in self.revoke),
        )
        for kind, fields in wishes:
            lines += ["", f"[[{kind}]]"]
            lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
        return ("\n".join(lines) + "\n").encode()


def parse_wanted(octets: bytes) -> Wanted:
    """Reads the file.

    Raises:
        DataError: ``ceremony-wanted-malformed``, with the field; ``operator-name-malformed``.
    """
    try:
        table = tomllib.loads(octets.decode()) if len(octets) <= MAX_WANTED else None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as cause:
        raise _malformed("document") from cause
    if table is None:
        raise _malformed("document")
    until, next_root = table.pop("lists-until", None), table.pop("next-root", False)
    if isinstance(until, datetime) or not isinstance(until, date | None):
        raise _malformed("lists-until")
    if not isinstance(next_root, bool):
        raise _malformed("next-root")
    wanted = Wanted(
        certify=tuple(_applicant(row) for row in _rows(table, "certify", {"operator", "tenant", "name"})),
        revoke=tuple(_file(row["certificate"]) for row in _rows(table, "revoke", {"certificate"})),
        lists_until=until,
        next_root=next_root,
    )
    if table:
        raise _malformed(next(iter(table)))
    if len(set(wanted.files())) != len(wanted.files()) or _two_names(wanted.certify):
        raise _malformed("certify")
    return wanted


def _rows(table: dict[str, object], kind: str, fields: set[str]) -> list[Mapping[str, str]]:
    rows = table.pop(kind, [])
    if not isinstance(rows, list) or len(rows) > _MOST:
        raise _malformed(kind)
    for row in rows:
        if (
            not isinstance(row, dict)
            or set(row) != fields
            or not all(isinstance(each, str) for each in row.values())
        ):
            raise _malformed(kind)
    return rows


def _applicant(row: Mapping[str, str]) -> Applicant:
    applicant = Applicant(
        operator=require_operator_name(row["operator"]), tenant=row["tenant"], name=row["name"]
    )
    if not _TENANT.fullmatch(applicant.tenant) or label_of(applicant.name) not in ISSUING:
        raise _malformed("certify")
    return applicant


def _file(name: str) -> str:
    if not _FILE.fullmatch(name):
        raise _malformed("revoke")
    return name


def _two_names(applicants: Iterable[Applicant]) -> bool:
    """Whether two operators have one short name, or one operator two."""
    pairs = {(each.operator, each.tenant) for each in applicants}
    return len({operator for operator, _ in pairs}) != len(pairs) or len({slug for _, slug in pairs}) != len(
        pairs
    )


def _malformed(field: str) -> DataError:
    return DataError(
        "ceremony-wanted-malformed", "What is wanted of the root day does not hold.", where=field
    )
