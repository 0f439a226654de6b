"""Does a revoked gateway stay out? Let a guest in, revoke it while it is connected; see how long it lasts.

The guest is a gateway more on the home's connection, so that the home's own one is left alone.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from meterkast.assurance.evidence import Observation
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings
from meterkast.gateway.uplink import Uplink
from meterkast.model.errors import MeterkastError
from meterkast.model.event import DeviceEvent
from meterkast.model.identity import SystemTitle
from meterkast.outside.entropy import system_entropy
from meterkast.outside.journal import JournaledEnvelope
from meterkast.outside.keystore import Keystore
from meterkast.outside.links import tls
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.block import encode_payload
from meterkast.street.home import Home
from meterkast.street.street import Street

BOUND_SECONDS = 5.0
"""Within this time after its revocation a gateway must be refused, on a connection that is open too."""

_MAKER, _FIRST_GUEST = "MKG", 900_000
_TRIES = 20


async def look(street: Street, home: Home) -> Observation:
    """One envelope while the guest may, then revocation, then envelopes on the same and on a new line."""
    guest = await _Guest.arrive(street, home)
    found: list[str] = []
    uplink = await guest.dial()
    await guest.deliver(uplink)
    revoked = time.monotonic()
    guest.revoke(street)
    refused: float | None = None
    taken = 0
    while refused is None and taken < _TRIES and time.monotonic() < revoked + BOUND_SECONDS:
        try:
            await guest.deliver(uplink)
            taken += 1
        except MeterkastError:
            refused = time.monotonic() - revoked
    await uplink.close()
    if refused is None:
        found.append(f"a revoked gateway delivered {taken} envelopes on its open connection")
    again = await guest.is_let_in()
    if again:
        found.append("a revoked gateway was let in again on a new connection")
    detail = "; ".join(found) or (
        f"refused {1000 * (refused or 0):.0f} ms after the revocation on the open connection, after {taken} "
        f"envelopes more; a new connection is refused as well (bound: {BOUND_SECONDS:.0f} s)"
    )
    return Observation(holds=not found, observed=3, detail=detail)


@dataclass(slots=True, kw_only=True)
class _Guest:
    """A gateway with keys and certificates, and nothing else."""

    settings: GatewaySettings
    keystore: Keystore
    trust: TrustFolder
    counter: int = 0

    @classmethod
    async def arrive(cls, street: Street, home: Home) -> "_Guest":
        number = _FIRST_GUEST + len(street.centre.site.authority.devices())
        title = SystemTitle.of(_MAKER, number)
        keystore = await street.centre.admit(title, home.address)
        folder = keystore.folder.parent
        settings = replace(home.gateway.settings, title=title, folder=folder, module=None, gas_meter=None)
        return cls(settings=settings, keystore=keystore, trust=TrustFolder(settings.trust))

    async def dial(self) -> Uplink:
        headend = self.settings.headend
        context = self.keystore.tls_context("tls", trust=self.trust, server_side=False)
        return Uplink(await tls.connect(headend.host, headend.port, context, headend.server_name))

    async def deliver(self, uplink: Uplink) -> None:
        self.counter += 1
        now = datetime.now(UTC)
        created = int(now.timestamp())
        told = DeviceEvent(code="guest", device=str(self.settings.title), at=created, detail="a probe")
        sealer = Sealer(self.settings, self.keystore, self.trust, system_entropy)
        octets = sealer.seal(encode_payload([], [told]), counter=self.counter, created=created, now=now)
        await uplink.deliver(JournaledEnvelope(counter=self.counter, created=created, octets=octets))

    def revoke(self, street: Street) -> None:
        authority = street.centre.site.authority
        for issued in authority.issued(str(self.settings.title)):
            authority.revoke(issued.certificate.serial_number, datetime.now(UTC))

    async def is_let_in(self) -> bool:
        try:
            uplink = await self.dial()
            await self.deliver(uplink)
        except (MeterkastError, OSError):
            return False
        await uplink.close()
        return True
