"""Which module this gateway is paired with, and the quarantine after another one has shown itself (RQ-22).

It is kept in a file of the gateway's own folder, so that the operator's decision counts whether the gateway
runs or not; one that runs sees it at once.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore.folder import PrivateFolder
from meterkast.protocols.dlms.acse.names import Mechanism
from meterkast.protocols.dlms.hls import Authentication, Challenges
from meterkast.protocols.dlms.hls5 import Hls5

_FILE = "module.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What is known of the module.

    Attributes:
        module: system title, eight octets, of the one that has proved the pairing key first; None before.
        stranger: title that came instead of it, or with a wrong key; None while none has.
        since: Unix seconds of metering time since when nothing is read; None while all is well.
    """

    module: bytes | None = None
    stranger: bytes | None = None
    since: int | None = None


class ModulePairing:
    """The pairing of one gateway with its measurement module.

    The first module that proves the pairing key is noted. Once another one has shown itself on the line,
    nothing is read from whatever hangs there until the operator has decided; a module keeps its days.

    Args:
        folder: the gateway's folder for it; made where it is missing.

    Raises:
        LocalError: ``keystore-open-to-others`` where the folder is not private.
        DataError: ``module-pairing-malformed`` from whatever reads, where the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._files = PrivateFolder(folder)

    def known(self) -> Pairing:
        """How it stands."""
        contents = self._files.read(_FILE)
        return Pairing() if contents is None else _read(contents)

    def require_open(self) -> None:
        """Returns where the module may be asked.

        Raises:
            LocalError: ``module-quarantined``.
        """
        if self.known().since is not None:
            raise LocalError(
                "module-quarantined",
                "Another module than the one that was paired has been on the line.",
                hint="`meterkast gateway module pair` ends it, once the operator has looked.",
            )

    def meet(self, title: bytes, now: int) -> None:
        """A module presents itself, before it has proved anything.

        Raises:
            TrustError: ``module-swapped`` where another one is noted; it is quarantined from now on.
        """
        if self.known().module not in (None, title):
            self.distrust(title, now)

    def note(self, title: bytes) -> None:
        """This module has proved the pairing key."""
        if self.known().module is None:
            self._write(Pairing(module=title))

    def distrust(self, title: bytes, now: int) -> None:
        """What is on the line is not the module that is noted. Nothing happens where none is noted.

        Raises:
            TrustError: ``module-swapped``.
        """
        module = self.known().module
        if module is not None:
            self._write(Pairing(module=module, stranger=title, since=now))
            raise TrustError("module-swapped", "The module is not the one that was paired.")

    def pair(self) -> None:
        """The operator's decision: the module that proves the pairing key next is the one."""
        self._write(Pairing())

    def watch(self, proof: Hls5, now: Callable[[], float]) -> Authentication:
        """Our side of the authentication, watched for who is on the other."""
        return _Watched(proof, self, now)

    def _write(self, pairing: Pairing) -> None:
        contents = {
            "module": _text(pairing.module),
            "stranger": _text(pairing.stranger),
            "since": pairing.since,
        }
        self._files.write(_FILE, json.dumps(contents).encode())


@dataclass(frozen=True, slots=True)
class _Watched:
    """Mechanism 5, with an eye on who is on the other side."""

    proof: Hls5
    pairing: ModulePairing
    now: Callable[[], float]

    @property
    def mechanism(self) -> Mechanism:
        return self.proof.mechanism

    @property
    def title(self) -> SystemTitle:
        return self.proof.title

    @property
    def titled(self) -> bool:
        return self.proof.titled

    @property
    def new_challenge(self) -> Callable[[], bytes]:
        """In quarantine nobody is challenged, so nobody is asked for an association."""
        self.pairing.require_open()
        return self.proof.new_challenge

    def answer(self, seen: Challenges) -> bytes:
        """A stranger gets no proof of ours."""
        self.pairing.meet(seen.peer_title, int(self.now()))
        return self.proof.answer(seen)

    def check(self, seen: Challenges, answer: bytes) -> None:
        try:
            self.proof.check(seen, answer)
        except TrustError:
            self.pairing.distrust(seen.peer_title, int(self.now()))
            raise
        self.pairing.note(seen.peer_title)


def pairing_folder(gateway: Path) -> Path:
    """Where a gateway with this folder keeps what it knows of its module."""
    return gateway / "pairing"


def _read(contents: bytes) -> Pairing:
    try:
        found = json.loads(contents)
        return Pairing(
            module=_octets(found["module"]),
            stranger=_octets(found["stranger"]),
            since=None if found["since"] is None else int(found["since"]),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(
            "module-pairing-malformed", "The file on the module does not say what it should."
        ) from error


def _octets(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _text(octets: bytes | None) -> str | None:
    return None if octets is None else octets.hex()
