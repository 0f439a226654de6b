"""The consumer port as one thing: whatever wires it has, all show the same instant."""

import logging
from pathlib import Path

from meterkast.gateway.consumer_port.consent import Consent
from meterkast.gateway.consumer_port.showing import Showing
from meterkast.gateway.consumer_port.wire import Wire
from meterkast.gateway.consumer_port.x1 import X1Door
from meterkast.gateway.line import Line
from meterkast.gateway.settings import Endpoint
from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import open_keystore
from meterkast.outside.links.audience import Audience

_LOG = logging.getLogger("meterkast.gateway")


class ConsumerPort:
    """The wires into the house.

    Args:
        title: the gateway's.
        folder: where the household's consent and the key of X1 are kept, see ``consent_folder``.
        wire: a P1 line; None where there is none.
        profile: what X1 may start with; in production no key in a plain file.
    """

    def __init__(
        self,
        title: SystemTitle,
        folder: Path,
        wire: Line | None = None,
        profile: Profile = Profile.DEVELOPMENT,
    ) -> None:
        self._title = title
        self._folder = folder
        self._profile = profile
        self._wire = Wire(wire) if wire else None
        self._consent: Consent | None = None
        self._x1: X1Door | None = None
        self._plain = Audience()
        self._plain_at: Endpoint | None = None

    @property
    def x1(self) -> int | None:
        """The TCP port of X1; None while it is closed."""
        return self._x1.audience.port if self._x1 else None

    @property
    def p1(self) -> int | None:
        """The TCP port of the plain P1 stream; None while it is closed."""
        return self._plain.port

    @property
    def listeners(self) -> int:
        """How many clients are connected."""
        return self._plain.size + (self._x1.audience.size if self._x1 else 0)

    def open(self, x1: Endpoint | None, p1: Endpoint | None) -> None:
        """Listens in the house: for X1 at once, for plain P1 as soon as the household has switched it on.

        Raises:
            LocalError: ``port-unusable``, or as ``X1Door``.
            MeterkastError: as ``open_keystore``.
        """
        if x1 is None and p1 is None:
            return
        self._consent = Consent(self._folder)
        self._plain_at = p1
        if x1:
            keystore = open_keystore(self._folder, self._profile)
            self._x1 = X1Door(keystore, self._consent, str(self._title))
            self._x1.audience.open(x1.host, x1.port)

    async def show(self, showing: Showing) -> None:
        """Shows an instant on every wire; none of them is waited for."""
        if self._wire:
            self._wire.tell(showing.telegram)
        if self._x1:
            self._x1.refresh()
            self._x1.audience.tell(showing.line)
        if self._consent and self._plain_at:
            await self._switch_plain(self._plain_at, on=self._consent.plain)
            self._plain.tell(showing.telegram)

    async def close(self) -> None:
        """Hangs up everywhere."""
        if self._wire:
            await self._wire.close()
        if self._x1:
            await self._x1.audience.close()
        await self._plain.close()

    async def _switch_plain(self, at: Endpoint, *, on: bool) -> None:
        if on and self._plain.port is None:
            try:
                self._plain.open(at.host, at.port)
            except LocalError as error:
                _LOG.warning("%s %s", error.code, error.where)
        elif not on and self._plain.port is not None:
            await self._plain.close()


def consent_folder(gateway: Path) -> Path:
    """Where a gateway with this folder keeps the consent of its household."""
    return gateway / "x1"
