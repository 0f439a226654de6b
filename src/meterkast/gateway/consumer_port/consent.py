"""What the household has agreed to: which clients read along, and whether the plain P1 stream is on.

It is kept in files of the gateway's own folder, so that the button can be pressed and a client be unpaired
whether the gateway runs or not; one that runs sees it at once.
"""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.entropy import Entropy, system_entropy
from meterkast.outside.keystore.folder import PrivateFolder
from meterkast.protocols.x1.pairing import SALT_LENGTH, code_key, new_code

WINDOW_SECONDS = 120
TRIES = 3
MOST_CLIENTS = 16
_WINDOW, _CLIENT, _PLAIN = "window.json", ".client.json", "plain-p1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """A client that may read along.

    Attributes:
        name: what it called itself.
        certificate: the one it was paired with, DER.
        at: real time of the pairing, Unix seconds.
    """

    name: str
    certificate: bytes = field(repr=False)
    at: int

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal."""
        return sha256(self.certificate).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The two minutes after the button was pressed. The code itself is kept nowhere.

    Attributes:
        salt: goes to whoever comes.
        key: what the code stands for, with this salt.
        opened: real time, Unix seconds.
        tries: wrong codes that are still forgiven.
    """

    salt: bytes
    key: bytes = field(repr=False)
    opened: float
    tries: int = TRIES


class Consent:
    """The consent of one household.

    Args:
        folder: the gateway's folder for it; made where it is missing.
        now: real time, Unix seconds; people press buttons in real time.
        entropy: for codes and salts.

    Raises:
        LocalError: ``keystore-open-to-others`` where the folder is not private.
        DataError: ``x1-consent-malformed`` from whatever reads, where a file does not say what it should.
    """

    def __init__(
        self, folder: Path, *, now: Callable[[], float] = time.time, entropy: Entropy = system_entropy
    ) -> None:
        self._files = PrivateFolder(folder)
        self._now = now
        self._entropy = entropy

    @property
    def version(self) -> tuple[str, ...]:
        """Another one after every pairing, unpairing and switching."""
        return tuple(name for name in self._files.names() if name == _PLAIN or name.endswith(_CLIENT))

    def press_button(self) -> str:
        """Opens the window for one client and gives the code to show. An earlier code is void.

        Raises:
            LocalError: ``x1-clients-full``.
        """
        if len(self.paired()) >= MOST_CLIENTS:
            raise LocalError(
                "x1-clients-full",
                f"There are {MOST_CLIENTS} paired clients already.",
                hint="Unpair one first.",
            )
        code, salt = new_code(self._entropy), self._entropy(SALT_LENGTH)
        self._open(Window(salt=salt, key=code_key(code, salt), opened=self._now()))
        return code

    def window(self) -> Window | None:
        """The window, while it is open."""
        contents = self._files.read(_WINDOW)
        window = _read_window(contents) if contents else None
        open_still = window and window.tries > 0 and 0 <= self._now() - window.opened < WINDOW_SECONDS
        return window if open_still else None

    def miss(self) -> None:
        """Somebody gave a wrong code; after three of them the window is shut."""
        if window := self.window():
            self._open(replace(window, tries=window.tries - 1))

    def pair(self, certificate: bytes, name: str) -> Paired:
        """Lets this client read along from now on, and shuts the window."""
        client = Paired(name=name, certificate=certificate, at=int(self._now()))
        self._files.remove(_WINDOW)
        text = b64encode(certificate).decode()
        contents = {"name": name, "at": client.at, "certificate": text}
        self._files.write(client.fingerprint + _CLIENT, json.dumps(contents).encode())
        return client

    def paired(self) -> list[Paired]:
        """The clients that may read along, the first one first."""
        kept = (self._files.read(name) for name in self._files.names() if name.endswith(_CLIENT))
        return sorted((_read_client(contents) for contents in kept if contents), key=lambda each: each.at)

    def unpair(self, fingerprint: str) -> Paired:
        """Ends it for the client whose fingerprint begins so, also for the connection it has.

        Raises:
            LocalError: ``x1-client-unknown`` where there is none, or not only one.
        """
        found = [client for client in self.paired() if client.fingerprint.startswith(fingerprint.lower())]
        if len(found) != 1 or not fingerprint:
            raise LocalError(
                "x1-client-unknown",
                "There is no such paired client, or more than one.",
                hint="Give the fingerprint, or as much of its beginning as no other has.",
            )
        self._files.remove(found[0].fingerprint + _CLIENT)
        return found[0]

    @property
    def plain(self) -> bool:
        """Whether everybody in the house's network may read the P1 stream; off until switched on."""
        return _PLAIN in self._files.names()

    def switch_plain(self, *, on: bool) -> None:
        """Switches the P1 stream on or off."""
        if on:
            self._files.write(_PLAIN, b"")
        else:
            self._files.remove(_PLAIN)

    def _open(self, window: Window) -> None:
        contents = {
            "salt": window.salt.hex(),
            "key": window.key.hex(),
            "opened": window.opened,
            "tries": window.tries,
        }
        self._files.write(_WINDOW, json.dumps(contents).encode())


def _read_window(contents: bytes) -> Window:
    try:
        found = json.loads(contents)
        return Window(
            salt=bytes.fromhex(found["salt"]),
            key=bytes.fromhex(found["key"]),
            opened=float(found["opened"]),
            tries=int(found["tries"]),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise _malformed() from error


def _read_client(contents: bytes) -> Paired:
    try:
        found = json.loads(contents)
        certificate = b64decode(found["certificate"], validate=True)
        return Paired(name=str(found["name"]), certificate=certificate, at=int(found["at"]))
    except (ValueError, LookupError, TypeError) as error:
        raise _malformed() from error


def _malformed() -> DataError:
    return DataError("x1-consent-malformed", "A file of the household's consent does not say what it should.")
