"""``gateway.toml``: one gateway as a process of its own.

Paths count from the folder of the file, which is also the gateway's own folder::

    title = "MKG0000000001"
    operator = "Stedin"
    trust = "../../trust"

    [headend]
    host = "127.0.0.1"
    port = 4059
    server-name = "headend.meterkast.internal"

    [pki]                                   # absent where nobody renews its certificates
    host = "127.0.0.1"
    port = 8443
    server-name = "pki.meterkast.internal"
    list-port = 8080                        # absent where the trust folder is not the gateway's own

    [module]                                # absent where the house has no module
    name = "KFM5000000000017"
    serial = "/dev/ttyUSB0"                 # HDLC; or the wrapper: tcp = "127.0.0.1:4061"
    address = { upper = 1, lower = 0, octets = 1 }

    [gas]                                   # absent where there is no gas meter
    name = "MKM12345678"
    tcp = "127.0.0.1:4062"                  # or: serial = "/dev/ttyUSB1"

    [consumer-port]                         # absent where nobody listens; each line may be left out
    x1 = "192.0.2.7:4064"                   # for clients that the household has paired
    p1 = "192.0.2.7:4065"                   # for everybody, once the household has switched it on
    serial = "/dev/ttyUSB2"                 # a P1 wire; or one that is dialled: tcp = "127.0.0.1:4063"

    [clock]                                 # absent: the machine's time
    file = "../../clock"                    # virtual time that another process turns; or: start and speed

Optional: ``slot-seconds`` and ``allow-unconfined`` at the top, ``request-seconds`` of the module,
``speed`` (baud) beside ``serial``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meterkast.gateway.line import Dial
from meterkast.gateway.pki_address import EstAddress, PkiAddress
from meterkast.gateway.settings import (
    SLOT_SECONDS,
    Endpoint,
    FramingKind,
    GatewaySettings,
    HeadEndAddress,
    ModulePort,
)
from meterkast.model.deployment import Profile
from meterkast.model.errors import DataError, MeterkastError
from meterkast.model.identity import SystemTitle
from meterkast.outside.clock import Clock, ScaledClock, SharedClock, SystemClock
from meterkast.outside.links import Link, serial, tcp
from meterkast.protocols.hdlc import Address

_MODULE_BAUD, _GAS_BAUD, _PORT_BAUD = 9600, 2400, 115_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Settings, and where the devices and the time are."""

    settings: GatewaySettings
    module: Dial | None
    gas: Dial | None
    consumer_port: Dial | None
    clock: Clock

    @classmethod
    def load(cls, path: Path, profile: Profile = Profile.DEVELOPMENT) -> "Configuration":
        """Reads the file; what the gateway may start with is up to whoever starts it.

        Raises:
            DataError: ``gateway-toml-malformed``, or ``gateway-toml-missing`` where there is none.
        """
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            return _configuration(document, path.resolve().parent, profile)
        except OSError as error:
            raise DataError("gateway-toml-missing", "There is no such file.", where=str(path)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, LookupError, TypeError, ValueError) as error:
            raise _malformed(path, error) from error
        except MeterkastError as error:
            raise _malformed(path, error) from error


def _configuration(document: Mapping[str, Any], folder: Path, profile: Profile) -> Configuration:
    module, gas = document.get("module"), document.get("gas")
    port, headend = document.get("consumer-port", {}), document["headend"]
    settings = GatewaySettings(
        title=SystemTitle.parse(document["title"]),
        operator=document["operator"],
        folder=folder,
        trust=folder / document["trust"],
        headend=HeadEndAddress(
            host=headend["host"], port=int(headend["port"]), server_name=headend["server-name"]
        ),
        pki=_pki(document["pki"]) if "pki" in document else None,
        module=_port(module) if module else None,
        gas_meter=str(gas["name"]) if gas else None,
        x1=_endpoint(port, "x1"),
        p1=_endpoint(port, "p1"),
        slot_seconds=int(document.get("slot-seconds", SLOT_SECONDS)),
        allow_unconfined=bool(document.get("allow-unconfined", False)),
        profile=profile,
    )
    return Configuration(
        settings=settings,
        module=_dial(module, _MODULE_BAUD) if module else None,
        gas=_dial(gas, _GAS_BAUD) if gas else None,
        consumer_port=_dial(port, _PORT_BAUD) if port.keys() & {"serial", "tcp"} else None,
        clock=_clock(document.get("clock", {}), folder),
    )


def _pki(table: Mapping[str, Any]) -> PkiAddress:
    host = str(table["host"])
    est = EstAddress(host=host, port=int(table["port"]), server_name=str(table["server-name"]))
    return PkiAddress(est=est, lists=(host, int(table["list-port"])) if "list-port" in table else None)


def _port(table: Mapping[str, Any]) -> ModulePort:
    address = table.get("address", {"upper": 1, "lower": 0, "octets": 1})
    return ModulePort(
        name=str(table["name"]),
        framing=FramingKind.WRAPPER if "tcp" in table else FramingKind.HDLC,
        address=Address(address["upper"], address["lower"], address["octets"]),
        request_seconds=float(table.get("request-seconds", 5.0)),
    )


def _endpoint(table: Mapping[str, Any], name: str) -> Endpoint | None:
    if name not in table:
        return None
    host, _, port = table[name].rpartition(":")
    return Endpoint(host=host.strip("[]"), port=int(port))


def _dial(table: Mapping[str, Any], baud: int) -> Dial:
    if "tcp" in table:
        host, _, port = table["tcp"].rpartition(":")
        number = int(port)

        async def dial_tcp() -> Link:
            return await tcp.connect(host, number)

        return dial_tcp
    path, speed = Path(table["serial"]), int(table.get("speed", baud))

    async def open_serial() -> Link:
        return serial.open_port(path, speed=speed)

    return open_serial


def _clock(table: Mapping[str, Any], folder: Path) -> Clock:
    if "file" in table:
        return SharedClock(folder / table["file"])
    if "start" in table:
        return ScaledClock(float(table["start"]), float(table.get("speed", 1.0)))
    return SystemClock()


def _malformed(path: Path, cause: Exception) -> DataError:
    return DataError(
        "gateway-toml-malformed", f"The settings of the gateway are malformed: {cause!r}.", where=str(path)
    )
