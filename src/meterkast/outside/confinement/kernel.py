"""The few calls into the Linux kernel that Python has no words for."""

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> None:
    """Calls ``prctl(2)``.

    Raises:
        OSError: the kernel refuses.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    _check(_LIBC.prctl(option, *map(ctypes.c_ulong, padded)), "prctl")


def syscall(number: int, *arguments: object) -> int:
    """Calls the kernel by number, for what the C library does not wrap; arguments are ctypes values.

    Raises:
        OSError: the kernel refuses.
    """
    return _check(_LIBC.syscall(ctypes.c_long(number), *arguments), f"syscall {number}")


def unshare(flags: int) -> None:
    """Leaves the namespaces named by ``flags`` for new, empty ones (``unshare(2)``).

    Raises:
        OSError: the kernel refuses.
    """
    _check(_LIBC.unshare(ctypes.c_int(flags)), "unshare")


def _check(result: int, name: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result
