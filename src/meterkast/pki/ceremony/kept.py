"""The ceremonies that a PKI has taken over, kept whole in its folder: each next one must follow the last."""

import shutil
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.ceremony.reading import read_outcome
from meterkast.pki.ceremony.stage import OUT, TRANSCRIPT
from meterkast.pki.founding import CEREMONIES
from meterkast.pki.log.files import sync


def keep(pki: Path, outcome: CeremonyOutcome) -> Path:
    """Copies what everybody may have of a ceremony; gives where. The copy is there whole, or not at all."""
    folder = pki / CEREMONIES
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{len(_kept(pki)):04}"
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(outcome.folder / OUT, unfinished / OUT)
    shutil.copy(outcome.folder / TRANSCRIPT, unfinished / TRANSCRIPT)
    for each in (unfinished / OUT, unfinished):
        sync(each)
    unfinished.rename(copy)
    sync(folder)
    return copy


def last_kept(pki: Path) -> CeremonyOutcome:
    """The last ceremony that the PKI has taken over.

    Raises:
        LocalError: ``pki-root-here`` where its root is from none.
        MeterkastError: as ``read_outcome``.
    """
    kept = _kept(pki)
    if not kept:
        message = "The root of this PKI is in files, and from no ceremony."
        hint = "`meterkast pki admit` and `meterkast pki roll` open it."
        raise LocalError("pki-root-here", message, where=str(pki), hint=hint)
    return read_outcome(kept[-1])


def _kept(pki: Path) -> list[Path]:
    return sorted((pki / CEREMONIES).glob("[0-9]*"))
