"""Presence: whether a gateway is in one place. One gateway has one connection that it delivers over."""

from collections.abc import Callable

Suspect = Callable[[str], None]
"""Puts all that a gateway sends from now on into quarantine, durably; may block."""


class Presence:
    """The connections of all gateways that have delivered, in the order in which each first did so.

    A gateway that has lost its connection opens another and never comes back to the first. Two connections
    that take turns are therefore two gateways of one name: a clone and its original (AT-16).

    Attributes:
        suspect: what to do about it.
    """

    def __init__(self, suspect: Suspect) -> None:
        self.suspect = suspect
        self._newest: dict[str, object] = {}
        self._overtaken: dict[str, list[object]] = {}

    def deliver(self, gateway: str, connection: object) -> None:
        """This connection has brought an envelope."""
        newest = self._newest.get(gateway)
        if newest is connection or self.is_overtaken(gateway, connection):
            return
        if newest is not None:
            self._overtaken.setdefault(gateway, []).append(newest)
        self._newest[gateway] = connection

    def is_overtaken(self, gateway: str, connection: object) -> bool:
        """Whether a newer connection has delivered since this one did."""
        return connection in self._overtaken.get(gateway, ())

    def leave(self, gateway: str, connection: object) -> None:
        """The connection is over."""
        if self._newest.get(gateway) is connection:
            del self._newest[gateway]
        if self.is_overtaken(gateway, connection):
            self._overtaken[gateway].remove(connection)
            if not self._overtaken[gateway]:
                del self._overtaken[gateway]
