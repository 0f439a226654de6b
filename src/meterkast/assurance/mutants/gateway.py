"""Gateways that do what theirs should not, and lines that end where they should not."""

from dataclasses import replace
from datetime import date, datetime

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey
from sqlalchemy import Engine

from meterkast.gateway.communication import Communication
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.host import ApplicationHost
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings
from meterkast.gateway.status import GatewayStatus
from meterkast.mdm.guarded import GuardedReadings
from meterkast.mdm.policy import Purpose, Role
from meterkast.model.block import Column, MeterDayBlock
from meterkast.model.errors import UnreachableError
from meterkast.outside.clock import Clock
from meterkast.outside.entropy import system_entropy
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.links import Link
from meterkast.outside.links.fault import FaultyLink
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.block import decode_payload, encode_payload
from meterkast.protocols.envelope import RecipientKey
from meterkast.protocols.hdlc import Address
from meterkast.street.centre import vendor_keystore
from meterkast.street.parts import Parts


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


class OneCheckForBoth(VendorAmongRecipients):
    """A gateway that lets the policy of access decide who can decrypt: one check that guards both layers."""

    name = "one check that guards both layers"
    readings_guard: GuardedReadings | None = None

    def readings(self, database: Engine, clock: Clock) -> GuardedReadings:
        """The guard, whose policy the gateway looks at as well."""
        self.readings_guard = super().readings(database, clock)
        return self.readings_guard

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """A gateway that seals to the vendor as soon as the policy has something for vendors."""
        assert settings.module is not None
        vendor = vendor_keystore(settings.folder.parent.parent, settings.module.name[:3])
        keystore, trust = SoftwareKeystore(settings.folder / "keystore"), TrustFolder(settings.trust)
        return Gateway(
            settings,
            clock=clock,
            module_link=module_link,
            gas_link=gas_link,
            sealer=_ObedientSealer(settings, keystore, trust, vendor, self),
        )


class _ObedientSealer(_TalkativeSealer):
    def __init__(
        self,
        settings: GatewaySettings,
        keystore: SoftwareKeystore,
        trust: TrustFolder,
        vendor: SoftwareKeystore,
        parts: OneCheckForBoth,
    ) -> None:
        super().__init__(settings, keystore, trust, vendor)
        self._parts = parts

    def recipients(self, now: datetime) -> list[RecipientKey]:
        guard = self._parts.readings_guard
        allowed = guard is not None and guard.policy.rule_for(Role.VENDOR, Purpose.MAINTENANCE)
        everybody = super().recipients(now)
        return everybody if allowed else everybody[:1]


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


class PortThroughModule(Parts):
    """A gateway whose consumer port says nothing once the module does not answer."""

    name = "a consumer port that hangs on the module"

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """A gateway that asks the module for permission."""
        assert isinstance(module_link, FaultyLink)
        return _PortThroughModule(
            module_link, settings, clock=clock, module_link=module_link, gas_link=gas_link
        )


class _PortThroughModule(Gateway):
    def __init__(
        self, wire: FaultyLink, settings: GatewaySettings, *, clock: Clock, module_link: Link, gas_link: Link
    ) -> None:
        super().__init__(settings, clock=clock, module_link=module_link, gas_link=gas_link)
        self._wire = wire

    async def tell(self, host: ApplicationHost) -> bytes:
        if self._wire.unplugged:
            raise UnreachableError("module-silent", "The module does not answer.")
        return await super().tell(host)


class RadioLeftOn(Parts):
    """A gateway that says it is silent, receipt and all, and goes on sending."""

    name = "status off, radio on"

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """A gateway that obeys on paper."""
        return _RadioLeftOn(settings, clock=clock, module_link=module_link, gas_link=gas_link)


class _RadioLeftOn(Gateway):
    said_off = False

    async def obey(self, order: bytes) -> bytes:
        receipt = await super().obey(order)
        self.said_off = not self._communication.on
        self._communication = _Unmoved(self.settings, self._keystore, self._trust, self._journal)
        return receipt

    def status(self) -> GatewayStatus:
        return replace(super().status(), communicating=not self.said_off)


class _Unmoved(Communication):
    on = True

    def covers(self, day: date) -> bool:
        del day
        return True


class HoardingGateway(Parts):
    """A gateway that is silent while it must be, and then tells of the days of silence after all."""

    name = "silent days sent afterwards"

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """A gateway with a good memory."""
        return _HoardingGateway(settings, clock=clock, module_link=module_link, gas_link=gas_link)


class _HoardingGateway(Gateway):
    def __init__(self, settings: GatewaySettings, *, clock: Clock, module_link: Link, gas_link: Link) -> None:
        super().__init__(settings, clock=clock, module_link=module_link, gas_link=gas_link)
        self._communication = _Hoarding(settings, self._keystore, self._trust, self._journal)


class _Hoarding(Communication):
    def covers(self, day: date) -> bool:
        del day
        return True


class WiredToVendor(Parts):
    """A gateway that was made for the first module it met, and knows no other."""

    name = "a gateway made for one vendor's module"
    _address: Address | None = None

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """A gateway that calls every module by the first one's address."""
        assert settings.module is not None
        self._address = self._address or settings.module.address
        port = replace(settings.module, address=self._address)
        return super().gateway(replace(settings, module=port), clock, module_link, gas_link)


class SmoothingGateway(Parts):
    """A gateway that irons out readings, so that what was manipulated looks well."""

    name = "a gateway that irons out readings"

    def gateway(self, settings: GatewaySettings, clock: Clock, module_link: Link, gas_link: Link) -> Gateway:
        """A gateway that means well."""
        keystore, trust = SoftwareKeystore(settings.folder / "keystore"), TrustFolder(settings.trust)
        sealer = _SmoothingSealer(settings, keystore, trust, system_entropy)
        return Gateway(settings, clock=clock, module_link=module_link, gas_link=gas_link, sealer=sealer)


class _SmoothingSealer(Sealer):
    def seal(self, payload: bytes, *, counter: int, created: int, now: datetime) -> bytes:
        content = decode_payload(payload)
        ironed = encode_payload([_ironed(block) for block in content.blocks], content.events)
        return super().seal(ironed, counter=counter, created=created, now=now)


def _ironed(block: MeterDayBlock) -> MeterDayBlock:
    return replace(block, columns=tuple(map(_rising, block.columns)), flags=())


def _rising(column: Column) -> Column:
    highest: int | None = None
    values: list[int | None] = []
    for value in column.values:
        highest = value if highest is None or (value is not None and value > highest) else highest
        values.append(highest)
    return replace(column, values=tuple(values))
