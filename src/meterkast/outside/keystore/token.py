"""A PKCS#11 token, logged in: one session per process, opened anew once when it was lost."""

import hashlib
import hmac
import logging
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from meterkast.model.errors import LocalError, MeterkastError, UnreachableError
from meterkast.outside.keystore.pin import Pin

if TYPE_CHECKING:
    from pkcs11 import Session

_T = TypeVar("_T")
_log = logging.getLogger("meterkast.keystore")

_PIN_WRONG = LocalError, "keystore-pin-wrong", "The token does not accept the PIN."
_GONE = UnreachableError, "keystore-token-gone", "The token is not there."
_FAILED = UnreachableError, "keystore-token-failed", "The token does not do what it was asked."
_FINAL: dict[str, tuple[type[MeterkastError], str, str]] = {
    "PinIncorrect": _PIN_WRONG,
    "PinInvalid": _PIN_WRONG,
    "PinLenRange": _PIN_WRONG,
    "PinLocked": (LocalError, "keystore-pin-locked", "The token is locked after too many wrong PINs."),
    "MechanismInvalid": (LocalError, "keystore-mechanism-missing", "The token has no such mechanism."),
    "FunctionNotSupported": (LocalError, "keystore-mechanism-missing", "The token has no such function."),
}
"""What a new session would not change. A wrong PIN above all: trying it again would lock the token."""

_MEANINGS = _FINAL | {
    "NoSuchKey": (LocalError, "keystore-label-unknown", "The token has no key with this label."),
    "NoSuchToken": _GONE,
    "TokenNotPresent": _GONE,
    "TokenNotRecognised": _GONE,
    "DeviceRemoved": _GONE,
}


@dataclass(frozen=True, slots=True)
class _Login:
    session: "Session"
    process: int
    salt: bytes
    pin_digest: bytes


_LOCK = threading.RLock()
_logins: dict[tuple[str, str], _Login] = {}
"""By module and token: a token lets a process log in once, however many keystores stand on it."""


class Token:
    """Does work in a session of a token. Safe in threads: one piece of work at a time.

    Args:
        module: the PKCS#11 library of the token's maker.
        label: the token's label.
        pin: gives the user PIN.

    Raises:
        LocalError: ``keystore-pkcs11-missing`` without python-pkcs11, ``keystore-module-missing``,
            ``keystore-pin-missing``, ``keystore-pin-wrong``, ``keystore-pin-locked``, ``keystore-forked``.
        UnreachableError: ``keystore-token-gone``.
    """

    def __init__(self, module: Path, label: str, pin: Pin) -> None:
        self._module = module
        self._label = label
        self._pin = pin
        with _LOCK:
            self._require_same_pin()
            self._session()

    def run(self, work: "Callable[[Session], _T]") -> _T:
        """What ``work`` returns. It is done anew, once, where the session turns out to be lost.

        Raises:
            MeterkastError: as the constructor; LocalError ``keystore-label-unknown`` or
                ``keystore-mechanism-missing``; UnreachableError ``keystore-token-failed``.
        """
        failure = _pkcs11().PKCS11Error
        with _LOCK:
            try:
                return work(self._session())
            except failure as cause:
                if type(cause).__name__ in _FINAL or self._only_lacks_a_key(cause):
                    raise self._meant(cause) from cause
                _log.warning("keystore-session-lost token=%s cause=%s", self._label, type(cause).__name__)
            release(self._module)
            try:
                return work(self._session())
            except failure as cause:
                raise self._meant(cause) from cause

    def close(self) -> None:
        """Logs this process out of the token; the next piece of work asks for the PIN anew."""
        with _LOCK:
            _end(_logins.pop((str(self._module), self._label), None))

    def _only_lacks_a_key(self, cause: Exception) -> bool:
        """A token that holds other things is there; one that holds nothing may have gone."""
        if type(cause).__name__ != "NoSuchKey":
            return False
        with suppress(_pkcs11().PKCS11Error):
            return any(True for _ in self._session().get_objects())
        return False

    def _session(self) -> "Session":
        key = str(self._module), self._label
        if any(login.process != os.getpid() for login in _logins.values()):
            message = "A session with a token does not survive a fork."
            raise LocalError("keystore-forked", message, hint="Start processes with spawn, not fork.")
        if key not in _logins:
            _logins[key] = self._log_in()
        return _logins[key].session

    def _log_in(self) -> _Login:
        """Tries twice, for a library may know only the tokens that were there when it was started."""
        failure = _pkcs11().PKCS11Error
        try:
            return self._logged_in()
        except failure as cause:
            if type(cause).__name__ in _FINAL:
                raise self._meant(cause) from cause
        release(self._module)
        try:
            return self._logged_in()
        except failure as cause:
            raise self._meant(cause, otherwise=_GONE) from cause

    def _logged_in(self) -> _Login:
        if not self._module.is_file():
            message, hint = "There is no PKCS#11 library.", "Name the library that came with the token."
            raise LocalError("keystore-module-missing", message, where=str(self._module), hint=hint)
        token = _pkcs11().lib(str(self._module)).get_token(token_label=self._label)
        pin, salt = self._pin(), secrets.token_bytes(16)
        return _Login(token.open(rw=True, user_pin=pin), os.getpid(), salt, _digest(pin, salt))

    def _require_same_pin(self) -> None:
        """A process that is logged in already would be let in with any PIN."""
        login = _logins.get((str(self._module), self._label))
        if login is not None and not hmac.compare_digest(login.pin_digest, _digest(self._pin(), login.salt)):
            kind, code, message = _PIN_WRONG
            raise kind(code, message, where=f"token {self._label}")

    def _meant(
        self, cause: Exception, otherwise: tuple[type[MeterkastError], str, str] = _FAILED
    ) -> MeterkastError:
        kind, code, message = _MEANINGS.get(type(cause).__name__, otherwise)
        return kind(code, message, where=f"token {self._label}")


def release(module: Path) -> None:
    """Ends this process's sessions with all tokens of a module; the next piece of work starts it anew."""
    with _LOCK:
        for key in [key for key in _logins if key[0] == str(module)]:
            _end(_logins.pop(key))
        with suppress(_pkcs11().PKCS11Error):
            _pkcs11().lib(str(module)).finalize()


def require_alive(session: "Session") -> None:
    """Call it before a search: one in a lost session leaves a cursor behind that complains when collected."""
    session.generate_random(64)


def _end(login: _Login | None) -> None:
    if login is not None:
        with suppress(_pkcs11().PKCS11Error):
            login.session.close()


def _pkcs11() -> ModuleType:
    try:
        import pkcs11
    except ImportError as cause:
        raise LocalError(
            "keystore-pkcs11-missing",
            "Keys in a token need the extra `hsm`.",
            hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[hsm]'.",
        ) from cause
    return pkcs11


def _digest(pin: str, salt: bytes) -> bytes:
    return hashlib.blake2b(pin.encode(), key=salt).digest()
