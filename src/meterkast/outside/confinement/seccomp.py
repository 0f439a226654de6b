"""A filter in the kernel that answers "not permitted" to the system calls an application has no use for."""

import ctypes
import errno
import platform
import struct

from meterkast.outside.confinement import kernel
from meterkast.outside.confinement.syscalls import CLONE, CLONE3, DENIED, Machine

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_AT_NUMBER, _AT_MACHINE, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32_NUMBERS = 0x40000000
_CLONE_THREAD = 0x00010000


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def assemble(machine: Machine) -> bytes:
    """The filter as classic BPF (seccomp(2)): everything is allowed that is not named.

    A system call of another machine, and on x86-64 the x32 numbers, end the process: they would be named by
    numbers that this filter does not know. New threads are allowed, new processes are not; ``clone3`` keeps
    its flags in memory where no filter can look, and is answered as unknown: the C library then uses clone.
    """
    not_permitted = _step(_RETURN, _REFUSE | errno.EPERM)
    program = [
        _step(_LOAD, _AT_MACHINE),
        _step(_EQUAL, machine, if_true=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _AT_NUMBER),
        _step(_AT_LEAST, _X32_NUMBERS, if_false=1),
        _step(_RETURN, _KILL),
    ]
    for number in sorted(DENIED[machine].values()):
        program += [_step(_EQUAL, number, if_false=1), not_permitted]
    program += [
        _step(_EQUAL, CLONE3, if_false=1),
        _step(_RETURN, _REFUSE | errno.ENOSYS),
        _step(_EQUAL, CLONE[machine], if_false=3),
        _step(_LOAD, _AT_FIRST_ARGUMENT),
        _step(_ANY_BIT, _CLONE_THREAD, if_true=1),
        not_permitted,
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(program)


def filter_syscalls() -> None:
    """Puts the filter on this process and everything it starts, for good.

    Raises:
        OSError: the kernel refuses, or this is a machine without a table.
    """
    try:
        program = assemble(Machine[platform.machine().upper()])
    except KeyError:
        raise OSError(errno.ENOSYS, "no table of system calls for this machine") from None
    header = _Program(len(program) // 8, program)
    kernel.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header))


def _step(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    """One ``struct sock_filter``; jumps count instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
