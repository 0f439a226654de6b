"""Where the PIN of a token comes from: asked for whenever it is needed, and kept nowhere."""

import os
from collections.abc import Callable
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.outside.keystore.folder import require_private

Pin = Callable[[], str]
"""Gives the PIN. It is called again when a session was lost; what it gives appears in no log and no error."""


def pin_in_file(path: Path) -> Pin:
    """The first line of a file that nobody else can read.

    The PIN raises, when asked for:
        LocalError: ``keystore-pin-missing`` or ``keystore-open-to-others``.
    """

    def read() -> str:
        try:
            require_private(path)
            return _present(path.read_text().strip(), f"file {path}")
        except (OSError, UnicodeDecodeError) as cause:
            raise _missing(f"file {path}") from cause

    return read


def pin_in_environment(name: str) -> Pin:
    """An environment variable; raises, when asked for, LocalError ``keystore-pin-missing``."""
    return lambda: _present(os.environ.get(name, ""), f"environment variable {name}")


def _present(pin: str, source: str) -> str:
    if not pin:
        raise _missing(source)
    return pin


def _missing(source: str) -> LocalError:
    message = "There is no PIN where one is expected."
    return LocalError("keystore-pin-missing", message, where=source, hint="Put the token's user PIN there.")
