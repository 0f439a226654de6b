"""The measurement module as one thing: what it measures, and what it tells whom."""

from collections.abc import Callable, Mapping
from itertools import count

from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.module.access import grants
from meterkast.module.display import Display
from meterkast.module.events import EventCode, EventLog
from meterkast.module.measuring import EnergyMeter, Load
from meterkast.module.objects import ObjectFactory
from meterkast.module.quarters import LoadProfile
from meterkast.module.registers import Registers
from meterkast.module.settings import ModuleSettings
from meterkast.outside.clock import Clock
from meterkast.outside.entropy import Entropy, system_entropy
from meterkast.protocols.cosem.device import LogicalDevice
from meterkast.protocols.dlms.server import Server


class Module:
    """Measures a load, keeps its registers, load profile and event log, and shows them as COSEM objects.

    It keeps no measured state: registers follow from the load and the time, so that a module that was killed
    and started again continues where it was.

    Args:
        settings: what it is made with.
        load: what hangs behind it.
        clock: metering time.
        next_counter: gives a counter for each proof of its own, never the same twice under one pairing key
            (``InvocationCounter``); None counts from 1, for a pairing key that is no older than this object.
        entropy: gives the octets of its challenges.

    Attributes:
        settings: what it was made with.
        events: its event log.
    """

    def __init__(
        self,
        settings: ModuleSettings,
        load: Load,
        clock: Clock,
        *,
        next_counter: Callable[[], int] | None = None,
        entropy: Entropy = system_entropy,
    ) -> None:
        self.settings = settings
        self.events = EventLog()
        self.events.record(EventCode.POWER_RETURNED, settings.installed_at)
        self._clock = clock
        meter = EnergyMeter(load, settings.installed_at)
        self._registers = Registers(meter, settings.name)
        buffer = LoadProfile(self._registers, settings.installed_at)
        factory = ObjectFactory(
            settings.profile,
            settings.phases,
            display=Display(
                settings, registers=self._registers, meter=meter, profile=buffer, events=self.events
            ),
            buffer=buffer,
            log=self.events,
            now=self.now,
        )
        self._device = LogicalDevice(settings.name, factory.objects())
        self._grants = grants(settings, next_counter=next_counter or count(1).__next__, entropy=entropy)

    @property
    def name(self) -> str:
        """The logical device name, for example ``KFM5000000000017``."""
        return self.settings.name

    @property
    def title(self) -> SystemTitle:
        """The DLMS system title."""
        return self.settings.title

    def now(self) -> int:
        """Whole Unix seconds on the module's clock."""
        return int(self._clock.now())

    def registers(self, at: int) -> Mapping[Obis, int]:
        """The truth about the registers at an instant (Unix seconds), in watt-hours."""
        return self._registers.at(at)

    def logical_device(self) -> LogicalDevice:
        """All its objects."""
        return self._device

    def server(self) -> Server:
        """A DLMS server for one line, with associations of its own."""
        return Server(self._device, grants=self._grants)
