"""Mutants: homes with one part changed so that a claim is false. Every one must be caught by its probe."""

from datetime import datetime

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from meterkast.gateway.gateway import Gateway
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings
from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.outside.clock import Clock
from meterkast.outside.entropy import system_entropy
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.links import Link
from meterkast.outside.links.fault import FaultyLink
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import ActionRequestNormal, ActionResponseNormal, ActionResult
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.envelope import RecipientKey
from meterkast.street.centre import vendor_keystore
from meterkast.street.parts import Parts
from meterkast.street.supply import Supply

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

    def receive(self, client: int, octets: bytes) -> bytes:
        """Opens the relay where it is called; else what the genuine server answers."""
        try:
            request = apdu.decode(octets)
        except PeerError:
            return super().receive(client, octets)
        if isinstance(request, ActionRequestNormal) and _calls_relay(request):
            self._supply.energised = False
            return ActionResponseNormal(request.invoke, ActionResult.SUCCESS).encode()
        return super().receive(client, octets)


def _calls_relay(request: ActionRequestNormal) -> bool:
    method = request.method
    return (method.class_id, method.instance, method.method) == (
        _DISCONNECT_CONTROL,
        _RELAY,
        _REMOTE_DISCONNECT,
    )


class VendorAmongRecipients(Parts):
    """A gateway that seals each envelope to the operator, and quietly to the module's vendor as well."""

    name = "a vendor key among the recipients"

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """A gateway with a sealer that knows one key too many."""
        assert settings.module is not None
        vendor = vendor_keystore(settings.folder.parent.parent, settings.module.name[:3])
        keystore, trust = SoftwareKeystore(settings.folder / "keystore"), TrustFolder(settings.trust)
        return Gateway(
            settings,
            clock=clock,
            module_link=module_link,
            gas_link=gas_link,
            sealer=_TalkativeSealer(settings, keystore, trust, vendor),
        )


class _TalkativeSealer(Sealer):
    def __init__(
        self,
        settings: GatewaySettings,
        keystore: SoftwareKeystore,
        trust: TrustFolder,
        vendor: SoftwareKeystore,
    ) -> None:
        super().__init__(settings, keystore, trust, system_entropy)
        halves = vendor.kem_public_key("enc")
        self._vendor = MLKEM768X25519PublicKey(halves.mlkem, halves.x25519)

    def recipients(self, now: datetime) -> list[RecipientKey]:
        """The operator, and the vendor."""
        return [*super().recipients(now), RecipientKey(key_id=b"vendor00", key=self._vendor)]


class GasThroughModule(Parts):
    """A house where the gas meter's wire ends at the module, which passes on what it likes."""

    name = "gas readings routed through the module"

    def gas_line(self, direct: Link, module_line: FaultyLink) -> Link:
        """A line that lives only as long as the module's does."""
        return _Passed(direct, module_line)


class _Passed(FaultyLink):
    def __init__(self, link: Link, module_line: FaultyLink) -> None:
        super().__init__(link)
        self._module_line = module_line
        self.fault = lambda octets: b"" if module_line.unplugged else octets
