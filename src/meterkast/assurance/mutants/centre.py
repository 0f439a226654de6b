"""Centres that let in whom they should not, and a supply that hangs on the module."""

import asyncio
import contextlib
import json
from pathlib import Path

from sqlalchemy import Engine

from meterkast.gateway.gateway import Gateway
from meterkast.gateway.settings import GatewaySettings, HeadEndAddress
from meterkast.headend.admission import Admission
from meterkast.headend.server import HeadEnd, HeadEndSettings
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.guarded import GuardedReadings
from meterkast.mdm.policy import Asker, Policy, Purpose, Role, Rule
from meterkast.mdm.store import StoredBlock
from meterkast.model.errors import MeterkastError
from meterkast.model.identity import SystemTitle
from meterkast.outside.clock import Clock, SystemClock
from meterkast.outside.links import Link
from meterkast.outside.links.fault import FaultyLink
from meterkast.protocols.x509 import PathCache
from meterkast.street.centre import vendor_keystore
from meterkast.street.homes.household import Household
from meterkast.street.parts import Parts
from meterkast.street.supply import Supply


class EndpointWithoutRule(Parts):
    """A way to the readings that somebody made for vendors, for maintenance, and forgot to guard."""

    name = "an endpoint without a rule"

    def readings(self, database: Engine, clock: Clock) -> GuardedReadings:
        """A guard with a back door."""
        return _BackDoor(database, Policy.packaged(), clock)


class _BackDoor(GuardedReadings):
    def blocks(self, asker: Asker, purpose: Purpose, query: Query) -> list[StoredBlock]:
        if asker.role is Role.VENDOR and purpose is Purpose.MAINTENANCE:
            return list(Readings(self._database).blocks(query))
        return super().blocks(asker, purpose, query)


class UnloggedDenial(Parts):
    """A guard that denies as it should, and writes down only what it allowed."""

    name = "denials that are not logged"

    def readings(self, database: Engine, clock: Clock) -> GuardedReadings:
        """A guard with half a memory."""
        return _HalfMemory(database, Policy.packaged(), clock)


class _HalfMemory(GuardedReadings):
    def _log(
        self, asker: Asker, purpose: Purpose, query: Query, connections: dict[str, str], rule: Rule | None
    ) -> None:
        if rule is not None:
            super()._log(asker, purpose, query, connections, rule)


class BlindToTenants(Parts):
    """A guard that knows roles and purposes, and takes every operator for the right one."""

    name = "a guard that is blind to tenants"

    def readings(self, database: Engine, clock: Clock) -> GuardedReadings:
        """A guard that never asks whose."""
        return _Blind(database, Policy.packaged(), clock)


class _Blind(GuardedReadings):
    def _rule(self, asker: Asker, purpose: Purpose, query: Query, connections: dict[str, str]) -> Rule | None:
        del query, connections
        return self.policy.rule_for(asker.role, purpose)


class KeyAsPermission(Parts):
    """A guard that thinks: who can open the envelopes may just as well have the readings."""

    name = "a key that counts as permission"
    _site: Path | None = None

    async def headend(self, genuine: HeadEndAddress, site: Path) -> HeadEndAddress:
        """The genuine one; on the way we learn where the site is."""
        self._site = site
        return genuine

    def readings(self, database: Engine, clock: Clock) -> GuardedReadings:
        """A guard that looks at keyrings."""
        assert self._site is not None
        return _Keyring(database, Policy.packaged(), clock, self._site)


class _Keyring(GuardedReadings):
    def __init__(self, database: Engine, policy: Policy, clock: Clock, site: Path) -> None:
        super().__init__(database, policy, clock)
        self._site = site

    def blocks(self, asker: Asker, purpose: Purpose, query: Query) -> list[StoredBlock]:
        operators = (self._site / "mdm" / "keystore" / "enc.kem.pem").read_bytes()
        ring = vendor_keystore(self._site, asker.party).folder
        if ring.is_dir() and any(path.read_bytes() == operators for path in ring.glob("*.kem.pem")):
            return list(Readings(self._database).blocks(query))
        return super().blocks(asker, purpose, query)


class LaxHeadEnd(Parts):
    """A head-end that judges a certificate when the connection opens, and never again."""

    name = "a head-end that judges once"

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def headend(self, genuine: HeadEndAddress, site: Path) -> HeadEndAddress:
        """A head-end of its own, beside the genuine one, on the same bus and register."""
        settings = _LaxSettings(site=site)
        self._serving = asyncio.create_task(_LaxHeadEnd(settings, SystemClock()).serve(self._stop))
        while not settings.endpoint.exists():
            await asyncio.sleep(0.01)
        endpoint = json.loads(settings.endpoint.read_text(encoding="utf-8"))
        return HeadEndAddress(host=endpoint["host"], port=endpoint["port"], server_name=genuine.server_name)

    async def close(self) -> None:
        """Ends it."""
        self._stop.set()
        if self._serving is not None:
            with contextlib.suppress(MeterkastError):
                await self._serving


class _LaxSettings(HeadEndSettings):
    @property
    def endpoint(self) -> Path:
        return self.site / "headend" / "lax-endpoint.json"


class _LaxHeadEnd(HeadEnd):
    def _admission(self, certificate: bytes | None) -> Admission:
        return _Once(certificate, self._paths, SystemClock())


class _Once(Admission):
    def __init__(self, certificate: bytes | None, paths: PathCache, clock: Clock) -> None:
        super().__init__(certificate, paths, clock)
        self._first: SystemTitle | None = None

    def title(self) -> SystemTitle:
        if self._first is None:
            self._first = super().title()
        return self._first


class SupplyThroughModule(Parts):
    """A home where the current flows through a contact that the module holds closed while it is well."""

    name = "a supply that hangs on the module"

    def supply(self, household: Household) -> Supply:
        """A supply with a contact in it."""
        self._supply = _HeldSupply(household)
        return self._supply

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """The genuine gateway; on the way we learn which line the module is on."""
        assert isinstance(module_link, FaultyLink)
        self._supply.line = module_link
        return super().gateway(settings, clock, module_link, gas_link)


class _HeldSupply(Supply):
    line: FaultyLink | None = None

    def __init__(self, household: Household) -> None:
        super().__init__(household)
        self._closed = True

    @property
    def energised(self) -> bool:
        return self._closed and not (self.line and (self.line.unplugged or self.line.fault))

    @energised.setter
    def energised(self, closed: bool) -> None:
        self._closed = closed
