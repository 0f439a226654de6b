"""The log of a PKI in its place: beside the register, its key and its checkpoint in the trust folder."""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import LocalError
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority, Witness
from meterkast.pki.log.certificate_log import CertificateLog, LogIdentity, recover
from meterkast.pki.log.files import sync, write_whole
from meterkast.pki.log.key import KEY_FILE, certified_key
from meterkast.pki.log.reader import LogReader
from meterkast.pki.log.source import Source
from meterkast.protocols.merkle import Checkpoint
from meterkast.protocols.x509 import Purpose

LABEL = "log"
CHECKPOINT = "log.checkpoint"
"""In the trust folder: what was published last, out of reach of a backup of the PKI's own folder."""
_ORIGIN = "origin"
_ROLE = "transparency log"
_PAGE = 1000


def found_log(
    folder: Path, authority: Authority, *, origin: str, now: datetime, keystore: Keystore | None = None
) -> CertificateLog:
    """Gives a PKI its log, with everything in it that the authority has issued so far.

    Args:
        folder: of the PKI.
        authority: whose certificates it will hold, and who certifies its key.
        origin: the log's name, a URL without its scheme; never the name of a log that there was.
        now: real time.
        keystore: for the log's key; None for one in files.

    Raises:
        LocalError: ``keystore-label-taken`` where there is a log.
    """
    keys = keystore or _keystore(folder)
    keys.generate(
        LABEL, KeyKind(authority.rules.key_to_make(authority.rules.profiles[Purpose.LOG].keys, now))
    )
    chain = authority.certify_role(Purpose.LOG, keys.signer(LABEL).public_key(), now, role=_ROLE)
    keys.put_certificate(LABEL, chain)
    authority.trust.publish(KEY_FILE, chain)
    write_whole(folder / LABEL / _ORIGIN, f"{origin}\n".encode())
    sync(folder / LABEL)
    log = open_log(folder, authority.trust, keystore=keys)
    catch_up(log, authority)
    log.publish(now)
    return log


def open_log(folder: Path, trust: TrustFolder, *, keystore: Keystore | None = None) -> CertificateLog:
    """The log of a PKI.

    Raises:
        LocalError: ``log-missing`` where it has none.
        DataError, TrustError: as ``CertificateLog``.
    """
    identity = LogIdentity.of(keystore or _keystore(folder), LABEL, origin=_origin(folder))
    return CertificateLog(folder / LABEL, identity, seen=trust.path / CHECKPOINT)


def recover_log(folder: Path, trust: TrustFolder, mirror: Source, now: datetime) -> Checkpoint:
    """Brings the log of a PKI whose folder was restored from a backup up to what was published since.

    Raises:
        LocalError: ``log-missing``.
        MeterkastError: as ``certified_key``, ``LogReader`` and ``recover``.
    """
    reader = LogReader(mirror, origin=_origin(folder), key=certified_key(trust, now))
    return recover(folder / LABEL, reader, seen=trust.path / CHECKPOINT)


def witness_of(folder: Path, trust: TrustFolder) -> Witness | None:
    """What the authorities of this PKI call with all that they issue; None where the PKI has no log.

    Raises:
        MeterkastError: as ``open_log``: an authority whose log is unusable must not issue.
    """
    return open_log(folder, trust).witness if has_log(folder) else None


def has_log(folder: Path) -> bool:
    """Whether the PKI in this folder has a log."""
    return (folder / LABEL / _ORIGIN).exists()


def catch_up(log: CertificateLog, authority: Authority) -> int:
    """Puts on record what the register of an authority has and the log lacks; gives how many that were."""
    known = {entry.der for entry in log.entries()}
    position = added = 0
    while page := authority.issued_since(position, _PAGE):
        missing = [each for _, each in page if each.certificate.public_bytes(Encoding.DER) not in known]
        log.witness(missing)
        position, added = page[-1][0], added + len(missing)
    return added


def _origin(folder: Path) -> str:
    place = folder / LABEL / _ORIGIN
    if not place.exists():
        message, hint = "This PKI has no transparency log.", "Make one with `meterkast pki log create`."
        raise LocalError("log-missing", message, where=str(folder), hint=hint)
    return place.read_text(encoding="utf-8").strip()


def _keystore(folder: Path) -> SoftwareKeystore:
    return SoftwareKeystore(folder / LABEL / "keystore")
