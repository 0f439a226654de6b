"""Modules that are more than a module: with a switch, with a line to somewhere, or with one register."""

import socket
from collections.abc import Mapping

from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.outside.clock import Clock
from meterkast.protocols.axdr import octets
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import ActionRequestNormal, ActionResponseNormal, ActionResult
from meterkast.protocols.dlms.server import Server
from meterkast.street.digital import DigitalMeter
from meterkast.street.parts import Parts
from meterkast.street.supply import Supply
from meterkast.street.tamper import tamper

_MODEM = Obis(0, 0, 25, 4, 0)
_DISCONNECT_CONTROL, _REMOTE_DISCONNECT = 70, 1
_RELAY = Obis(0, 0, 96, 3, 10)


class HiddenRelay(Parts):
    """A module with a relay that stands in no object list and opens at a disconnect control's call."""

    name = "a module with a hidden relay"

    def module(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> Module:
        """A module that holds the supply, as no module should be able to."""
        return _RelayModule(settings, supply, clock)


class _RelayModule(Module):
    def __init__(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> None:
        super().__init__(settings, supply, clock)
        self._supply = supply

    def server(self) -> Server:
        """The module's own server, with an ear for one more command."""
        return _RelayServer(super().server(), self._supply)


class _RelayServer(Server):
    def __init__(self, genuine: Server, supply: Supply) -> None:
        self.__dict__.update(genuine.__dict__)
        self._supply = supply

    def receive(self, client: int, octets: bytes) -> list[bytes]:
        """Opens the relay where it is called; else what the genuine server answers."""
        try:
            request = apdu.decode(octets)
        except PeerError:
            return super().receive(client, octets)
        if isinstance(request, ActionRequestNormal) and _calls_relay(request):
            self._supply.energised = False
            return [ActionResponseNormal(request.invoke, ActionResult.SUCCESS).encode()]
        return super().receive(client, octets)


def _calls_relay(request: ActionRequestNormal) -> bool:
    method = request.method
    return (method.class_id, method.instance, method.method) == (
        _DISCONNECT_CONTROL,
        _RELAY,
        _REMOTE_DISCONNECT,
    )


class TalkingModule(Parts):
    """A module that sends a datagram to somebody each time it is read."""

    name = "a module that opens a socket"

    def module(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> Module:
        """A module that tells a stranger."""
        return _TalkingModule(settings, supply, clock)


class _TalkingModule(Module):
    def server(self) -> Server:
        return _TalkingServer(super().server())


class _TalkingServer(Server):
    def __init__(self, genuine: Server) -> None:
        self.__dict__.update(genuine.__dict__)

    def receive(self, client: int, octets: bytes) -> list[bytes]:
        answers = super().receive(client, octets)
        _send_away(b"".join(answers)[-8:])
        return answers


def _send_away(octets: bytes) -> None:
    """To the discard port of this machine: it goes nowhere, but it goes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(octets, ("127.0.0.1", 9))


class ModuleWithModem(Parts):
    """A module with a modem in its object list, that nobody has used yet."""

    name = "a module with a modem object"

    def module(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> Module:
        """A module with one object too many."""
        return _ModemModule(settings, supply, clock)


class _ModemModule(Module):
    def __init__(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> None:
        super().__init__(settings, supply, clock)
        modem = _Modem(_MODEM, {2: lambda: octets(b"internet")})
        self._device._objects[modem.class_id, _MODEM] = modem


class _Modem(ReadableObject):
    """GPRS modem setup, class 45: the access point, and what else such an object has."""

    class_id = 45


class NettingModule(Parts):
    """A module that runs backwards while the home feeds in, as a meter with a disc did."""

    name = "a module that nets import and export"

    def module(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> Module:
        """A module with, in truth, one register."""
        return _netting(Module(settings, supply, clock))

    def digital_meter(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> DigitalMeter:
        """A digital meter with that module."""
        return DigitalMeter(_netting(Module(settings, supply, clock)))


def _netting(module: Module) -> Module:
    installed = module.registers(module.settings.installed_at)

    def netted(_at: int, registers: Mapping[Obis, int]) -> Mapping[Obis, int]:
        told = dict(registers)
        for rate in range(3):
            taken, given = Obis(1, 0, 1, 8, rate), Obis(1, 0, 2, 8, rate)
            told[taken] = max(registers[taken] - registers[given] + installed[given], 0)
            told[given] = installed[given]
        return told

    tamper(module, netted)
    return module


class DigitalMeterThatCalls(Parts):
    """A digital meter with a radio: whoever looks at its display also tells somebody else."""

    name = "a digital meter that sends"

    def digital_meter(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> DigitalMeter:
        """A meter that calls home."""
        return _CallingMeter(Module(settings, supply, clock))


class _CallingMeter(DigitalMeter):
    def display(self) -> Mapping[Obis, int]:
        _send_away(b"display")
        return super().display()
