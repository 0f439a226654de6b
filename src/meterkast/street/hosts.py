"""The sandboxed processes in which the applications of a street run."""

from collections.abc import Iterator
from itertools import cycle

from meterkast.gateway.host import ApplicationHost
from meterkast.outside.entropy import system_entropy

OWN_APPLICATION_UP_TO = 20
"""Streets of up to so many homes run one sandboxed application per home; larger ones share two."""

_SHARED_APPLICATIONS = 2


class Hosts:
    """A collector for every home, or a few that all homes share, and one consumer port once it is asked for.

    Args:
        homes: how many there are.
        confine: False where the machine cannot confine a process.
    """

    def __init__(self, homes: int, *, confine: bool) -> None:
        self._homes = homes
        self._unconfined = not confine
        self._collectors: list[ApplicationHost] = []
        self._consumer_port: ApplicationHost | None = None

    async def start(self) -> Iterator[ApplicationHost]:
        """Starts the collectors; gives for one home after the other the one it uses, without end."""
        for _ in range(_SHARED_APPLICATIONS if self._are_shared else self._homes):
            host = ApplicationHost(allow_unconfined=self._unconfined, entropy=system_entropy)
            await host.start()
            self._collectors.append(host)
        return cycle(self._collectors)

    async def consumer_port(self) -> ApplicationHost:
        """The one consumer port of the street, started when it is first asked for."""
        if self._consumer_port is None:
            self._consumer_port = ApplicationHost.of_consumer_port(allow_unconfined=self._unconfined)
            await self._consumer_port.start()
        return self._consumer_port

    async def stop(self) -> None:
        """Stops whatever runs."""
        for host in (*self._collectors, *([self._consumer_port] if self._consumer_port else [])):
            await host.stop()

    @property
    def layers(self) -> tuple[str, ...]:
        """What confines a collector; empty before they are started."""
        return self._collectors[0].layers if self._collectors else ()

    @property
    def _are_shared(self) -> bool:
        return self._homes > OWN_APPLICATION_UP_TO

    def __str__(self) -> str:
        shared = "shared by all homes" if self._are_shared else "one per home"
        return f"{len(self._collectors)} sandboxed processes, {shared}"
