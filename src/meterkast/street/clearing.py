"""The state folder of a street: emptied before a new street, but only where it is one."""

import shutil
from pathlib import Path

from meterkast.model.errors import LocalError

_MARKER = ".meterkast-site"


def clear(folder: Path) -> None:
    """Makes an empty state folder; whatever an earlier street left in it is gone.

    Raises:
        LocalError: ``site-foreign`` where the folder holds anything that no street has made.
    """
    if folder.exists() and not (folder / _MARKER).exists() and any(folder.iterdir()):
        raise LocalError(
            "site-foreign",
            "The folder is not empty, and no street has made it.",
            where=str(folder),
            hint="Name an empty or a new folder with --site.",
        )
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARKER).touch()
