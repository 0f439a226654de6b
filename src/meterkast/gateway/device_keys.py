"""The keys that a gateway shares with the devices behind it: secrets of its keystore, set at installation."""

from enum import StrEnum
from pathlib import Path

from meterkast.gateway.settings import KEYSTORE
from meterkast.model.deployment import Profile
from meterkast.model.errors import DataError
from meterkast.outside.keystore import open_keystore
from meterkast.outside.keystore.defaults import require_own_secret


class DeviceKey(StrEnum):
    """Under which label a key is kept."""

    PAIRING = "pairing"
    """With the module: 16 octets to encrypt, 16 to authenticate."""
    GAS = "gas"
    """With the gas meter: its user key, 16 octets."""


_OCTETS = {DeviceKey.PAIRING: 32, DeviceKey.GAS: 16}


def keep_key(gateway: Path, which: DeviceKey, octets: bytes, profile: Profile = Profile.DEVELOPMENT) -> None:
    """Keeps a device's key in place of the one before; a gateway that runs takes it at its next start.

    Args:
        gateway: the gateway's folder.
        which: the device.
        octets: the key itself.
        profile: of the gateway; in production a keystore of plain files and a key out of a book are refused.

    Raises:
        DataError: ``device-key-length``.
        MeterkastError: as ``open_keystore``.
    """
    if len(octets) != _OCTETS[which]:
        message = f"This key has {_OCTETS[which]} octets."
        raise DataError(
            "device-key-length", message, where=which, hint="The file is the key itself, not in hex."
        )
    if profile is Profile.PRODUCTION:
        require_own_secret(octets, which)
    open_keystore(gateway / KEYSTORE, profile).put_secret(which, octets)
