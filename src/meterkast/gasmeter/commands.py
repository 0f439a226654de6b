"""What the gas meter does when it is told: take a new user key, set its clock. Anything else it refuses."""

from collections.abc import Callable

from meterkast.gasmeter.counter import FrameCounter
from meterkast.gasmeter.user_key import UserKey
from meterkast.protocols.mbus.frame import LongFrame
from meterkast.protocols.mbus.gas_command import SetKey, open_command
from meterkast.protocols.mbus.identity import Identity


class Commands:
    """The keys and the counter of a meter that takes commands.

    Args:
        default_key: the key it was made with, 16 octets; only opens new user keys.
        user_key: the key in force.
        counter: the frame counter, which bears on both directions.
        set_clock: sets the meter's clock to Unix seconds.
    """

    def __init__(
        self, default_key: bytes, user_key: UserKey, counter: FrameCounter, set_clock: Callable[[float], None]
    ) -> None:
        self._default_key = default_key
        self._user_key = user_key
        self._counter = counter
        self._set_clock = set_clock

    @property
    def user_key(self) -> bytes:
        """The key that telegrams are encrypted under."""
        return self._user_key.octets

    def obey(self, received: LongFrame, device: Identity) -> None:
        """Does what the frame says.

        Raises:
            PeerError: it is no command for a gas meter.
            TrustError: it is not one of who holds the keys, or an old one.
        """
        command = open_command(received, device, self._user_key.octets, self._default_key, self._counter.last)
        if isinstance(command, SetKey):
            self._user_key.replace(command.user_key)
        else:
            self._counter.accept(command.counter)
            self._set_clock(command.at)
