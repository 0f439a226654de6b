"""The record of a site: signed statements, each stamped with its time, each bound to the one before it.

An entry holds a statement in its envelope and a stamp in another. The stamp names the entry's number, the
digest of the entry before it, the digest of the statement's envelope and the time. A signed head says how
many entries there are. So nothing can be changed, left out, put in another order or cut off unseen.

The stamp is made by a key of the same site. It is an honest clock among friends, not an authority in the
sense of RFC 3161: whoever holds the keystore could write another history from the start.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785

from meterkast.assurance.case.keyring import CLOCK, EVIDENCE, Keyring
from meterkast.assurance.case.signing import (
    KeystoreSigner,
    PublicKey,
    key_to_pem,
    keystore_signer,
    opened,
    signed,
)
from meterkast.assurance.case.statement import PAYLOAD_TYPE, Predicate, Statement
from meterkast.model.errors import DataError, TrustError

STAMP_TYPE = "application/vnd.meterkast.stamp+json"
HEAD_TYPE = "application/vnd.meterkast.head+json"
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One statement of the record, opened and checked.

    ``number`` counts from 1, ``at`` is the stamped time in Unix seconds, ``signer`` the id of the key.
    """

    number: int
    at: float
    signer: str
    digest: str
    statement: Statement
    document: Mapping[str, Any]


class Record:
    """The evidence of one site, in ``assurance/`` of its state folder. Nothing is ever rewritten."""

    def __init__(self, site: Path) -> None:
        self.folder = site / "assurance"
        self._path = self.folder / "evidence.jsonl"
        self._head = self.folder / "head.json"
        self._keys = self.folder / "keys"

    def append(self, *statements: Statement, at: float) -> tuple[Entry, ...]:
        """Signs, stamps and keeps statements durably; raises as ``entries`` does."""
        signer = self._signer(EVIDENCE)
        return self.admit(*(signed(each.encode(), PAYLOAD_TYPE, signer) for each in statements), at=at)

    def admit(self, *envelopes: Mapping[str, Any], at: float) -> tuple[Entry, ...]:
        """Stamps and keeps statements that were signed by somebody whose key this site knows.

        Raises:
            TrustError: ``evidence-signature-wrong``, and as ``entries`` does.
            DataError: as ``entries`` does.
        """
        clock = self._signer(CLOCK)
        self._signer(EVIDENCE)
        with self._locked():
            entries = self.entries()
            last, keys = entries[-1].digest if entries else GENESIS, self.keyring()
            added: list[Entry] = []
            for number, envelope in enumerate(envelopes, start=len(entries) + 1):
                stamp: dict[str, Any] = {
                    "number": number,
                    "previous": last,
                    "subject": digest_of(envelope),
                    "at": at,
                }
                document = {
                    "statement": dict(envelope),
                    "stamp": signed(rfc8785.dumps(stamp), STAMP_TYPE, clock),
                }
                added.append(open_entry(document, keys, number, last))
                last = added[-1].digest
            self._write(added)
        return tuple(added)

    def entries(self) -> tuple[Entry, ...]:
        """All entries, oldest first, every signature and every link checked.

        Raises:
            DataError: ``evidence-malformed`` where a line does not hold an entry.
            TrustError: ``evidence-signature-wrong``, ``evidence-chain-broken`` or ``evidence-truncated``.
        """
        if not self._path.exists() and not self._head.exists():
            return ()
        keys, entries, last = self.keyring(), list[Entry](), GENESIS
        for number, document in enumerate(self.documents(), start=1):
            try:
                entry = open_entry(document, keys, number, last)
            except (DataError, TrustError) as error:
                raise type(error)(
                    error.code, error.message, where=f"{self._path}:{number}", hint=_HINT
                ) from error
            entries.append(entry)
            last = entry.digest
        self._check_head(entries)
        return tuple(entries)

    def documents(self) -> list[Any]:
        """The lines as they stand, unopened.

        Raises:
            DataError: ``evidence-malformed``.
        """
        if not self._path.exists():
            return []
        documents = []
        for number, line in enumerate(self._path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                documents.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise DataError(
                    "evidence-malformed",
                    "A line of the evidence does not hold an entry.",
                    where=f"{self._path}:{number}",
                    hint=_HINT,
                ) from error
        return documents

    def keyring(self) -> Keyring:
        """Public keys whose signatures this site accepts: its own, and those of auditors."""
        return Keyring.from_pems({path.stem: path.read_text() for path in sorted(self._keys.glob("*.pem"))})

    def accept_key(self, key: PublicKey, name: str) -> None:
        """From now on statements signed by this key, of an auditor for example, are admitted."""
        self._keys.mkdir(parents=True, exist_ok=True)
        (self._keys / f"{name}.pem").write_text(key_to_pem(key))

    def fingerprint(self) -> str:
        """The id of the key with which this site signs evidence; made where there is none yet."""
        return str(self._signer(EVIDENCE).public_key.keyid)

    def sign(self, payload: bytes, payload_type: str) -> dict[str, Any]:
        """Signs something about the record, such as the summary of a pack, with the evidence key."""
        return signed(payload, payload_type, self._signer(EVIDENCE))

    def _signer(self, label: str) -> KeystoreSigner:
        signer = keystore_signer(self.folder / "keystore", label)
        if not (self._keys / f"{label}.pem").exists():
            self.accept_key(signer.public_key, label)
        return signer

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, also among processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _write(self, added: Sequence[Entry]) -> None:
        """The entries first, then the head that counts them."""
        if not added:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(each.document, sort_keys=True) + "\n" for each in added)
            file.flush()
            os.fsync(file.fileno())
        head = rfc8785.dumps({"count": added[-1].number, "last": added[-1].digest})
        draft = self._head.with_suffix(".part")
        draft.write_text(json.dumps(self.sign(head, HEAD_TYPE)), encoding="utf-8")
        draft.replace(self._head)

    def _check_head(self, entries: Sequence[Entry]) -> None:
        """A head may lag behind by what was written just before a crash, never run ahead."""
        count, last = self._head_says()
        if len(entries) < count or entries[count - 1].digest != last:
            raise TrustError(
                "evidence-truncated", "Entries of the record are missing.", where=str(self._path), hint=_HINT
            )

    def _head_says(self) -> tuple[int, str]:
        try:
            document = json.loads(self._head.read_text(encoding="utf-8"))
            payload, _ = opened(document, HEAD_TYPE, [self.keyring().evidence])
            head = json.loads(payload)
            return int(head["count"]), str(head["last"])
        except FileNotFoundError:
            return 1, ""  # a record without its head is not whole
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                "evidence-malformed", "The head of the record is not readable.", where=str(self._head)
            ) from error


_HINT = (
    "Keep the folder for whoever looks into it, and prove anew in another: meterkast assurance run --site DIR"
)


def open_entry(document: Mapping[str, Any], keys: Keyring, number: int, previous: str) -> Entry:
    """Checks one entry against the place where it stands.

    Raises:
        DataError: ``evidence-malformed``.
        TrustError: ``evidence-signature-wrong``, ``evidence-signer-foreign`` or ``evidence-chain-broken``.
    """
    if not isinstance(document, Mapping) or not {"statement", "stamp"} <= document.keys():
        raise DataError("evidence-malformed", "This is not an entry of a record.")
    try:
        payload, signer = opened(document["statement"], PAYLOAD_TYPE, keys.signers)
        stamp_octets, _ = opened(document["stamp"], STAMP_TYPE, [keys.clock])
        stamp = json.loads(stamp_octets)
        expected = (number, previous, digest_of(document["statement"]))
        found = (stamp["number"], stamp["previous"], stamp["subject"])
        at = float(stamp["at"])
        statement = Statement.decode(payload)
    except DataError as error:
        raise DataError("evidence-malformed", error.message) from error
    except (KeyError, TypeError, ValueError) as error:
        raise DataError("evidence-malformed", "The stamp of an entry is not readable.") from error
    if statement.predicate is not Predicate.AUDIT and signer != keys.evidence.keyid:
        raise TrustError("evidence-signer-foreign", "An auditor signs audits, and this is something else.")
    if expected != found:
        raise TrustError("evidence-chain-broken", "The entry stands elsewhere than where it was made.")
    return Entry(
        number=number,
        at=at,
        signer=signer,
        digest=digest_of(document),
        statement=statement,
        document=document,
    )


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical form (RFC 8785) of a document.

    Raises:
        DataError: ``evidence-malformed`` where it has no such form.
    """
    try:
        return hashlib.sha256(rfc8785.dumps(dict(document))).hexdigest()
    except (rfc8785.CanonicalizationError, RecursionError, TypeError) as error:
        raise DataError("evidence-malformed", "This is not plain JSON.") from error
