"""Files: the folders named may be read, everything else is out of reach, whoever owns it (landlock(7))."""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from meterkast.outside.confinement import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_QUERY, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_FILE_RIGHTS_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
_ALL_TCP, _ALL_SCOPES = 0b11, 0b11


def restrict_files(readable: Iterable[Path]) -> None:
    """Leaves this process the right to read beneath these paths, and no other right to files.

    Newer kernels also take TCP, abstract sockets and signals to strangers away.

    Raises:
        OSError: the kernel knows no Landlock or refuses.
    """
    abi = kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_QUERY))
    attributes = _attributes(abi)
    ruleset = kernel.syscall(
        _CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
    )
    try:
        for path in readable:
            _allow_reading(ruleset, path)
        kernel.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def _attributes(abi: int) -> bytes:
    """``struct landlock_ruleset_attr`` with every right that this version of the interface knows."""
    files = (1 << _FILE_RIGHTS_OF_ABI.get(abi, 16)) - 1
    if abi < _NETWORK_SINCE:
        return struct.pack("=Q", files)
    if abi < _SCOPES_SINCE:
        return struct.pack("=QQ", files, _ALL_TCP)
    return struct.pack("=QQQ", files, _ALL_TCP, _ALL_SCOPES)


def _allow_reading(ruleset: int, path: Path) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | (_READ_FOLDER if path.is_dir() else 0)
        rule = struct.pack("=Qi", rights, opened)
        kernel.syscall(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_PATH_BENEATH),
            ctypes.c_char_p(rule),
            ctypes.c_uint(0),
        )
    finally:
        os.close(opened)
