"""Hexadecimal dumps, as people paste them, back to octets."""

import re
from typing import Final

from meterkast.model.errors import DataError

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SEPARATORS: Final = re.compile(rb"0[xX]|[\s:,;\-]")
_DUMP: Final = re.compile(rb"(?:0[xX])?[0-9A-Fa-f](?:0[xX]|[0-9A-Fa-f\s:,;\-])*")


def undump(octets: bytes) -> bytes:
    """The octets that a dump stands for; anything that is no dump comes back as it is.

    A dump consists of hexadecimal digits, and white space, ``:``, ``,``, ``;``, ``-`` or ``0x`` between them.

    Raises:
        DataError: ``dump-odd`` for an odd number of digits.
    """
    text = octets.removeprefix(_BYTE_ORDER_MARK).strip()
    if not _DUMP.fullmatch(text):
        return octets
    digits = _SEPARATORS.sub(b"", text)
    if len(digits) % 2:
        raise DataError(
            "dump-odd",
            f"The dump has {len(digits)} hexadecimal digits, an odd number.",
            hint="Two digits make one octet: look for a digit lost or doubled.",
        )
    return bytes.fromhex(digits.decode("ascii"))
