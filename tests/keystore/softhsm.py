"""A SoftHSM token in a folder of its own, for every test that needs keys in a token."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from meterkast.outside.keystore.token import release

_PLACES = (
    "/usr/lib/softhsm",
    "/usr/lib/x86_64-linux-gnu/softhsm",
    "/usr/lib64/pkcs11",
    "/usr/local/lib/softhsm",
)
MODULE = next(
    (found for place in _PLACES if (found := Path(place, "libsofthsm2.so")).exists()), Path("libsofthsm2.so")
)
LABEL = "meterkast"

needs_softhsm = pytest.mark.skipif(
    not MODULE.exists() or shutil.which("softhsm2-util") is None, reason="needs SoftHSM 2 (Debian: softhsm2)"
)


@dataclass
class SoftHsm:
    """Tokens in a folder. This process, and those it starts, see these and no others."""

    folder: Path
    module: Path = MODULE
    label: str = LABEL
    pins: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, label: str) -> None:
        """One more token, with a PIN that nobody has used before."""
        self.pins[label] = secrets.token_hex(8)
        release(self.module)
        arguments = ("--label", label, "--pin", self.pins[label], "--so-pin", secrets.token_hex(8))
        command = ("softhsm2-util", "--module", str(self.module), "--init-token", "--free", *arguments)
        subprocess.run(command, check=True, capture_output=True)

    def pin(self) -> str:
        """The PIN of the first token, as keystores take it."""
        return self.pins[self.label]

    def lose_session(self) -> None:
        """What a restart of the token's daemon, or somebody else in this process, does to us."""
        import pkcs11

        pkcs11.lib(str(self.module)).reinitialize()

    def unplug(self) -> None:
        """The token is no longer there."""
        self._tokens.rename(self.folder / "unplugged")
        self._tokens.mkdir()

    def plug_in(self) -> None:
        """It is there again."""
        self._tokens.rmdir()
        (self.folder / "unplugged").rename(self._tokens)

    @property
    def _tokens(self) -> Path:
        return self.folder / "tokens"


@contextmanager
def token_in(folder: Path) -> Iterator[SoftHsm]:
    """A fresh token in the folder; use as ``with token_in(tmp_path / "hsm") as hsm``."""
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        hsm = SoftHsm(folder)
        hsm.add(hsm.label)
        yield hsm
    finally:
        release(MODULE)
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before
