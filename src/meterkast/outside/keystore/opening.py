"""``keystore.toml``: where the keys of a component are, in the folder of its keystore.

Without that file a folder is a software keystore. With it, and with paths that count from the folder::

    kind = "pkcs11"                         # or "sealed", or "software"
    module = "/usr/lib/softhsm/libsofthsm2.so"
    token = "meterkast"                     # the token's label
    pin-file = "/run/secrets/meterkast-pin" # or: pin-environment = "METERKAST_PIN"
"""

import tomllib
from pathlib import Path

from meterkast.model.deployment import Profile
from meterkast.model.errors import DataError, TrustError
from meterkast.outside.keystore.defaults import require_own_pin, require_own_secret
from meterkast.outside.keystore.keystore import Keystore
from meterkast.outside.keystore.pin import Pin, pin_in_environment, pin_in_file
from meterkast.outside.keystore.pkcs11 import Pkcs11Keystore
from meterkast.outside.keystore.sealed import SealedKeystore
from meterkast.outside.keystore.software import SoftwareKeystore
from meterkast.outside.trust import TrustFolder

SETTINGS = "keystore.toml"

_KINDS: dict[str, type[Pkcs11Keystore] | type[SealedKeystore]] = {
    "pkcs11": Pkcs11Keystore,
    "sealed": SealedKeystore,
}
_PINS = ("pin-file", "pin-environment")
_TOKEN_FIELDS = {"kind", "module", "token"}


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
    production = profile is Profile.PRODUCTION
    if settings["kind"] == "software":
        if production:
            message = "Private keys in plain files are for development only."
            hint = f"Name a token in {SETTINGS}, with the kind `pkcs11` or `sealed`."
            raise TrustError("keystore-software-refused", message, where=str(folder), hint=hint)
        return SoftwareKeystore(folder)
    pin = _pin(settings, folder)
    if production:
        require_own_pin(pin())
        if trust is not None:
            trust.require_production()
    module = folder / settings["module"]
    keystore: Keystore = _KINDS[settings["kind"]](module, settings["token"], pin, folder)
    if production:
        for label in keystore.secrets():
            require_own_secret(keystore.secret(label), label)
    return keystore


def _settings(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {"kind": "software"}
    try:
        settings = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise _malformed(path, str(cause)) from cause
    if not all(isinstance(value, str) for value in settings.values()):
        raise _malformed(path, "every value is a text")
    fields = set(settings)
    software = settings.get("kind") == "software" and fields == {"kind"}
    token = settings.get("kind") in _KINDS and any(fields == _TOKEN_FIELDS | {pin} for pin in _PINS)
    if not (software or token):
        raise _malformed(path, f"it has {', '.join(sorted(fields)) or 'nothing'}")
    return settings


def _pin(settings: dict[str, str], folder: Path) -> Pin:
    if "pin-file" in settings:
        return pin_in_file(folder / settings["pin-file"])
    return pin_in_environment(settings["pin-environment"])


def _malformed(path: Path, what: str) -> DataError:
    return DataError(
        "keystore-settings-malformed",
        f"The keystore's settings do not hold: {what}.",
        where=str(path),
        hint='kind, module, token, and pin-file or pin-environment; for kind = "software" nothing else.',
    )
