"""Following the log for one operator: new certificates are judged, the log is held to what it was (RQ-23)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import PeerError, TrustError
from meterkast.pki.log.entry import decode_entry
from meterkast.pki.log.monitor.alarm import Alarm, StandingAlarm
from meterkast.pki.log.monitor.gossip import Gossip
from meterkast.pki.log.monitor.inspection import Inspector
from meterkast.pki.log.monitor.notebook import Notebook
from meterkast.pki.log.reader import LogReader
from meterkast.protocols.merkle import Checkpoint

LONGEST_SILENCE = timedelta(days=1)
"""So long a log may go without a new checkpoint, and a certificate may be in use before it is in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One look at the log.

    Attributes:
        checkpoint: what the log shows now.
        entries: how many entries were new, and genuine.
        alarms: all that stand, also from earlier looks.
    """

    checkpoint: Checkpoint
    entries: int
    alarms: list[StandingAlarm]


class Monitor:
    """A follower of one log for one operator. It remembers in its notebook, and trusts the log in nothing."""

    def __init__(self, reader: LogReader, notebook: Notebook, inspector: Inspector) -> None:
        self._reader = reader
        self._notebook = notebook
        self._inspector = inspector

    def look(
        self,
        now: datetime,
        *,
        gossip: Gossip | None = None,
        in_use: Sequence[x509.Certificate] = (),
    ) -> Watch:
        """Takes in what is new since the last look.

        A log that is not what it was is an alarm, and what it shows then is not taken in.

        Args:
            now: real time.
            gossip: what other viewers were shown.
            in_use: certificates that were seen at work.

        Raises:
            UnreachableError: ``log-unreachable``.
            PeerError: the log is unreadable; ``log-file-missing``, ``checkpoint-malformed`` and others.
            TrustError: ``checkpoint-untrusted`` where the checkpoint is not of this log and its key.
        """
        heard = (
            list(gossip.heard(self._reader)) if gossip else []
        )  # before we look: we must see at least as much
        last = self._notebook.last_alarm()
        octets, head = self._reader.checkpoint()
        alarms, entries = self._follow(octets, head, now)
        alarms += self._compare(heard, head)
        if head.at < _milliseconds(now - LONGEST_SILENCE):
            alarms.append(Alarm(code="log-silent", message="The log has signed nothing for more than a day."))
        with self._notebook.page():
            alarms += self._not_logged(in_use, head)
            self._notebook.raise_alarms(alarms, now)
        if gossip is not None:
            gossip.tell(octets)
        return Watch(checkpoint=head, entries=entries, alarms=self._notebook.standing(since=last))

    def _follow(self, octets: bytes, head: Checkpoint, now: datetime) -> tuple[list[Alarm], int]:
        """Takes in new entries, all of them and their alarms or, where the log is not what it was, none."""
        known = self._notebook.checkpoint()
        before = None if known is None else self._reader.read(known)
        if before is not None and (head.size < before.size or head.at < before.at):
            message = "The log is shorter, or older, than it was."
            return [Alarm(code="log-shrunk", message=message, index=head.size)], 0
        try:
            with self._notebook.page():
                if before is not None:
                    self._reader.require_extends(before, head)
                count = 0
                for index, entry in self._reader.entries(before, head):
                    self._notebook.raise_alarms(self._judged(index, entry), now)
                    count += 1
                self._notebook.put_checkpoint(octets)
        except TrustError:
            message = "The log is not the one it was: entries are gone, changed, or others."
            return [Alarm(code="log-forked", message=message, index=head.size)], 0
        return [], count

    def _judged(self, index: int, entry: bytes) -> list[Alarm]:
        try:
            return self._inspector.inspect(index, decode_entry(entry), self._notebook)
        except PeerError:
            message = "The log holds what is no certificate."
            return [Alarm(code="certificate-unreadable", message=message, index=index)]

    def _compare(self, heard: Sequence[tuple[str, Checkpoint]], head: Checkpoint) -> Iterator[Alarm]:
        """The log has to be one and the same for all viewers."""
        for viewer, other in heard:
            if other.size > head.size:
                message = "Another viewer was shown more of the log."
                yield Alarm(code="log-withheld", message=message, index=other.size, holder=viewer)
                continue
            try:
                self._reader.require_extends(other, head)
            except TrustError:
                message = "Another viewer was shown another log, signed by the same key."
                yield Alarm(code="log-two-faced", message=message, index=other.size, holder=viewer)

    def _not_logged(self, in_use: Sequence[x509.Certificate], head: Checkpoint) -> Iterator[Alarm]:
        latest = datetime.fromtimestamp(head.at / 1000, UTC) - LONGEST_SILENCE
        for certificate in in_use:
            known = self._notebook.knows(sha256(certificate.public_bytes(Encoding.DER)).digest())
            if not known and certificate.not_valid_before_utc < latest:
                message = "A certificate is in use that the log does not have."
                serial = f"{certificate.serial_number:x}"
                yield Alarm(code="certificate-not-logged", message=message, serial=serial)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
