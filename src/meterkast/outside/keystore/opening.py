"""``keystore.toml``: where the keys of a component are, in the folder of its keystore.

Without that file a folder is a software keystore. With it, and with paths that count from the folder::

    kind = "pkcs11"                         # or "sealed", or "software"
    module = "/usr/lib/softhsm/libsofthsm2.so"
    token = "meterkast"                     # the token's label
    pin-file = "/run/secrets/meterkast-pin" # or: pin-environment = "METERKAST_PIN"
    sealed = ["birth", "tls"]               # of "pkcs11" alone: keys that are not made in the token
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meterkast.model.deployment import Profile
from meterkast.model.errors import DataError, TrustError
from meterkast.outside.keystore.defaults import require_own_pin, require_own_secret
from meterkast.outside.keystore.divided import DividedKeystore
from meterkast.outside.keystore.keystore import Keystore
from meterkast.outside.keystore.pin import Pin, pin_in_environment, pin_in_file
from meterkast.outside.keystore.pkcs11 import Pkcs11Keystore
from meterkast.outside.keystore.sealed import SealedKeystore
from meterkast.outside.keystore.software import SoftwareKeystore
from meterkast.outside.trust import TrustFolder

SETTINGS = "keystore.toml"

_SOFTWARE, _PKCS11, _SEALED = "software", "pkcs11", "sealed"
_PINS = ("pin-file", "pin-environment")
_TOKEN_FIELDS = {"kind", "module", "token"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _TokenSettings:
    """What the file says where keys are in a token, or sealed by one."""

    kind: str
    module: Path
    token: str
    pin: Pin
    sealed: tuple[str, ...]

    def open(self, folder: Path) -> Keystore:
        where = self.module, self.token, self.pin, folder
        if self.kind == _SEALED:
            return SealedKeystore(*where)
        return DividedKeystore(*where, self.sealed) if self.sealed else Pkcs11Keystore(*where)


def open_keystore(
    folder: Path, profile: Profile = Profile.DEVELOPMENT, trust: TrustFolder | None = None
) -> Keystore:
    """The keystore of a folder, as its ``keystore.toml`` says.

    In production, keys in plain files, a PIN or secret that everybody knows, and a root that was made for
    development are refused before anything starts (RQ-25, AT-45).

    Args:
        folder: of the keystore.
        profile: what the component may start with.
        trust: what the component is going to believe, where it believes anything.

    Raises:
        DataError: ``keystore-settings-malformed``.
        TrustError: ``keystore-software-refused``, ``keystore-pin-default``, ``keystore-secret-default`` or
            ``trust-root-development``.
        LocalError, UnreachableError: as ``Token`` and ``SoftwareKeystore``.
    """
    settings = _settings(folder / SETTINGS)
    if settings is None:
        if profile is Profile.PRODUCTION:
            message = "Private keys in plain files are for development only."
            hint = f"Name a token in {SETTINGS}, with the kind `pkcs11` or `sealed`."
            raise TrustError("keystore-software-refused", message, where=str(folder), hint=hint)
        return SoftwareKeystore(folder)
    if profile is not Profile.PRODUCTION:
        return settings.open(folder)
    require_own_pin(settings.pin())
    if trust is not None:
        trust.require_production()
    keystore = settings.open(folder)
    for label in keystore.secrets():
        require_own_secret(keystore.secret(label), label)
    return keystore


def _settings(path: Path) -> _TokenSettings | None:
    """None where keys are in plain files."""
    if not path.is_file():
        return None
    try:
        document = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise _malformed(path, str(cause)) from cause
    if document == {"kind": _SOFTWARE}:
        return None
    sealed, kind = document.pop("sealed", []), document.get("kind")
    if not (
        isinstance(sealed, list) and all(isinstance(each, str) for each in (*sealed, *document.values()))
    ):
        raise _malformed(path, "every value is a text, and `sealed` a list of texts")
    wanted = [_TOKEN_FIELDS | {name} for name in _PINS]
    if not (kind in (_PKCS11, _SEALED) and set(document) in wanted and (kind == _PKCS11 or not sealed)):
        raise _malformed(path, f"it has {', '.join(sorted(document)) or 'nothing'}")
    return _TokenSettings(
        kind=document["kind"],
        module=path.parent / document["module"],
        token=document["token"],
        pin=_pin(document, path.parent),
        sealed=tuple(sealed),
    )


def _pin(document: dict[str, Any], folder: Path) -> Pin:
    if "pin-file" in document:
        return pin_in_file(folder / document["pin-file"])
    return pin_in_environment(document["pin-environment"])


def _malformed(path: Path, what: str) -> DataError:
    return DataError(
        "keystore-settings-malformed",
        f"The keystore's settings do not hold: {what}.",
        where=str(path),
        hint='kind, module, token, pin-file or pin-environment; for kind = "software" nothing else.',
    )
