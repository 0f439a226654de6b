"""Tokens in software, in a folder of their own: SoftHSM 2, for rehearsals."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.outside.keystore.token import release

_PLACES = (
    "/usr/lib/softhsm",
    "/usr/lib/x86_64-linux-gnu/softhsm",
    "/usr/lib64/pkcs11",
    "/usr/local/lib/softhsm",
)


def softhsm() -> Path:
    """The library of SoftHSM 2.

    Raises:
        LocalError: ``ceremony-softhsm-missing``.
    """
    for place in _PLACES:
        library = Path(place, "libsofthsm2.so")
        if library.is_file() and shutil.which("softhsm2-util"):
            return library
    raise _no_softhsm()


@contextmanager
def tokens_in(folder: Path, library: Path) -> Iterator[None]:
    """This process sees the tokens in this folder, and no others, as long as the block lasts."""
    (folder / "tokens").mkdir(parents=True, exist_ok=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        release(library)
        yield
    finally:
        release(library)
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before


def new_token(label: str, library: Path) -> tuple[str, str]:
    """Makes a token, and gives its two first PINs: the user's and the security officer's.

    Raises:
        LocalError: ``ceremony-softhsm-missing``.
    """
    pins = secrets.token_hex(8), secrets.token_hex(8)
    arguments = ("--label", label, "--pin", pins[0], "--so-pin", pins[1])
    command = ("softhsm2-util", "--module", str(library), "--init-token", "--free", *arguments)
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as cause:
        raise _no_softhsm() from cause
    return pins


def _no_softhsm() -> LocalError:
    hint = "On Debian: apt install softhsm2."
    return LocalError("ceremony-softhsm-missing", "A rehearsal needs SoftHSM 2.", hint=hint)
