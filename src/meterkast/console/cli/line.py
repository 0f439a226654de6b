"""Where a device is, as people write it: a serial port or HOST:PORT, opened as a link."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.outside.links import Link

_HOST_AND_PORT = re.compile(r"(?P<host>[^:/\[\]]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})")


def is_address(where: str) -> bool:
    """Whether this is HOST:PORT; anything else is a path."""
    return _HOST_AND_PORT.fullmatch(where) is not None


def address(where: str) -> tuple[str, int]:
    """Host and port.

    Raises:
        LocalError: ``address-malformed``.
    """
    match = _HOST_AND_PORT.fullmatch(where)
    if match is None or int(match["port"]) > 65535:
        hint = "Write it as 192.0.2.7:4059 or [2001:db8::7]:4059."
        raise LocalError("address-malformed", "This is not HOST:PORT.", where=where, hint=hint)
    return match["host"].strip("[]"), int(match["port"])


async def open_line(where: str, *, speed: int, even_parity: bool = False, timeout: float = 10.0) -> "Link":
    """The link to a device.

    Args:
        where: ``192.0.2.7:2001``, ``[2001:db8::7]:2001`` or ``/dev/ttyUSB0``.
        speed: baud, on a serial port.
        even_parity: 8E1 on a serial port, as M-Bus has it, in place of 8N1.
        timeout: seconds to wait for a TCP connection.

    Raises:
        UnreachableError: ``peer-unreachable`` or ``serial-unavailable``.
        LocalError: ``address-malformed`` where the port is no port.
    """
    from meterkast.outside.links import serial, tcp

    if not is_address(where):
        return serial.open_port(Path(where), speed=speed, even_parity=even_parity)
    return await tcp.connect(*address(where), timeout=timeout)
