"""Passwords and tokens: from the environment or from a file, never from a command line or an address."""

import os
from pathlib import Path

from meterkast.model.errors import DataError


def secret(variable: str) -> str | None:
    """What the variable holds, or the file that ``VARIABLE_FILE`` names; None where neither is set.

    Raises:
        DataError: ``secret-unreadable``.
    """
    told = os.environ.get(variable)
    if told:
        return told
    path = os.environ.get(f"{variable}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "secret-unreadable", "The file with the secret cannot be read.", where=f"{variable}_FILE"
        ) from error
