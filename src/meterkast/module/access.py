"""Who may ask the module what: all who it is and what time it has, its gateway everything, others nothing."""

from collections.abc import Callable

from meterkast.module.settings import ModuleSettings
from meterkast.outside.entropy import Entropy
from meterkast.protocols.cosem.device import DEVICE_NAME
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.hls5 import Hls5

PUBLIC_CLIENT = 16
GATEWAY_CLIENT = 1

_IDENTIFICATION = frozenset({"clock", "serial", "model", "firmware"})
_CHALLENGE_LENGTH = 16


def grants(
    settings: ModuleSettings, *, next_counter: Callable[[], int], entropy: Entropy
) -> dict[int, Grant]:
    """What each client id may do. Reading is all there is: no grant allows to write or to call anything.

    Args:
        settings: the module's settings, with the pairing key.
        next_counter: gives a counter for each proof of the module's own.
        entropy: gives the octets of its challenges.
    """
    open_to_all = [entry.name for entry in settings.profile.objects if entry.shows in _IDENTIFICATION]
    half = len(settings.pairing_key) // 2
    pairing = Hls5(
        title=settings.title,
        encryption_key=settings.pairing_key[:half],
        authentication_key=settings.pairing_key[half:],
        next_counter=next_counter,
        new_challenge=lambda: entropy(_CHALLENGE_LENGTH),
    )
    return {
        PUBLIC_CLIENT: Grant(rights=dict.fromkeys([DEVICE_NAME, *open_to_all], Right.READ)),
        GATEWAY_CLIENT: Grant(hls5=pairing, otherwise=Right.READ),
    }
