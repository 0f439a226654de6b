"""The log of a PKI in its place: beside the register, its key and its checkpoint in the trust folder."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.keystore import KeyKind, Keystore, open_keystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority, Witness
from meterkast.pki.log.certificate_log import PUBLIC, CertificateLog, LogIdentity, recover
from meterkast.pki.log.files import sync, write_whole
from meterkast.pki.log.founded import CHECKPOINT, had_log
from meterkast.pki.log.key import KEY_FILE, certified_key
from meterkast.pki.log.reader import LogReader
from meterkast.pki.log.source import Source
from meterkast.protocols.merkle import Checkpoint, origin_of
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.renewal import renewal_due

LABEL = "log"
_ORIGIN = "origin"
_ROLE = "transparency log"
_PAGE = 1000


def found_log(
    folder: Path,
    authority: Authority,
    *,
    origin: str,
    now: datetime,
    profile: Profile = Profile.DEVELOPMENT,
    after_loss: bool = False,
) -> CertificateLog:
    """Gives a PKI its log, with everything in it that the authority has issued so far.

    Args:
        folder: of the PKI.
        authority: the founder's; it certifies the key of the log.
        origin: the log's name, a URL without its scheme; never the name of a log that there was.
        now: real time.
        profile: what it may start with; in production no key in a plain file.
        after_loss: whether the log that there was is lost for good, and ends with this; its last checkpoint
            stays in the trust folder under another name.

    Raises:
        LocalError: ``log-there``; after a loss ``log-origin-taken``.
        TrustError: ``log-gone`` where there was a log, and it is not said that it is lost for good.
    """
    place = folder / LABEL
    if (place / _ORIGIN).exists() or (place / PUBLIC).exists():
        raise LocalError("log-there", "This PKI has a transparency log, or parts of one.", where=str(place))
    keys = _keystore(folder, profile, authority.trust)
    begun = LABEL in keys.labels() and not (authority.trust.path / CHECKPOINT).exists()
    if had_log(folder, authority.trust) and not after_loss and not begun:
        raise _gone(folder)
    if after_loss:
        _end(authority.trust.path / CHECKPOINT, origin)
        keys.destroy(LABEL)  # a token keeps it where its folder is gone; one key is one log
    if LABEL not in keys.labels():  # else made before somebody was killed
        kinds = authority.rules.profiles[Purpose.LOG].keys
        keys.generate(LABEL, KeyKind(authority.rules.key_to_make(kinds, now)))
    _certify(keys, authority, now)
    write_whole(place / _ORIGIN, f"{origin}\n".encode())
    sync(place)
    log = open_log(folder, authority.trust, keystore=keys)
    catch_up(log, authority)
    log.publish(now)
    return log


def keep_log_certified(
    folder: Path, authority: Authority, now: datetime, *, profile: Profile = Profile.DEVELOPMENT
) -> bool:
    """Has the log's key certified anew from two thirds of a certificate's life; whether it was.

    The key stays: it is the log, and whoever reads it would take another one for another log.

    Raises:
        MeterkastError: as the authority and the keystore do.
    """
    keys = _keystore(folder, profile, authority.trust)
    is_due = now >= renewal_due(keys.certificate(LABEL)[0])
    if is_due:
        _certify(keys, authority, now)
    return is_due


def open_log(
    folder: Path,
    trust: TrustFolder,
    *,
    profile: Profile = Profile.DEVELOPMENT,
    keystore: Keystore | None = None,
) -> CertificateLog:
    """The log of a PKI.

    Args:
        folder: of the PKI.
        trust: the founder's trust folder.
        profile: what it may start with; in production no key in a plain file.
        keystore: with its key, where that is open already.

    Raises:
        LocalError: ``log-missing`` where it never had one.
        TrustError: ``log-gone`` where it had one.
        DataError, TrustError: as ``CertificateLog`` and ``open_keystore``.
    """
    origin = _origin(folder, trust)
    identity = LogIdentity.of(keystore or _keystore(folder, profile, trust), LABEL, origin=origin)
    return CertificateLog(folder / LABEL, identity, seen=trust.path / CHECKPOINT)


def recover_log(folder: Path, trust: TrustFolder, mirror: Source, now: datetime) -> Checkpoint:
    """Brings the log of a PKI whose folder was restored from a backup up to what was published since.

    Raises:
        LocalError: ``log-missing``.
        TrustError: ``log-gone``.
        MeterkastError: as ``certified_key``, ``LogReader`` and ``recover``.
    """
    reader = LogReader(mirror, origin=_origin(folder, trust), key=certified_key(trust, now))
    return recover(folder / LABEL, reader, seen=trust.path / CHECKPOINT)


def witness_of(folder: Path, trust: TrustFolder, *, profile: Profile = Profile.DEVELOPMENT) -> Witness | None:
    """What the authorities of this PKI call with all that they issue; None where it never had a log.

    Raises:
        MeterkastError: as ``open_log``: an authority whose log is unusable must not issue.
    """
    return open_log(folder, trust, profile=profile).witness if has_log(folder, trust) else None


def has_log(folder: Path, trust: TrustFolder) -> bool:
    """Whether the PKI in this folder has a log, or had one and must not do without."""
    return (folder / LABEL / _ORIGIN).exists() or had_log(folder, trust)


def catch_up(log: CertificateLog, authority: Authority) -> int:
    """Puts on record what the register of an authority has and the log lacks; gives how many that were."""
    known = {entry.der for entry in log.entries()}
    position = added = 0
    while page := authority.issued_since(position, _PAGE):
        missing = [each for _, each in page if each.certificate.public_bytes(Encoding.DER) not in known]
        log.witness(missing)
        position, added = page[-1][0], added + len(missing)
    return added


def _certify(keys: Keystore, authority: Authority, now: datetime) -> None:
    """Published before it is kept: whoever is killed in between does it once more."""
    chain = authority.certify_role(Purpose.LOG, keys.signer(LABEL).public_key(), now, role=_ROLE)
    authority.trust.publish(KEY_FILE, chain)
    keys.put_certificate(LABEL, chain)


def _origin(folder: Path, trust: TrustFolder) -> str:
    place = folder / LABEL / _ORIGIN
    if place.exists():
        return place.read_text(encoding="utf-8").strip()
    if had_log(folder, trust):
        raise _gone(folder)
    message, hint = "This PKI has no transparency log.", "Make one with `meterkast pki log create`."
    raise LocalError("log-missing", message, where=str(folder), hint=hint)


def _gone(folder: Path) -> TrustError:
    message = "This PKI has a transparency log, and it is not in its place: nothing is issued without it."
    hint = (
        "Bring the folder back from a backup, then `meterkast pki log recover --mirror PLACE`."
        " Where it is lost for good, begin another: `meterkast pki log create --after-loss --origin NAME`."
    )
    return TrustError("log-gone", message, where=str(folder / LABEL), hint=hint)


def _end(checkpoint: Path, origin: str) -> None:
    """The last word of a lost log is kept: it is what the log has promised.

    Raises:
        LocalError: ``log-origin-taken``.
    """
    if not checkpoint.exists():
        return
    octets = checkpoint.read_bytes()
    if origin_of(octets) == origin:
        message = "A log has one name and one history: this name is taken by the one that was lost."
        raise LocalError("log-origin-taken", message, where=origin, hint="Give another --origin.")
    checkpoint.rename(checkpoint.with_name(f"log-ended-{sha256(octets).hexdigest()[:8]}.checkpoint"))


def _keystore(folder: Path, profile: Profile, trust: TrustFolder) -> Keystore:
    return open_keystore(folder / LABEL / "keystore", profile, trust)
