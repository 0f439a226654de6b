"""A log on files with a key of its own, and certificates to put into it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.pki.log import CertificateLog, FolderSource, LoggedCertificate, LogIdentity, LogReader

ORIGIN = "log.stadsnet.example/certificates"
START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def entries(count: int, *, begin: int = 0, size: int = 40) -> list[LoggedCertificate]:
    """Entries that hold no real certificates: the log does not read what it keeps."""
    return [
        LoggedCertificate.issued(b"%08d" % number + bytes(size), operator="stadsnet", now=START)
        for number in range(begin, begin + count)
    ]


@dataclass
class LogHouse:
    """A log in ``folder/log``, its key beside it, and ``folder/seen``, which backups do not reach."""

    folder: Path
    identity: LogIdentity

    @classmethod
    def build(cls, folder: Path) -> "LogHouse":
        keystore = SoftwareKeystore(folder / "keystore")
        keystore.generate("log", KeyKind.EC_P384)
        return cls(folder=folder, identity=LogIdentity.of(keystore, "log", origin=ORIGIN))

    @property
    def log_folder(self) -> Path:
        return self.folder / "log"

    @property
    def seen(self) -> Path:
        return self.folder / "seen"

    def open(self) -> CertificateLog:
        return CertificateLog(self.log_folder, self.identity, seen=self.seen)

    def reader(self, folder: Path | None = None) -> LogReader:
        public = (folder or self.log_folder) / "public"
        return LogReader(FolderSource(public), origin=ORIGIN, key=self.identity.key)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)
