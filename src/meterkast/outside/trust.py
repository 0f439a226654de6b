"""The trust folder: what everybody may have, and what everybody must check against.

``anchors.pem`` holds the roots, ``chain.pem`` the issuing authorities, ``*.crl.pem`` one revocation list per
authority, ``operator-enc.pem`` the operator's encryption certificate with its chain. Files are replaced
whole.
"""

import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from meterkast.model.errors import DataError, LocalError, TrustError

ANCHORS = "anchors.pem"
CHAIN = "chain.pem"
CRL_PATTERN = "*.crl.pem"
OPERATOR_ENC = "operator-enc.pem"

DEVELOPMENT = "development"
"""The organisational unit in the name of every root that is not for production."""

_TICK = 100_000_000
"""Nanoseconds within which a file system may give two changes the same time."""
_IN_PLACE = 0.05
"""Seconds until a file that was not replaced whole is looked at again."""

Version = tuple[tuple[str, int, int, int], ...]
"""Name, inode, time of change and size of every file: another version means other contents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    anchors: list[x509.Certificate]
    intermediates: list[x509.Certificate]
    crls: list[x509.CertificateRevocationList]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A version, the time of change of the folder it is of, and until when (monotonic) it is believed."""

    folder: int
    until: float
    version: Version


class TrustFolder:
    """Reads a trust folder again whenever one of its files has changed. Safe in threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[Version, _Contents] | None = None
        self._seen: _Seen | None = None

    def version(self) -> Version:
        """Changes when the contents change; cheap enough to ask for every certificate.

        A file that is replaced whole, as all are that we publish, is seen at once; one that somebody
        changes in place, within ``_IN_PLACE`` seconds.
        """
        while True:
            try:
                changed = os.stat(self.path).st_mtime_ns  # noqa: PTH116 — asked for every certificate
                seen = self._seen
                if seen is not None and seen.folder == changed and time.monotonic() < seen.until:
                    return seen.version
                return self._look(changed)
            except FileNotFoundError:  # no folder, or a file removed since it was listed
                if not self.path.exists():
                    return ()

    def _look(self, changed: int) -> Version:
        """The version by every file; kept unless the folder may have changed once more in the same tick."""
        until = time.monotonic() + _IN_PLACE
        version = tuple(_state(path) for path in sorted(self.path.glob("*.pem")))
        settled = time.time_ns() - changed > _TICK
        self._seen = _Seen(folder=changed, until=until, version=version) if settled else None
        return version

    def authorities_version(self) -> Version:
        """Changes when the issuing authorities may have; empty where there are none."""
        path = self.path / CHAIN
        return (_state(path),) if path.exists() else ()

    def anchors(self) -> list[x509.Certificate]:
        """The roots in which everything ends.

        Raises:
            LocalError: ``trust-missing`` where there is no file of roots.
            DataError: ``trust-malformed`` where a file is not what its name says.
        """
        return list(self._contents().anchors)

    def require_roots(self) -> None:
        """Returns where there are roots, whatever its lists are like; raises as ``anchors`` does."""
        self._certificates(ANCHORS)

    def intermediates(self) -> list[x509.Certificate]:
        """The issuing authorities; raises as ``anchors`` does."""
        return list(self._contents().intermediates)

    def crls(self) -> list[x509.CertificateRevocationList]:
        """The revocation lists, one per authority; raises as ``anchors`` does."""
        return list(self._contents().crls)

    def crl(self, name: str) -> x509.CertificateRevocationList | None:
        """One revocation list by the name of its authority; None where there is none.

        Raises:
            DataError: ``trust-malformed``.
        """
        path = self.path / f"{name}.crl.pem"
        return _crl(path) if path.is_file() else None

    def require_production(self) -> None:
        """Raises TrustError ``trust-root-development`` where a root was made for development (AT-45)."""
        for anchor in self.anchors():
            if is_for_development(anchor):
                message = "A root of the trust folder was made for development."
                hint = "Hold a key ceremony, and publish its root."
                raise TrustError("trust-root-development", message, where=str(self.path), hint=hint)

    def operator_enc(self) -> list[x509.Certificate]:
        """The operator's encryption certificate, then its chain without the root.

        Raises:
            LocalError: ``trust-missing`` where the operator has published none.
            DataError: ``trust-malformed``.
        """
        return self._certificates(OPERATOR_ENC)

    def crl_files(self) -> list[Path]:
        """Where the revocation lists stand, for TLS, which wants files."""
        return sorted(self.path.glob(CRL_PATTERN))

    def publish(
        self, name: str, contents: Iterable[x509.Certificate | x509.CertificateRevocationList]
    ) -> None:
        """Makes or replaces one file, whole and on disk before it returns: for the authority that owns it."""
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self.path)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(each.public_bytes(Encoding.PEM) for each in contents)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(self.path / name)
        self._keep_names()

    def _keep_names(self) -> None:
        """What was renamed stays so when the power goes."""
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def prune(self) -> int:
        """Takes away the lists of authorities that are in the folder no more; gives how many those were."""
        known = {each.subject for each in (*self.anchors(), *self.intermediates())}
        gone = [path for path in self.crl_files() if _crl(path).issuer not in known]
        for path in gone:
            path.unlink()
        return len(gone)

    def _contents(self) -> _Contents:
        version = self.version()
        if self._read is None or self._read[0] != version:
            contents = _Contents(
                anchors=self._certificates(ANCHORS),
                intermediates=self._certificates(CHAIN) if (self.path / CHAIN).exists() else [],
                crls=[_crl(path) for path in self.crl_files()],
            )
            self._read = version, contents
            return contents
        return self._read[1]

    def _certificates(self, name: str) -> list[x509.Certificate]:
        path = self.path / name
        if not path.is_file():
            raise LocalError("trust-missing", f"The trust folder has no {name}.", where=str(path))
        try:
            return x509.load_pem_x509_certificates(path.read_bytes())
        except (ValueError, x509.InvalidVersion) as cause:
            raise _malformed(path) from cause


def is_for_development(root: x509.Certificate) -> bool:
    """Whether the name of a root says that it is not for production."""
    units = root.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(unit.value == DEVELOPMENT for unit in units)


def _state(path: Path) -> tuple[str, int, int, int]:
    told = path.stat()
    return path.name, told.st_ino, told.st_mtime_ns, told.st_size


def _crl(path: Path) -> x509.CertificateRevocationList:
    try:
        return x509.load_pem_x509_crl(path.read_bytes())
    except (ValueError, x509.InvalidVersion) as cause:
        raise _malformed(path) from cause


def _malformed(path: Path) -> DataError:
    return DataError("trust-malformed", f"{path.name} does not hold what its name says.", where=str(path))
