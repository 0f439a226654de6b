"""The least protection that is accepted: it can rise and never fall (Blue Book 4.4.7, ENCS WP-056)."""

from collections.abc import Callable

from meterkast.model.errors import TrustError
from meterkast.protocols.dlms.security import AUTHENTICATED_ENCRYPTED, SecurityControl

_PROTECTION = SecurityControl.AUTHENTICATED | SecurityControl.ENCRYPTED
_SUITE = 0x0F


class PolicyFloor:
    """The floor of one association or device.

    Args:
        suite: security suite; messages in any other are refused.
        protection: the least protection of a message.
        store: keeps a new floor, durably, before it is in force.
    """

    def __init__(
        self,
        suite: int = 0,
        protection: SecurityControl = AUTHENTICATED_ENCRYPTED,
        *,
        store: Callable[[int, SecurityControl], None] = lambda _suite, _protection: None,
    ) -> None:
        self._suite = suite
        self._protection = protection
        self._store = store

    @property
    def control(self) -> int:
        """The security control octet of a message with just this much protection."""
        return self._protection | self._suite

    def rise(self, suite: int, protection: SecurityControl) -> None:
        """Asks for at least this much from now on.

        Raises:
            TrustError: ``security-policy-lowered`` where it is less in any respect; nothing changes then.
        """
        if suite < self._suite or self._protection & ~protection:
            raise TrustError("security-policy-lowered", "The security policy can rise and never fall.")
        self._store(suite, protection & _PROTECTION)
        self._suite, self._protection = suite, protection & _PROTECTION

    def check(self, control: int, *, compressed: bool = False) -> None:
        """Whether a message with this security control octet is protected enough.

        Args:
            control: as sent.
            compressed: whether messages may be compressed.

        Raises:
            TrustError: ``security-policy`` for less protection, another suite, the broadcast key, or
                compression that was not asked for.
        """
        flags = SecurityControl(control & ~_SUITE)
        if compressed:
            flags &= ~SecurityControl.COMPRESSED
        if control & _SUITE != self._suite or self._protection & ~flags or flags & ~_PROTECTION:
            raise TrustError("security-policy", "The message is less protected than agreed.")
