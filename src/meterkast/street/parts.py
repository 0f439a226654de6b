"""Who builds what in a home, and what serves it. A mutant overrides one part; all else stays as it is."""

from pathlib import Path

from sqlalchemy import Engine

from meterkast.gateway.gateway import Gateway
from meterkast.gateway.settings import GatewaySettings, HeadEndAddress
from meterkast.mdm.guarded import GuardedReadings
from meterkast.mdm.policy import Policy
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.outside.clock import Clock
from meterkast.outside.entropy import system_entropy
from meterkast.outside.links import Link
from meterkast.outside.links.fault import FaultyLink
from meterkast.street.digital import DigitalMeter
from meterkast.street.homes.household import Household
from meterkast.street.supply import Supply


class Parts:
    """The genuine parts of a home, and the genuine centre behind it."""

    name = "genuine"

    def supply(self, household: Household) -> Supply:
        """What the grid brings in."""
        return Supply(household)

    def module(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> Module:
        """The measurement module, which measures the supply."""
        return Module(settings, supply, clock)

    def gas_line(self, direct: Link, module_line: FaultyLink) -> Link:  # noqa: ARG002 — mutants use it
        """The line over which the gateway hears the gas meter: a direct one."""
        return direct

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """The gateway, on these two lines."""
        return Gateway(
            settings, clock=clock, module_link=module_link, gas_link=gas_link, entropy=system_entropy
        )

    def digital_meter(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> DigitalMeter:
        """What the household would have instead of module and gateway, had it chosen a digital meter."""
        return DigitalMeter(Module(settings, supply, clock))

    def readings(self, database: Engine, clock: Clock) -> GuardedReadings:
        """Where others ask the operator for the readings of this home."""
        return GuardedReadings(database, Policy.packaged(), clock)

    async def headend(self, genuine: HeadEndAddress, site: Path) -> HeadEndAddress:  # noqa: ARG002 — mutants
        """Where the gateway of this home delivers: at the head-end of its operator."""
        return genuine

    async def close(self) -> None:
        """Puts away what was stood up for this home alone."""
