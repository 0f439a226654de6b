"""What one gateway is told about itself, its house and its operator."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from meterkast.gateway.pki_address import PkiAddress
from meterkast.model.deployment import Profile
from meterkast.model.identity import SystemTitle
from meterkast.protocols.hdlc import Address

SLOT_SECONDS = 4 * 3600
KEYSTORE = "keystore"
"""The folder of the keys, in that of the gateway."""


class FramingKind(StrEnum):
    """How APDUs travel on the module link."""

    HDLC = "hdlc"
    WRAPPER = "wrapper"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEndAddress:
    """Where the operator listens: the only address this gateway ever dials."""

    host: str
    port: int
    server_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address in the house at which this gateway listens; port 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePort:
    """The measurement module this gateway was paired with.

    Attributes:
        name: its logical device name, for example ``KFM5000000000017``.
        framing: HDLC on a serial line, the wrapper on TCP.
        address: the module's HDLC address; the wrapper uses the logical device of it.
        client: the address under which the gateway speaks.
        request_seconds: real time that the module has for one answer.
        flood_octets: more than this for one answer is a flood.
    """

    name: str
    framing: FramingKind = FramingKind.HDLC
    address: Address = field(default_factory=lambda: Address(1))
    client: int = 1
    request_seconds: float = 5.0
    flood_octets: int = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """One gateway.

    Attributes:
        title: its system title, as in its certificates.
        operator: whose readings these are; the recipient's certificate must bear this name.
        folder: its own: ``keystore/``, with a ``keystore.toml`` where keys are not in plain files, and
            ``journal.sqlite``; ``x1/`` is the keystore of X1.
        trust: the trust folder: roots, authorities, revocation lists, the operator's certificate.
        headend: where to deliver.
        pki: where to renew its certificates; None where nobody does.
        module: the measurement module; None where the house has none.
        gas_meter: the gas meter's name, for example ``MKM12345678``; None where there is none.
        x1: where the household's clients find X1; None where it is not offered.
        p1: where they find the plain P1 stream, once the household has switched it on; None as above.
        errand_seconds: real time that an application has for one day.
        slot_seconds: readings leave within so many seconds after local midnight, at this gateway's own slot.
        allow_unconfined: runs applications even where the kernel grants no sandbox.
        profile: what it may start with; in production no keys in plain files.
    """

    title: SystemTitle
    operator: str
    folder: Path
    trust: Path
    headend: HeadEndAddress
    pki: PkiAddress | None = None
    module: ModulePort | None = None
    gas_meter: str | None = None
    x1: Endpoint | None = None
    p1: Endpoint | None = None
    errand_seconds: float = 120.0
    slot_seconds: int = SLOT_SECONDS
    allow_unconfined: bool = False
    profile: Profile = Profile.DEVELOPMENT

    @property
    def keystore(self) -> Path:
        """Where its keys are, or where it says where they are."""
        return self.folder / KEYSTORE
