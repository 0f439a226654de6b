"""Hexadecimal dumps and base64, as people paste them, back to octets."""

import binascii
import re
from typing import Final

from meterkast.model.errors import DataError

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SEPARATORS: Final = re.compile(rb"0[xX]|[\s:,;\-]")
_BASE64: Final = re.compile(rb"[0-9A-Za-z+/]{16,}={0,2}")
_DUMP: Final = re.compile(rb"(?:0[xX])?[0-9A-Fa-f](?:0[xX]|[0-9A-Fa-f\s:,;\-])*")


def undump(octets: bytes) -> bytes:
    """The octets that a dump stands for; anything that is no dump comes back as it is.

    A dump consists of hexadecimal digits, and white space, ``:``, ``,``, ``;``, ``-`` or ``0x`` between them.
    Text of at least 16 characters that is base64 and no hexadecimal dump is read as base64.

    Raises:
        DataError: ``dump-odd`` for an odd number of digits.
    """
    text = octets.removeprefix(_BYTE_ORDER_MARK).strip()
    if not _DUMP.fullmatch(text):
        return _from_base64(text) or octets
    digits = _SEPARATORS.sub(b"", text)
    if len(digits) % 2:
        raise DataError(
            "dump-odd",
            f"The dump has {len(digits)} hexadecimal digits, an odd number.",
            hint="Two digits make one octet: look for a digit lost or doubled.",
        )
    return bytes.fromhex(digits.decode("ascii"))


def _from_base64(text: bytes) -> bytes:
    """The octets behind base64, which may stand on several lines; empty where it is none."""
    characters = b"".join(text.split())
    if _BASE64.fullmatch(characters) is None:
        return b""
    try:
        return binascii.a2b_base64(characters, strict_mode=True)
    except binascii.Error:
        return b""
