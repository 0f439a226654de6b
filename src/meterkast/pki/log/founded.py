"""Whether a PKI ever had a log: then it issues nothing without it, lest a lost folder hide what it issues."""

from pathlib import Path

from meterkast.outside.trust import TrustFolder
from meterkast.pki.log.key import KEY_FILE
from meterkast.pki.register_file import reading
from meterkast.protocols.x509 import Purpose

CHECKPOINT = "log.checkpoint"
"""In the trust folder: what was published last, out of reach of a backup of the PKI's own folder."""


def had_log(folder: Path, trust: TrustFolder) -> bool:
    """Whether anything tells of a log: its last checkpoint, its certificate, or the register.

    Args:
        folder: of the PKI.
        trust: the founder's trust folder.

    Raises:
        MeterkastError: as ``reading``.
    """
    published = any((trust.path / name).exists() for name in (CHECKPOINT, KEY_FILE))
    return published or _is_registered(folder / "register.sqlite")


def _is_registered(register: Path) -> bool:
    if not register.is_file():
        return False
    with reading(register) as database:
        query = "SELECT 1 FROM certificate WHERE purpose = ? LIMIT 1"
        return database.execute(query, (Purpose.LOG,)).fetchone() is not None
