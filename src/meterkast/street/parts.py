"""Who builds what in a home. A mutant overrides one part; everything else stays as it is."""

from meterkast.gateway.gateway import Gateway
from meterkast.gateway.settings import GatewaySettings
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.outside.clock import Clock
from meterkast.outside.entropy import system_entropy
from meterkast.outside.links import Link
from meterkast.outside.links.fault import FaultyLink
from meterkast.street.supply import Supply


class Parts:
    """The genuine parts of a home."""

    name = "genuine"

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
