"""The transparency log of certificates (RQ-23): append-only, signed, public, and it survives crashes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.outside.keystore import Keystore
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.log.entry import LoggedCertificate, decode_entry, milliseconds
from meterkast.pki.log.files import alone, write_whole
from meterkast.pki.log.pending import Pending
from meterkast.pki.log.published import PublishedLog
from meterkast.pki.log.reader import LogReader
from meterkast.protocols.merkle import (
    Checkpoint,
    Evidence,
    LogKey,
    Sign,
    TileTree,
    read_checkpoint,
    sign_checkpoint,
)
from meterkast.protocols.merkle.tile import WIDTH, widths

PUBLIC = "public"
_CLOCK_STEP = 1000
"""Milliseconds by which a clock that is being set may step back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIdentity:
    """Which log it is: its name, its key, and how the key signs. One key serves one log."""

    origin: str
    key: LogKey
    sign: Sign

    @classmethod
    def of(cls, keystore: Keystore, label: str, *, origin: str) -> "LogIdentity":
        """The log whose key is in a keystore under this label."""
        key = keystore.signer(label).public_key()
        return cls(origin=origin, key=key, sign=partial(keystore.sign, label))


class CertificateLog:
    """A log in a folder: ``public/`` for any web server, ``pending`` for what is not in the tree yet.

    Entries are durable when ``append`` returns, and public when ``publish`` does. Any number of threads and
    processes may open it; they take turns.

    Args:
        folder: where it is.
        identity: whose it is.
        seen: a copy of the last published checkpoint, kept where a restored backup of ``folder`` does not
            reach. Without it, a log that was set back does not know.

    Raises:
        DataError: ``log-damaged``.
        TrustError: ``log-behind-published`` where more was published than the log holds (a restored backup),
            ``log-forked`` where something else was; ``checkpoint-untrusted`` where the key is not the log's.
    """

    def __init__(self, folder: Path, identity: LogIdentity, *, seen: Path | None = None) -> None:
        self.published = PublishedLog(folder / PUBLIC)
        self._folder = folder
        self._identity = identity
        self._seen = seen
        self._checked: tuple[bytes, Checkpoint | None] = b"", None
        self.published.folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / "lock"):
            self._require_whole()
            self._pending = Pending(folder / "pending", self._published_size())

    @property
    def size(self) -> int:
        """How many entries it holds, published or not."""
        with self._alone():
            return self._pending.end

    def append(self, entries: Sequence[LoggedCertificate]) -> int:
        """Puts certificates on record, on disk before it returns; gives the index of the first of them.

        Raises:
            LocalError: ``log-unwritable`` or ``log-entry-long``; nothing was appended then.
        """
        octets = [entry.encode() for entry in entries]
        with self._alone():
            return self._pending.append(octets) if octets else self._pending.end

    def witness(self, issued: Sequence[IssuedCertificate]) -> None:
        """Puts on record what an authority is about to issue; where it raises, as ``append``, it must not."""
        self.append([_logged(each) for each in issued])

    def publish(self, now: datetime) -> Checkpoint:
        """Takes what is pending into the tree and signs its head, also where nothing is new.

        Raises:
            LocalError: ``log-clock-behind`` where ``now`` is more than a second before the last checkpoint;
                within it, the new one is a millisecond younger than the last.
            DataError: ``log-damaged``: what would be signed does not begin with what was.
        """
        with self._alone():
            earlier, at = self._checkpoint(), milliseconds(now)
            if earlier is not None and earlier.at - _CLOCK_STEP <= at <= earlier.at:
                at = earlier.at + 1
            if earlier is not None and at < earlier.at:
                message = "The clock is behind the last checkpoint of the log."
                raise LocalError("log-clock-behind", message, hint="Set the clock of this machine.")
            old = earlier.size if earlier else 0
            size = self.published.grow(old, self._pending.entries(old))
            tree = self._tree(size)
            if earlier is not None and tree.root(old) != earlier.root:
                raise self._damaged()
            root = tree.root()
            checkpoint = Checkpoint(origin=self._identity.origin, size=size, root=root, at=at)
            self._put(sign_checkpoint(checkpoint, self._identity.key, self._identity.sign))
            self.published.prune(old, size)
            return checkpoint

    def checkpoint(self) -> Checkpoint | None:
        """The last published checkpoint; None before the first."""
        return self._checkpoint()

    def lag(self) -> list[LoggedCertificate]:
        """What is on record and not yet public, oldest first."""
        with self._alone():
            return [decode_entry(octets) for octets in self._pending.entries(self._published_size())]

    def entries(self, begin: int = 0) -> Iterator[LoggedCertificate]:
        """Every entry from this index on, published or not: to compare the register of the authority with."""
        with self._alone():
            size = self._published_size()
            waiting = list(self._pending.entries(max(begin, size)))
        for number in range(begin // WIDTH, -(-size // WIDTH)):
            bundle = self.published.entries(number, widths(size, 0, number))
            yield from (decode_entry(octets) for octets in bundle[max(0, begin - number * WIDTH) :])
        yield from (decode_entry(octets) for octets in waiting)

    def evidence(self, index: int) -> Evidence:
        """What shows, off line, that a published entry is in the log.

        Raises:
            LocalError: ``merkle-range`` where there is no such entry, or it is not published yet.
        """
        octets, checkpoint = self.published.checkpoint(), self._checkpoint()
        tree = self._tree(checkpoint.size if checkpoint else 0)
        proof = tuple(tree.inclusion_proof(index))
        number, place = divmod(index, WIDTH)
        entry = self.published.entries(number, widths(tree.size, 0, number))[place]
        return Evidence(entry=entry, index=index, proof=proof, checkpoint=octets or b"")

    def _put(self, checkpoint: bytes) -> None:
        self.published.put_checkpoint(checkpoint)
        if self._seen is not None:
            write_whole(self._seen, checkpoint)
        self._pending.clear()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with alone(self._folder / "lock"):
            self._pending.catch_up(self._published_size())
            yield

    def _checkpoint(self) -> Checkpoint | None:
        """The published one, its signature checked once."""
        octets = self.published.checkpoint()
        if octets is not None and self._checked[0] != octets:
            self._checked = octets, self._read(octets)
        return None if octets is None else self._checked[1]

    def _published_size(self) -> int:
        checkpoint = self._checkpoint()
        return checkpoint.size if checkpoint else 0

    def _read(self, octets: bytes) -> Checkpoint:
        return read_checkpoint(octets, self._identity.origin, self._identity.key)

    def _tree(self, size: int) -> TileTree:
        return TileTree(size, self.published.fetch)

    def _require_whole(self) -> None:
        """The tree is what its checkpoint says, and no less and no other than what was seen of it."""
        checkpoint = self._checkpoint()
        size = checkpoint.size if checkpoint else 0
        if checkpoint is not None and self._tree(size).root() != checkpoint.root:
            raise self._damaged()
        if self._seen is None or not self._seen.exists():
            return
        seen = self._read(self._seen.read_bytes())
        if seen.size > size:
            raise TrustError(
                "log-behind-published",
                f"The log has {size} published entries and had {seen.size} before.",
                where=str(self._folder),
                hint="Bring it up to date from a mirror with `meterkast pki log recover`.",
            )
        if self._tree(size).root(seen.size) != seen.root:
            raise TrustError("log-forked", "The log is another than was published.", where=str(self._folder))

    def _damaged(self) -> DataError:
        message = "The log is not what its checkpoint says."
        return DataError("log-damaged", message, where=str(self._folder))


def recover(folder: Path, mirror: LogReader, *, seen: Path | None = None) -> Checkpoint:
    """Brings a log that was set back up to the checkpoint of a mirror, entry by entry, all of it checked.

    Raises:
        TrustError: ``log-forked`` where the mirror does not begin with the log, or ``log-behind-published``
            where it too is older than what was seen.
    """
    published = PublishedLog(folder / PUBLIC)
    with alone(folder / "lock"):
        octets, mirrored = mirror.checkpoint()
        own = published.checkpoint()
        before = mirror.read(own) if own is not None else None
        last = mirror.read(seen.read_bytes()) if seen is not None and seen.exists() else None
        for earlier in (each for each in (before, last) if each is not None):
            if earlier.size > mirrored.size:
                raise TrustError("log-behind-published", "The mirror is older than the log.")
            mirror.require_extends(earlier, mirrored)
        published.grow(before.size if before else 0, _octets(mirror.entries(before, mirrored)))
        published.put_checkpoint(octets)
        return mirrored


def _logged(issued: IssuedCertificate) -> LoggedCertificate:
    """The operator is the one whose authority has signed it."""
    certificate = issued.certificate
    names = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    operator = "".join(str(name.value) for name in names)
    der = certificate.public_bytes(Encoding.DER)
    return LoggedCertificate.issued(der, operator=operator, now=issued.issued_at)


def _octets(entries: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    return (octets for _, octets in entries)
