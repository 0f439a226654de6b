"""The way to a meter: the wrapper over TCP or UDP, or HDLC on a serial line, with or without an opening."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meterkast.console.cli.line import address, is_address, open_line
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.outside.links import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An open link to a meter.

    Attributes:
        link: where the octets go.
        framing: as ``MeterLine`` calls it.
        identification: how the meter named itself in mode E; None without.
    """

    link: "Link"
    framing: str
    identification: str | None = None


async def open_way(where: str, *, speed: int, timeout: float, mode_e: bool, udp: bool) -> Way:
    """Opens the link, and has the meter name itself where that is wanted.

    Raises:
        LocalError: ``read-way-impossible`` for UDP on a serial line, or an opening elsewhere.
        UnreachableError: ``peer-unreachable``, ``serial-unavailable`` or ``meter-silent``.
        PeerError: ``mode-e-…``.
    """
    if mode_e if is_address(where) else udp:
        raise LocalError(
            "read-way-impossible",
            "--mode-e is for serial lines, --udp for HOST:PORT.",
            where=where,
            hint="Leave the option out, or give the other kind of address.",
        )
    if udp:
        from meterkast.outside.links import udp as datagrams

        return Way(link=await datagrams.connect(*address(where)), framing="datagram")
    if mode_e:
        return await _opened(Path(where), speed, timeout)
    link = await open_line(where, speed=speed, timeout=timeout)
    return Way(link=link, framing="wrapper" if is_address(where) else "hdlc")


async def _opened(port: Path, speed: int, timeout: float) -> Way:
    from meterkast.headend.meter_opening import open_meter
    from meterkast.outside.links import serial
    from meterkast.protocols.mode_e import START_SPEED

    link = serial.open_port(port, speed=START_SPEED)
    try:
        identification = await open_meter(link, fastest=speed, timeout=timeout)
    except BaseException:
        await link.close()
        raise
    return Way(link=link, framing="hdlc", identification=str(identification))
