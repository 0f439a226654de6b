"""One home: household, module, gas meter and gateway, and the lines between them with their taps."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from meterkast.gasmeter.meter import GasMeter
from meterkast.gasmeter.settings import GasMeterSettings
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.host import ApplicationHost
from meterkast.gateway.module_pairing import ModulePairing, pairing_folder
from meterkast.gateway.settings import FramingKind, GatewaySettings, HeadEndAddress, ModulePort
from meterkast.model.identity import SystemTitle
from meterkast.module.module import Module
from meterkast.module.server import serve
from meterkast.module.settings import PAIRING_KEY_LENGTH, ModuleSettings
from meterkast.module.vendor import VendorProfile
from meterkast.outside.clock import Clock
from meterkast.outside.entropy import Entropy
from meterkast.outside.keystore import Keystore
from meterkast.outside.links import memory
from meterkast.outside.links.fault import FaultyLink
from meterkast.outside.links.tap import Passage, TappedLink
from meterkast.street.homes.household import Household
from meterkast.street.parts import Parts
from meterkast.street.wiretap import Wiretap

_GATEWAY_MAKER = "MKG"
_FIRST_MODULE = 5_000_000_000_000
_FIRST_SPARE = 7_000_000_000_000
_FIRST_GAS_METER = 30_000_000
_USER_KEY = 16
_REQUEST_SECONDS = 3.0
_PASSAGES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What is settled about a home before anything is built.

    Attributes:
        household: who lives there.
        title: system title of its gateway.
        gas_meter: name of its gas meter.
    """

    household: Household
    title: SystemTitle
    gas_meter: str

    @classmethod
    def of(cls, household: Household) -> "Address":
        """The address of this household: names follow from its number."""
        number = household.number + 1
        return cls(
            household=household,
            title=SystemTitle.of(_GATEWAY_MAKER, number),
            gas_meter=f"MKM{_FIRST_GAS_METER + number:08d}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A module and the key it shares with its gateway."""

    module: Module
    pairing_key: bytes = field(repr=False)


class Home:
    """A home that is lived in.

    Attributes:
        address: who and where.
        parts: who builds what.
        supply: what the grid brings in.
        module: the measurement module.
        gas_meter: the gas meter.
        gateway: the gateway.
        module_line: the gateway's end of the line to the module; can be unplugged and made to fail.
        passages: the last octets on that line, as a tap saw them.
    """

    def __init__(
        self,
        address: Address,
        *,
        parts: Parts,
        settings: GatewaySettings,
        keystore: Keystore,
        clock: Clock,
        entropy: Entropy,
        installed_at: int,
    ) -> None:
        household = address.household
        self.address = address
        self.parts = parts
        self.supply = parts.supply(household)
        self._clock = clock
        self._entropy = entropy
        self._keystore = keystore
        keystore.put_secret("gas", user_key := entropy(_USER_KEY))
        self.gas_meter = GasMeter(
            GasMeterSettings(
                identification=address.gas_meter[3:],
                user_key=user_key,
                equipment=f"MKM04{household.number + 1:010d}26",
                start=installed_at,
                start_index=household.number * 7_919,
            ),
            household.gas_flow,
            count(1).__next__,
        )
        self.passages: deque[Passage] = deque(maxlen=_PASSAGES)
        self._host: ApplicationHost | None = None
        self._serving: asyncio.Task[None] | None = None
        self._connect(settings, self.new_module(household.vendor, installed_at))

    def new_module(self, vendor: str, installed_at: int, *, spare: bool = False) -> Installed:
        """A module for this home, out of the box, with a pairing key of its own.

        Args:
            vendor: FLAG code of its vendor.
            installed_at: Unix seconds from which on it measures, a whole minute.
            spare: another one than the first.
        """
        key = self._entropy(PAIRING_KEY_LENGTH)
        return Installed(
            module=self.parts.module(
                self.module_settings(vendor, installed_at, key, spare=spare), self.supply, self._clock
            ),
            pairing_key=key,
        )

    def module_settings(
        self, vendor: str, installed_at: int, pairing_key: bytes, *, spare: bool = False
    ) -> ModuleSettings:
        """What a module for this home is made with."""
        number = self.address.household.number + 1
        return ModuleSettings(
            profile=VendorProfile.load(vendor),
            serial=(_FIRST_SPARE if spare else _FIRST_MODULE) + number,
            phases=self.address.household.phases,
            pairing_key=pairing_key,
            installed_at=installed_at,
        )

    def pairing_key(self) -> bytes:
        """What module and gateway share: for a proof that even this opens nothing."""
        return self._keystore.secret("pairing")

    async def start(self, host: ApplicationHost) -> None:
        """Lets the module answer on its line, and the gateway work with these applications."""
        self._host = host
        self._serving = asyncio.create_task(serve(self.module, self._module_end))
        await self.gateway.start(host)

    async def install(self, new: Installed) -> Installed:
        """The installer swaps the module: the gateway is told of it and paired with it, and nobody else is.

        Returns:
            what was taken out, to be put back at will.
        """
        old = Installed(module=self.module, pairing_key=self.pairing_key())
        settings, host = self.gateway.settings, self._host
        assert host is not None, "the home has not been started"
        assert settings.module is not None
        await self._disconnect()
        ModulePairing(pairing_folder(settings.folder)).pair()
        profile = new.module.settings.profile
        port = replace(settings.module, name=new.module.name, address=profile.address)
        self._connect(replace(settings, module=port), new)
        await self.start(host)
        return old

    @contextlib.asynccontextmanager
    async def uplink_tapped(self) -> AsyncIterator[Wiretap]:
        """Puts a wiretap between this gateway and its head-end for a while."""
        gateway, settings = self.gateway, self.gateway.settings
        tap = Wiretap(settings.headend.host, settings.headend.port)
        headend = replace(settings.headend, host="127.0.0.1", port=await tap.open())
        gateway.settings = replace(settings, headend=headend)
        try:
            yield tap
        finally:
            gateway.settings = settings
            await tap.close()

    async def push_gas(self, hour: int) -> None:
        """The gas meter sends the telegram of the hour that ends now; returns once the gateway heard it."""
        await self.gas_meter.push(self._gas_end, hour)
        await self._gas_end.drained()

    async def leave(self) -> None:
        """Everything off."""
        await self._disconnect()
        await self.parts.close()

    def _connect(self, settings: GatewaySettings, installed: Installed) -> None:
        self._keystore.put_secret("pairing", installed.pairing_key)
        self.module = installed.module
        self._module_end, near = memory.pair()
        self.module_line = FaultyLink(TappedLink(near, self.passages.append))
        self._gas_end, gas_near = memory.pair()
        self.gateway: Gateway = self.parts.gateway(
            settings, self._clock, self.module_line, self.parts.gas_line(gas_near, self.module_line)
        )

    async def _disconnect(self) -> None:
        await self.gateway.stop()
        if self._serving is not None:
            self._serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving
        await self._module_end.close()
        await self._gas_end.close()


def gateway_settings(
    address: Address, *, operator: str, site: Path, headend: HeadEndAddress, confine: bool
) -> GatewaySettings:
    """What the gateway of this home is told."""
    vendor = VendorProfile.load(address.household.vendor)
    return GatewaySettings(
        title=address.title,
        operator=operator,
        folder=site / "gateways" / str(address.title),
        trust=site / "trust",
        headend=headend,
        module=ModulePort(
            name=module_name(address.household),
            framing=FramingKind.HDLC,
            address=vendor.address,
            request_seconds=_REQUEST_SECONDS,
        ),
        gas_meter=address.gas_meter,
        allow_unconfined=not confine,
    )


def module_name(household: Household) -> str:
    """The logical device name of the household's module, known before the module is built."""
    return f"{household.vendor}{_FIRST_MODULE + household.number + 1:013d}"
