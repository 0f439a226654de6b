"""A rehearsal: the same script, code and checks, with people and time from a seed, and a token in SoftHSM.

Two rehearsals with one seed have the same transcript but for the keys, which the token makes, and what
follows from them: certificates, lists and hashes. Nothing that comes out of a rehearsal may be used.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256, shake_256
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.outside.entropy import Entropy
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.keystore.token import release
from meterkast.pki.ceremony.people import Roster
from meterkast.pki.ceremony.requests import make_requests
from meterkast.pki.ceremony.script import Script, Step
from meterkast.pki.ceremony.stage import Stage
from meterkast.pki.ceremony.token import TokenPlace
from meterkast.pki.ceremony.transcript import held_already
from meterkast.protocols.x509 import RULES

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_PACE = timedelta(minutes=1)
_TOKEN = "rehearsal"
_PLACES = (
    "/usr/lib/softhsm",
    "/usr/lib/x86_64-linux-gnu/softhsm",
    "/usr/lib64/pkcs11",
    "/usr/local/lib/softhsm",
)


class RehearsedPeople:
    """People who say what a seed says. Who is ``absent`` does not come; who is ``mistaken`` has forgotten."""

    def __init__(self, seed: str, *, tell: Callable[[Step], None] = lambda _: None) -> None:
        self._seed = seed
        self._tell = tell
        self.absent: set[str] = set()
        self.mistaken: set[str] = set()

    def announce(self, step: Step) -> None:
        """Tells what comes now to whoever watches the rehearsal."""
        self._tell(step)

    def present(self, holders: tuple[str, ...]) -> tuple[str, ...]:
        """All that are not absent."""
        return tuple(name for name in holders if name not in self.absent)

    def new_passphrase(self, holder: str) -> str:
        """Another one for each holder."""
        return sha256(f"{self._seed}/{holder}".encode()).hexdigest()[:24]

    def passphrase(self, holder: str) -> str:
        """The same again, or not."""
        return self.new_passphrase(f"not {holder}" if holder in self.mistaken else holder)


def rehearsed_entropy(seed: str) -> Entropy:
    """The same octets for the same seed, call by call. For rehearsals alone."""
    count = 0

    def draw(octets: int) -> bytes:
        nonlocal count
        count += 1
        return shake_256(f"meterkast rehearsal/{seed}/{count}".encode()).digest(octets)

    return draw


def rehearsed_clock(begin: datetime = BEGIN) -> Callable[[], datetime]:
    """Virtual time: a minute passes whenever somebody looks."""
    now = begin

    def look() -> datetime:
        nonlocal now
        now += _PACE
        return now

    return look


def rehearsed_roster(script: Script) -> Roster:
    """Invented names."""
    holders = tuple(f"Holder {number}" for number in range(1, script.holders + 1))
    return Roster(holders=holders, roles={role: role.capitalize() for role in script.roles})


@contextmanager
def rehearsal(
    folder: Path,
    script: Script,
    *,
    operator: str,
    seed: str,
    module: Path | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Iterator[Stage]:
    """A stage for a rehearsal in this folder, with a SoftHSM token that exists as long as the block lasts.

    Raises:
        LocalError: ``ceremony-softhsm-missing``, or ``ceremony-held-already`` where the folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise held_already(folder)
    library = module or softhsm()
    requests = folder / "requests"
    keys = SoftwareKeystore(folder / "issuing")
    make_requests(script.authorities, keys, requests, rules=RULES, now=BEGIN)
    with _token(folder / "token", library) as pins:
        yield Stage(
            folder=folder,
            operator=operator,
            script=script,
            roster=rehearsed_roster(script),
            people=RehearsedPeople(seed, tell=tell),
            place=TokenPlace(
                module=library,
                label=_TOKEN,
                folder=folder / "root",
                user_pin=lambda: pins[0],
                so_pin=lambda: pins[1],
            ),
            requests=requests,
            clock=rehearsed_clock(),
            entropy=rehearsed_entropy(seed),
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
def _token(folder: Path, library: Path) -> Iterator[tuple[str, str]]:
    """A fresh token under PINs for the first minute; this process sees no other meanwhile."""
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    pins = secrets.token_hex(8), secrets.token_hex(8)
    try:
        release(library)
        arguments = ("--label", _TOKEN, "--pin", pins[0], "--so-pin", pins[1])
        command = ("softhsm2-util", "--module", str(library), "--init-token", "--free", *arguments)
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as cause:
            raise _no_softhsm() from cause
        yield pins
    finally:
        release(library)
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before


def _no_softhsm() -> LocalError:
    hint = "On Debian: apt install softhsm2."
    return LocalError("ceremony-softhsm-missing", "A rehearsal needs SoftHSM 2.", hint=hint)
