"""What a server says unasked, and what of it the client has not confirmed (Green Book 9.3.10, 9.3.11)."""

from typing import Final, TypeAlias

from meterkast.model.errors import LocalError
from meterkast.protocols.dlms.apdu import (
    Conformance,
    DataNotification,
    DataNotificationConfirm,
    EventNotification,
)

Notification: TypeAlias = DataNotification | EventNotification

NEEDED: Final[dict[type[Notification], Conformance]] = {
    DataNotification: Conformance.DATA_NOTIFICATION,
    EventNotification: Conformance.EVENT_NOTIFICATION,
}
"""What must have been agreed for each."""

_MOST: Final = 64


class Notices:
    """The confirmed data-notifications of one client. They outlive its association: when, how often and
    whether to say one again is for whoever drives the server to decide.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, DataNotification] = {}

    @property
    def waiting(self) -> tuple[DataNotification, ...]:
        """Those that went out and were not confirmed, oldest first."""
        return tuple(self._waiting.values())

    def note(self, message: Notification) -> None:
        """A notification is about to go out, for the first time or once more.

        Raises:
            LocalError: ``dlms-unconfirmed-full`` where too many wait, ``dlms-invoke-taken`` where another one
                waits under the same number.
        """
        if not isinstance(message, DataNotification) or not message.invoke.confirmed:
            return
        waiting = self._waiting.get(message.invoke.number)
        if waiting not in (None, message):
            raise LocalError("dlms-invoke-taken", "Another notification waits under the same number.")
        if waiting is None and len(self._waiting) >= _MOST:
            raise LocalError("dlms-unconfirmed-full", f"{_MOST} notifications wait for their confirmation.")
        self._waiting[message.invoke.number] = message

    def confirm(self, message: DataNotificationConfirm) -> None:
        """The client has taken it; a confirmation of something else says nothing."""
        self._waiting.pop(message.invoke.number, None)

    def drop(self, message: DataNotification) -> None:
        """It is not said again."""
        self._waiting.pop(message.invoke.number, None)
